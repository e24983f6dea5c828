/*
description = "One row per line of tonight that its site repeats, tonight or on the nights before."
grain = ["site", "line_hash"]

[columns]
site = "The site."
line_hash = "Hash of the line."
article_count = "Unlike articles that had it; a night counts half as much 30 nights later, so that a template that is gone is forgotten within a season."
*/
with nights as (
    select
        site,
        line_hash,
        article_count * 1.0 as article_count,
    from learning.site_lines
    union all
    select
        seen.site,
        seen.line_hash,
        seen.article_count * pow(0.5, abs(date_diff('day', seen.night, tonight.night)) / 30.0),
    from lake.site_lines as seen
    cross join lake.logical_date as tonight
    inner join learning.site_lines as here
        on here.site = seen.site and here.line_hash = seen.line_hash
)

select
    site,
    line_hash,
    cast(sum(article_count) as float) as article_count
from nights
group by site, line_hash
having sum(article_count) > 1.5
