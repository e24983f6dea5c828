/*
description = "One row per language of tonight's documents, with its share over the 28 nights before."

[columns]
in_language = "BCP 47 tag; und where it cannot be told."
document_count = "Documents tonight."
share = "Share of tonight's documents, 0–1."
usual_share = "Share of the documents of the 28 nights before; null without them."
*/
with accepted as (
    select
        documents.in_language,
        runs.logical_date = max(runs.logical_date) over () as is_tonight,
    from documents
    inner join runs using (run_id)
    where runs.logical_date >= (select max(logical_date) from runs) - 28
)

select
    in_language,
    count(*) filter (where is_tonight) as document_count,
    count(*) filter (where is_tonight)
        / greatest(sum(count(*) filter (where is_tonight)) over (), 1) as share,
    count(*) filter (where not is_tonight)
        / nullif(sum(count(*) filter (where not is_tonight)) over (), 0) as usual_share
from accepted
group by in_language
order by document_count desc, in_language
limit 12
