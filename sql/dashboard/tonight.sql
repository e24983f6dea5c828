/*
description = "One row: the latest run with its ledger, and the usual of the same weekday (median of up to 8 weeks before, tonight left out)."

[columns]
run_id = "The latest run."
night = "The night it stands for."
ended_at = "When it ended (UTC)."
status = "How it ended."
version = "Version of copydesk that ran."
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
with latest as (
    select * from runs order by logical_date desc, started_at desc, run_id desc limit 1
),

usual as (
    select
        count(*) as night_count,
        median(runs.accepted_count) as accepted,
        median(runs.representative_count) as articles,
        median(runs.exact_count + runs.near_count + runs.wholly_derived_count) as copies,
        median(runs.rejected_count) as rejected,
    from runs
    inner join latest
        on isodow(runs.logical_date) = isodow(latest.logical_date)
        and runs.logical_date < latest.logical_date
        and runs.logical_date >= latest.logical_date - 56
    where runs.status <> 'quality_gate_failed'
)

select
    latest.run_id,
    latest.logical_date as night,
    latest.ended_at,
    latest.status,
    latest.version,
    latest.document_count_in,
    latest.accepted_count,
    latest.known_count,
    latest.rejected_count,
    latest.representative_count as article_count,
    latest.exact_count + latest.near_count + latest.wholly_derived_count as copy_count,
    if(usual.night_count >= 4, usual.accepted, null) as usual_accepted,
    if(usual.night_count >= 4, usual.articles, null) as usual_articles,
    if(usual.night_count >= 4, usual.copies, null) as usual_copies,
    if(usual.night_count >= 4, usual.rejected, null) as usual_rejected
from latest
cross join usual
