/*
description = "Sites whose rows were refused in the last night because a field is lost or of another type."
severity = "warning"
why = "A scraper or a site that changed its format shows here first, by name. Only its own rows are refused, and they lie in quarantine."
*/
with refused as (
    select
        coalesce(
            nullif(regexp_extract(source_uri, '(?:^|/)\d{4}-\d{2}-\d{2}/([^/]+)/', 1), ''),
            source_uri
        ) as site,
        reason,
        run_id,
    from rejected_documents
),

last_night as (
    select max(run_id) as run_id
    from (select run_id from documents union all select run_id from rejected_documents)
)

select
    refused.site as site_name,
    refused.site,
    count(*)::double as observed_value,
from refused
inner join last_night using (run_id)
where refused.reason in ('field_type', 'no_text', 'not_an_object')
group by refused.site
