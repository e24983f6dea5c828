/*
description = "One row per pair of bodies of which one may stand for the other: near or wholly derived."
grain = ["body_id", "other_body_id"]
stage = "link"

[columns]
body_id = "The body earlier in the order of survivorship."
other_body_id = "The body later in the order."
relation = "near or wholly_derived."
score = "Of the strongest pair of their texts, 0–1."
*/
select
    body_id,
    other_body_id,
    relation,
    score,
from linkage.body_pairs
where relation in ('near', 'wholly_derived')
