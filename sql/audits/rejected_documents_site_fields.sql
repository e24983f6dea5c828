/*
description = "Sites whose rows were refused in the last night because a field is lost or of another type."
severity = "warning"
why = "A scraper or a site that changed its format shows here first, by name. Only its own rows are refused, and they lie in quarantine."
*/
with refused as (
    select
        regexp_extract(source_uri, '(?:^|/)\d{4}-\d{2}-\d{2}/([^/]+)/', 1) as folder,
        source_uri,
        reason,
        run_id,
    from rejected_documents
    where reason in ('field_type', 'no_text', 'not_an_object')
),

-- The site that the documents of a folder have, as ingest read it from the folder's name.
folders as (
    select
        regexp_extract(source_uri, '(?:^|/)\d{4}-\d{2}-\d{2}/([^/]+)/', 1) as folder,
        min(site) as site,
    from documents
    group by folder
    having min(site) = max(site)
),

named as (
    select
        if(refused.folder = '', refused.source_uri, coalesce(folders.site, lower(refused.folder)))
            as site,
        refused.run_id,
    from refused
    left join folders using (folder)
),

last_night as (
    select split_part(max(run_id), '.', 2) as night
    from (select run_id from documents union all select run_id from rejected_documents)
)

select
    named.site as site_name,
    named.site,
    count(*)::double as observed_value,
from named
inner join last_night on last_night.night = split_part(named.run_id, '.', 2)
group by named.site
