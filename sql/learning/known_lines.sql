/*
description = "One row per line seen so far, tonight or before, of those that are to be judged."
grain = ["site", "line_hash", "document_id"]

[columns]
site = "The site."
line_hash = "Hash of the line."
article_key = "Key that copies of one article share."
night = "The document's night."
is_new = "Whether the document came tonight."
*/
with known as (
    select
        site,
        line_hash,
        article_key,
        night,
        true as is_new,
    from learning.site_lines
    union all
    select
        site,
        line_hash,
        article_key,
        night,
        false as is_new,
    from lake.site_lines
),

asked as (
    select distinct
        site,
        line_hash,
    from learning.wanted_lines
)

select known.*
from known
semi join asked using (site, line_hash)
