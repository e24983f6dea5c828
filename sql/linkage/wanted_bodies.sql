/*
description = "One row per text that is to be compared, with its body."
grain = ["text_id"]
stage = "link"

[columns]
text_id = "The text."
article_body = "Its clean body."
*/
with carriers as (
    select
        fingerprints.text_id,
        min(fingerprints.document_id) as document_id,
    from lake.fingerprints as fingerprints
    inner join lake.wanted as wanted
        on wanted.text_id = fingerprints.text_id
    group by fingerprints.text_id
)

select
    carriers.text_id,
    articles.article_body,
from carriers
inner join lake.articles as articles
    on articles.document_id = carriers.document_id
