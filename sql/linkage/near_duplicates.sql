/*
description = "One row per pair of texts one of which is largely the other, word for word."
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
score = "Larger containment of the two."
*/
select
    text_id,
    other_text_id,
    containment as score,
from linkage.scored_pairs
where
    plain_containment >= 0.5
    and other_alignment >= 0.45
