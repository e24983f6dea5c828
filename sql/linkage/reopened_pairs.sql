/*
description = "One row per pair compared before one of its sentences turned out to be its site's own."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
*/
with changed_texts as (
    select distinct sentences.text_id
    from lake.sentences as sentences
    inner join linkage.masked_sentences as masked
        on masked.sentence = sentences.sentence
    left join lake.masked_before as masked_before
        on masked_before.sentence = sentences.sentence
    where masked_before.sentence is null
)

select
    pairs.text_id,
    pairs.other_text_id,
from lake.pairs as pairs
where
    pairs.text_id in (select text_id from changed_texts)
    or pairs.other_text_id in (select text_id from changed_texts)
