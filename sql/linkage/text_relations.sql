/*
description = "One row per related pair of texts, under its strongest relation."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
relation = "`near`, `wholly_derived`, `contains` or `partially_derived`."
score = "0–1, how much of the one is in the other."
is_text_covered = "Whether the text found in the other is the one with the smaller id; null for near."
*/
select
    text_id,
    other_text_id,
    'near' as relation,
    score,
    null::boolean as is_text_covered,
from linkage.near_duplicates
union all
select
    derivations.text_id,
    derivations.other_text_id,
    derivations.relation,
    derivations.score,
    derivations.is_text_covered,
from linkage.derivations as derivations
left join linkage.near_duplicates as near_duplicates
    on near_duplicates.text_id = derivations.text_id
    and near_duplicates.other_text_id = derivations.other_text_id
where near_duplicates.text_id is null
