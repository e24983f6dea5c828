/*
description = "One row per thing out of the ordinary tonight, judged per site: the worst first. The first sentence of the page and the alerts are made of it."

[columns]
site = "The site; null where a whole table is meant."
measure = "A drift measure, new_line, or check."
level = "1 watch, 2 fault."
value = "What was measured."
usual = "What is usual."
score = "Distance in spreads; null where there is none."
is_same_weekday = "Whether the usual is that of the same weekday."
detail = "The line that was never seen, or the name of the check."
*/
with latest as (
    select logical_date as night, run_id from runs
    order by logical_date desc, started_at desc, run_id desc
    limit 1
),

drifting as (
    select
        site_drift.site,
        site_drift.measure,
        if(site_drift.verdict = 'fault', 2, 1) as level,
        site_drift.value,
        site_drift.usual,
        site_drift.score,
        site_drift.is_same_weekday,
        null as detail,
        -- A site that fell silent is worse than any number of spreads.
        if(site_drift.measure = 'document_count' and site_drift.value = 0, 1000, 0)
            + abs(site_drift.score) as weight,
    from site_drift
    inner join latest using (night)
    where site_drift.verdict in ('watch', 'fault')
),

failing as (
    select
        checks.site,
        'check' as measure,
        if(checks.severity = 'critical', 2, 1) as level,
        checks.observed_value as value,
        null::double as usual,
        null::double as score,
        null::boolean as is_same_weekday,
        concat_ws(
            ' ', concat_ws('.', checks.table_name, checks.column_name), checks.expectation_type
        ) as detail,
        coalesce(checks.unexpected_count / greatest(checks.row_count, 1), 0) as weight,
    from checks
    inner join latest using (run_id)
    where not checks.success
)

select
    site,
    measure,
    level,
    value,
    usual,
    score,
    is_same_weekday,
    detail
from (
    select * from drifting
    union all
    select * from failing
)
order by level desc, measure = 'check', weight desc, site, measure, detail
