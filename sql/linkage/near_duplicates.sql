/*
description = "One row per pair of texts one of which is largely the other, word for word."
grain = ["text_id", "other_text_id"]
stage = "link"

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
    containment >= 0.50
    and other_containment >= 0.30
    and story_score >= 0.50
    and is_of_one_case
