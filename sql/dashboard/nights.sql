/*
description = "One row per night, oldest first, up to 366: the ledger."

[columns]
night = "The night."
status = "How its last run ended."
document_count_in = "Documents delivered."
article_count = "Accepted documents that represent an article."
copy_count = "Accepted documents that are copies."
known_count = "Delivered before."
rejected_count = "Refused."
is_balanced = "Whether delivered = articles + copies + known + refused."
*/
with per_night as (
    select
        logical_date as night,
        arg_max(status, (started_at, run_id)) as status,
        sum(document_count_in) as document_count_in,
        sum(representative_count) as article_count,
        sum(exact_count + near_count + wholly_derived_count) as copy_count,
        sum(known_count) as known_count,
        sum(rejected_count) as rejected_count,
    from runs
    group by logical_date
)

select
    night,
    status,
    document_count_in::bigint as document_count_in,
    article_count::bigint as article_count,
    copy_count::bigint as copy_count,
    known_count::bigint as known_count,
    rejected_count::bigint as rejected_count,
    document_count_in = article_count + copy_count + known_count + rejected_count as is_balanced
from per_night
qualify row_number() over (order by night desc) <= 366
order by night
