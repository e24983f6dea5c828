/*
description = "Sites whose document_count is not the number of their documents, and sites that are missing."
severity = "critical"
why = "A site that is missing from the table is missing from every page about sites."
*/
with counts as (
    select
        coalesce(site, 'unknown') as site,
        count(*) as document_count,
    from documents
    group by coalesce(site, 'unknown')
)

select coalesce(sites.site, counts.site) as site
from sites
full join counts on counts.site = sites.site
where sites.document_count is distinct from counts.document_count
