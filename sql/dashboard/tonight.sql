/*
description = "One row: the latest night with the ledger of all its runs, and the usual of the same weekday (median of up to 8 weeks before, tonight left out)."

[columns]
run_id = "Its latest run."
night = "The night."
ended_at = "When that run ended (UTC)."
status = "How its last run ended that brought anything."
version = "Version of copydesk that ran last."
document_count_in = "Documents delivered."
accepted_count = "New documents."
known_count = "Delivered before."
rejected_count = "Refused."
article_count = "Accepted documents that represent an article."
copy_count = "Accepted documents that are copies."
usual_accepted = "Accepted on a usual night of the same weekday; null where fewer than 4 are known."
usual_articles = "Articles on such a night."
usual_copies = "Copies on such a night."
usual_rejected = "Refused on such a night."
*/
with nights as (
    select
        logical_date as night,
        arg_max(run_id, (started_at, run_id)) as run_id,
        max(ended_at) as ended_at,
        coalesce(
            arg_max(status, (started_at, run_id)) filter (where status <> 'unchanged'), 'unchanged'
        ) as status,
        arg_max(version, (started_at, run_id)) as version,
        sum(document_count_in)::bigint as document_count_in,
        sum(accepted_count)::bigint as accepted_count,
        sum(known_count)::bigint as known_count,
        sum(rejected_count)::bigint as rejected_count,
        sum(representative_count)::bigint as article_count,
        sum(exact_count + near_count + wholly_derived_count)::bigint as copy_count,
    from runs
    group by logical_date
),

latest as (
    select * from nights order by night desc limit 1
),

usual as (
    select
        count(*) as night_count,
        median(nights.accepted_count) as accepted,
        median(nights.article_count) as articles,
        median(nights.copy_count) as copies,
        median(nights.rejected_count) as rejected,
    from nights
    inner join latest
        on isodow(nights.night) = isodow(latest.night)
        and nights.night < latest.night
        and nights.night >= latest.night - 56
    where nights.status <> 'quality_gate_failed'
)

select
    latest.run_id,
    latest.night,
    latest.ended_at,
    latest.status,
    latest.version,
    latest.document_count_in,
    latest.accepted_count,
    latest.known_count,
    latest.rejected_count,
    latest.article_count,
    latest.copy_count,
    if(usual.night_count >= 4, usual.accepted, null) as usual_accepted,
    if(usual.night_count >= 4, usual.articles, null) as usual_articles,
    if(usual.night_count >= 4, usual.copies, null) as usual_copies,
    if(usual.night_count >= 4, usual.rejected, null) as usual_rejected
from latest
cross join usual
