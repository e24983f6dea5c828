/*
description = "One row per sentence that a site repeats under unlike articles: its own line, not news."
stage = "link"
grain = ["sentence"]

[columns]
sentence = "Hash of the sentence's words."
context_count = "Unlike texts of one site that end or begin with it, at the site with most."
*/
with repeated as (
    select
        sentences.sentence,
        fingerprints.site,
        count(distinct sentences.context) as context_count,
    from lake.sentences as sentences
    inner join lake.fingerprints as fingerprints
        on fingerprints.text_id = sentences.text_id
    where fingerprints.site is not null
    group by sentences.sentence, fingerprints.site
    having count(distinct sentences.context) >= 4
)

select
    sentence,
    max(context_count) as context_count,
from repeated
group by sentence
