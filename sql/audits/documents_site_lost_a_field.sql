/*
description = "Sites that delivered headlines, bylines, dates or addresses with nine of ten documents, and in the last night with fewer than one of ten."
severity = "warning"
why = "From ten documents before and ten in the last night on: a field that was renamed or lost upstream. The documents are taken all the same."
*/
with counted as (
    select
        site,
        split_part(run_id, '.', 2) = (select split_part(max(run_id), '.', 2) from documents)
            as is_last,
        count(*) as document_count,
        [count(headline), count(byline), count(date_published), count(url)] as filled_counts,
    from documents
    where site is not null
    group by all
),

filled as (
    select
        site,
        is_last,
        document_count,
        unnest(['headline', 'byline', 'date_published', 'url']) as field,
        unnest(filled_counts) / document_count as share,
    from counted
),

shares as (
    select
        site,
        field,
        max(share) filter (where is_last) as share_now,
        max(share) filter (where not is_last) as share_before,
        max(document_count) filter (where is_last) as count_now,
        max(document_count) filter (where not is_last) as count_before,
    from filled
    group by site, field
)

select
    field,
    site,
    share_now as observed_value,
from shares
where count_now >= 10 and count_before >= 10 and share_before >= 0.9 and share_now < 0.1
