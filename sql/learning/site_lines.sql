/*
description = "One row per site and line seen tonight; copies of one article count once."
grain = ["site", "line_hash"]

[columns]
site = "The site."
line_hash = "Hash of the line, equal whatever its case, numbers and white space."
article_count = "Unlike articles of the site that had the line tonight."
*/
select
    site,
    line_hash,
    cast(count(distinct article_key) as integer) as article_count
from lake.sightings
group by site, line_hash
