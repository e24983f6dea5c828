/*
description = "Sites that delivered headlines, bylines, dates or addresses with nine of ten documents, and in the last night with fewer than one of ten."
severity = "warning"
why = "From ten documents before and ten in the last night on: a field that was renamed or lost upstream. The documents are taken all the same."
*/
with filled as (
    select
        site,
        run_id = (select max(run_id) from documents) as is_last,
        unnest(['headline', 'byline', 'date_published', 'url']) as field,
        unnest([
            headline is not null, byline is not null, date_published is not null, url is not null
        ]) as is_filled,
    from documents
    where site is not null
),

shares as (
    select
        site,
        field,
        avg(is_filled::int) filter (where is_last) as share_now,
        avg(is_filled::int) filter (where not is_last) as share_before,
        count(*) filter (where is_last) as count_now,
        count(*) filter (where not is_last) as count_before,
    from filled
    group by site, field
)

select
    field,
    site,
    share_now as observed_value,
from shares
where count_now >= 10 and count_before >= 10 and share_before >= 0.9 and share_now < 0.1
