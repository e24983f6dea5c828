/*
description = "One row per related pair of texts whose evidence is not written down yet."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
*/
select
    relations.text_id,
    relations.other_text_id,
from linkage.text_relations as relations
left join lake.evidence as evidence
    on evidence.text_id = relations.text_id
    and evidence.other_text_id = relations.other_text_id
where evidence.text_id is null
