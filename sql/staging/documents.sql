/*
description = "The lake's documents, as written."
*/
select
    document_id,
    source_uri,
    source_locator,
    source_format,
    site,
    url,
    retrieved_at,
    content_sha256,
    given_headline,
    given_byline,
    given_published,
    given_published_precision,
    given_section,
    given_language,
    extra,
    text_flags,
    run_id,
    ingested_at
from lake.documents
