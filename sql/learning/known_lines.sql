/*
description = "One row per line seen so far, tonight or before, of those to be judged that are in more than one article."
grain = ["line", "document_id"]

[columns]
line = "Number of the line of a site: numbers are grouped faster than names."
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
    from lake.sightings  -- these are all to be judged, and were before any document was stale
    where not exists (select 1 from lake.stale_documents)
    union all
    select
        site,
        line_hash,
        article_key,
        night,
        false as is_new,
    from lake.site_lines
    semi join learning.wanted_lines using (site, line_hash)
    anti join (
        select
            site,
            line_hash,
        from lake.sightings
        where exists (select 1 from lake.stale_documents)
    ) using (site, line_hash)
),

asked as materialized (
    select
        site,
        line_hash,
        row_number() over () as line,
    from known
    group by site, line_hash
    having min(article_key) <> max(article_key)
)

select
    asked.line,
    known.site,
    known.line_hash,
    known.article_key,
    known.night,
    known.is_new,
from known
inner join asked using (site, line_hash)
