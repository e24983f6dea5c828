/*
description = "One row per text whose pairs are sought and compared tonight."
stage = "link"
grain = ["text_id"]

[columns]
text_id = "New, on other days than before, with other sentences masked, or with less crowded words."
*/
with remasked as (
    select sentence from linkage.masked_sentences
    where sentence not in (select sentence from lake.masked_before)
    union all
    select sentence from lake.masked_before
    where sentence not in (select sentence from linkage.masked_sentences)
),

reasons as (
    select text_id
    from linkage.changed_texts
    where is_live and (not was_live or is_moved)
    union all
    select sentences.text_id
    from lake.sentences as sentences
    inner join remasked
        on remasked.sentence = sentences.sentence
    union all
    select text_id from linkage.turned_shingles
    where has_gained
    union all
    select text_id from linkage.turned_terms
    where has_gained
)

select distinct text_id
from reasons
where text_id not in (select text_id from linkage.changed_texts where not is_live)
