/*
description = "One row per text that does not count among the others tonight: it is looked at, or gone."
stage = "link"
grain = ["text_id"]

[columns]
text_id = "The text."
weight = "2: its pairs are sought; 1: only to see which doubted ones stay; 0: no document carries it any more."
*/
select
    text_id,
    2 as weight,
from linkage.fresh_texts
union all
select
    text_id,
    1 as weight,
from (
    select text_id from linkage.doubted_pairs
    union
    select other_text_id from linkage.doubted_pairs
)
union all
select
    text_id,
    0 as weight,
from linkage.changed_texts
where not is_live
