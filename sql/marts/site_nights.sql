/*
description = "One row per site and night, from the site's first night on; a night without a delivery counts 0. A site that has been silent for 60 nights is taken as closed."
grain = ["site", "night"]
stage = "publish"

[columns]
site = "The site; unknown where the input does not say."
night = "The night, as in runs.logical_date."
document_count = "Documents accepted."
article_count = "Documents that represent an article."
copy_share = "Share of the documents that are a copy of another, 0–1; null without documents."
repeated_share = "Share of the documents that are a further copy of an article that the site delivered the same night, 0–1; null without documents."
removed_share = "Share of the raw characters that were removed, 0–1; null without documents."
removed_lines_per_document = "Lines removed per document; null without documents."
median_word_count = "Median words of the clean texts; null without documents."
undated_share = "Share of the documents without a publication date, 0–1; null without documents."
other_language_share = "Share of the documents not in the site's commonest language, 0–1; null without documents."
rejected_count = "Inputs of the site that were refused."
delay_hours = "Median hours from publication to retrieval; null where either is unknown to the minute."
last_retrieved_at = "Latest retrieval (UTC); null where unknown."
*/
with languages as (
    select
        coalesce(site, 'unknown') as site,
        mode(in_language order by in_language) as usual_language,
    from marts.documents
    group by coalesce(site, 'unknown')
),

delivered as (
    select
        languages.site,
        runs.logical_date as night,
        count(*) as document_count,
        count(*) filter (where documents.copy_relation = 'representative') as article_count,
        avg(if(documents.copy_relation = 'representative', 0.0, 1.0)) as copy_share,
        1 - count(distinct documents.article_id) / count(*) as repeated_share,
        sum(documents.removed_chars) / greatest(sum(documents.raw_chars), 1) as removed_share,
        avg(documents.removed_line_count) as removed_lines_per_document,
        median(documents.word_count) as median_word_count,
        avg(if(documents.date_published is null, 1.0, 0.0)) as undated_share,
        avg(if(documents.in_language = languages.usual_language, 0.0, 1.0)) as other_language_share,
        median(date_diff('minute', documents.date_published, documents.retrieved_at) / 60.0)
            filter (
                where documents.date_published_precision = 'second'
                -- a path tells no more than the day
                and documents.retrieved_at <> date_trunc('day', documents.retrieved_at)
            ) as delay_hours,
        max(documents.retrieved_at) as last_retrieved_at,
    from marts.documents as documents
    inner join lake.runs as runs on runs.run_id = documents.run_id
    inner join languages on languages.site = coalesce(documents.site, 'unknown')
    group by languages.site, runs.logical_date
),

-- The site that the documents of a folder have, as ingest read it from the folder's name.
folders as (
    select
        regexp_extract(source_uri, '\d{4}-\d{2}-\d{2}/([^/]+)/', 1) as folder,
        min(site) as site,
    from marts.documents
    group by folder
    having min(site) = max(site)
),

placed as (
    select
        regexp_extract(source_uri, '\d{4}-\d{2}-\d{2}/([^/]+)/', 1) as folder,
        run_id,
    from marts.rejected_documents
),

refused as (
    select
        if(placed.folder = '', 'unknown', coalesce(folders.site, lower(placed.folder))) as site,
        runs.logical_date as night,
        count(*) as rejected_count,
    from placed
    inner join lake.runs as runs using (run_id)
    left join folders using (folder)
    group by all
),

span as (
    select
        site,
        min(night) as first_night,
        max(night) as last_night,
    from (
        select site, night from delivered
        union all
        select site, night from refused
    )
    group by site
),

-- A takedown by hand is a run, but no night on which sites could have delivered.
nights as (
    select distinct runs.logical_date as night
    from lake.runs as runs
    anti join lake.tombstones as tombstones using (run_id)
)

select
    span.site,
    nights.night,
    coalesce(delivered.document_count, 0) as document_count,
    coalesce(delivered.article_count, 0) as article_count,
    delivered.copy_share,
    delivered.repeated_share,
    delivered.removed_share,
    delivered.removed_lines_per_document,
    delivered.median_word_count,
    delivered.undated_share,
    delivered.other_language_share,
    coalesce(refused.rejected_count, 0) as rejected_count,
    delivered.delay_hours,
    delivered.last_retrieved_at
from span
inner join nights on nights.night between span.first_night and span.last_night + 60
left join delivered on delivered.site = span.site and delivered.night = nights.night
left join refused on refused.site = span.site and refused.night = nights.night
