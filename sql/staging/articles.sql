/*
description = "The lake's articles, as written."
*/
select
    document_id,
    headline,
    byline,
    date_published,
    date_published_precision,
    in_language,
    article_section,
    info_source,
    credit_text,
    copyright_notice,
    captions,
    article_body,
    word_count,
    raw_chars,
    removed_chars,
    removed_line_count,
    rules_version,
    run_id,
    cleaned_at
from lake.articles
