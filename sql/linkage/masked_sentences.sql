/*
description = "One row per sentence that a site repeats under unlike articles: its own line, not news."
stage = "link"
grain = ["sentence"]
as_written = true

[columns]
sentence = "Hash of the sentence's words."
*/
-- only sentences of tonight's texts can have changed: the others stay as they were
with touched as (
    select sentences.sentence
    from lake.sentences as sentences
    inner join linkage.changed_texts as changed
        on changed.text_id = sentences.text_id
),

-- Nearly all sentences stand in one text. Made before sites are asked for, or all sentences would be
-- joined with those first.
frequent as materialized (
    select sentence
    from lake.sentences
    where sentence in (select sentence from touched)
    group by sentence
    having count(*) >= 4
),

spoken as materialized (
    select
        sentences.sentence,
        sentences.context,
        sentences.text_id,
    from lake.sentences as sentences
    where sentences.sentence in (select sentence from frequent)
),

repeated as (
    select
        spoken.sentence,
        fingerprints.site,
    from spoken
    inner join lake.fingerprints as fingerprints
        on fingerprints.text_id = spoken.text_id
    where fingerprints.site is not null
    group by spoken.sentence, fingerprints.site
    having count(distinct spoken.context) >= 4
)

select distinct sentence
from repeated
union all
select masked_before.sentence
from lake.masked_before as masked_before
where
    masked_before.sentence not in (
        select sentence from touched
        where sentence in (select sentence from lake.masked_before)
    )
