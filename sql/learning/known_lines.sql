/*
description = "One row per line seen so far, tonight or before, of those to be judged that are in more than one article."
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
    from lake.sightings  -- these are all to be judged
    union all
    select
        site,
        line_hash,
        article_key,
        night,
        false as is_new,
    from lake.site_lines
    semi join learning.wanted_lines using (site, line_hash)
),

asked as (
    select
        site,
        line_hash,
    from known
    group by site, line_hash
    having min(article_key) <> max(article_key)
)

select known.*
from known
semi join asked using (site, line_hash)
