/*
description = "One row per reason for which inputs were refused tonight, with the usual of the 28 nights before."

[columns]
reason = "Why."
input_count = "Inputs refused for it tonight."
usual_count = "Mean per night over the 28 nights before; null where there are fewer than 7."
detail = "What was wrong with the first of them, and what to do."
source_uri = "The first of them."
source_locator = "Place in it."
byte_count = "Bytes refused."
*/
with nights as (
    select
        max(logical_date) as night,
        count(distinct logical_date) - 1 as night_count,
    from runs
    where logical_date >= (select max(logical_date) from runs) - 28
),

refused as (
    select
        rejected_documents.*,
        runs.logical_date = nights.night as is_tonight,
        nights.night_count,
    from rejected_documents
    inner join runs using (run_id)
    inner join nights on runs.logical_date >= nights.night - 28
)

select
    reason,
    count(*) filter (where is_tonight) as input_count,
    if(
        any_value(night_count) >= 7,
        count(*) filter (where not is_tonight) / greatest(any_value(night_count), 1),
        null
    ) as usual_count,
    arg_min(detail, (source_uri, coalesce(source_locator, ''))) filter (where is_tonight) as detail,
    min(source_uri) filter (where is_tonight) as source_uri,
    arg_min(source_locator, (source_uri, coalesce(source_locator, '')))
        filter (where is_tonight) as source_locator,
    coalesce(sum(byte_count) filter (where is_tonight), 0)::bigint as byte_count
from refused
group by reason
having count(*) filter (where is_tonight) > 0
order by input_count desc, reason
limit 30
