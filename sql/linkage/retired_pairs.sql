/*
description = "One row per known pair that no longer counts: to be compared anew, or no candidate any more."
stage = "link"
grain = ["pair_id"]

[columns]
pair_id = "Hash of the pair."
*/
with gone as (
    select text_id from linkage.fresh_texts
    union all
    select text_id from linkage.changed_texts
    where not is_live
)

select pairs.pair_id
from lake.pairs_before as pairs
where
    pairs.text_id in (select text_id from gone)
    or pairs.other_text_id in (select text_id from gone)
union all
select doubted.pair_id
from linkage.doubted_pairs as doubted
left join linkage.candidate_pairs as candidates
    on candidates.text_id = doubted.text_id
    and candidates.other_text_id = doubted.other_text_id
where candidates.text_id is null
