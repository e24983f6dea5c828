/*
description = "One row per story with a document of tonight: the widest first, up to 12."

[columns]
story_id = "The story."
headline = "Its headline."
first_published_at = "Earliest publication (UTC)."
last_published_at = "Latest publication (UTC)."
article_count = "Distinct articles."
document_count = "Documents, copies included."
site_count = "Sites that carry it."
sites = "Up to 8 of those sites, in the order in which they published; who tells only the day comes last of that day."
new_document_count = "Documents that arrived tonight."
hours = "Publication of each document whose time is known, in hours after the first, rounded; up to 60."
*/
with latest as (
    select run_id from runs where logical_date = (select max(logical_date) from runs)
),

fresh as (
    select
        documents.story_id,
        count(*) as new_document_count,
    from documents
    inner join latest using (run_id)
    group by documents.story_id
),

widest as (
    select stories.*, fresh.new_document_count
    from stories
    inner join fresh using (story_id)
    order by stories.site_count desc, stories.document_count desc, stories.story_id
    limit 12
),

first_by_site as (
    select
        documents.story_id,
        coalesce(documents.site, 'unknown') as site,
        min(
            documents.date_published
            + if(documents.date_published_precision = 'second', interval 0 day, interval 1 day)
        ) as first_published_at,
    from documents
    inner join widest using (story_id)
    group by documents.story_id, coalesce(documents.site, 'unknown')
),

spread as (
    select
        story_id,
        list(site order by first_published_at nulls last, site)[1:8] as sites,
    from first_by_site
    group by story_id
),

timed as (
    select
        documents.story_id,
        documents.date_published as published_at,
        min(documents.date_published) over (partition by documents.story_id) as first_at,
    from documents
    semi join widest using (story_id)
    where documents.date_published_precision = 'second'
),

told as (
    select
        story_id,
        list(
            round(date_diff('minute', first_at, published_at) / 60.0) order by published_at
        )[1:60] as hours,
    from timed
    group by story_id
)

select
    widest.story_id,
    widest.headline,
    widest.first_published_at,
    widest.last_published_at,
    widest.article_count,
    widest.document_count,
    widest.site_count,
    spread.sites,
    widest.new_document_count,
    coalesce(told.hours, []) as hours
from widest
inner join spread using (story_id)
left join told using (story_id)
order by widest.site_count desc, widest.document_count desc, widest.story_id
