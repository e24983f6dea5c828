/*
description = "One row per thing out of the ordinary tonight: a drift of a site, or the failed checks of a site or of whole tables. The worst first; the first sentence of the page and the alerts are made of it."

[columns]
site = "The site; null where a whole table is meant."
measure = "A drift measure, or check."
level = "1 watch, 2 fault."
value = "What was measured; for checks, how many failed."
usual = "What is usual."
score = "Distance in spreads; null where there is none."
is_same_weekday = "Whether the usual is that of the same weekday."
refused_count = "Inputs of the site that were refused tonight; null for checks."
silent_nights = "Nights since the site's last delivery; null for checks."
detail = "Up to three failed checks, those with most broken rows first: name, ids of rows but the site itself, what was observed."
*/
with latest as (
    select logical_date as night, run_id from runs
    order by logical_date desc, started_at desc, run_id desc
    limit 1
),

deliveries as (
    select
        site,
        max(night) filter (where document_count > 0) as last_delivery,
    from site_nights
    group by site
),

-- Silences that an earlier page has told.
known as (
    select distinct site_drift.site
    from site_drift
    inner join deliveries using (site)
    cross join latest
    where
        site_drift.measure = 'document_count'
        and site_drift.value = 0
        and site_drift.verdict = 'fault'
        and site_drift.night > deliveries.last_delivery
        and site_drift.night < latest.night
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
        site_nights.rejected_count as refused_count,
        date_diff('day', deliveries.last_delivery, latest.night) as silent_nights,
        []::struct(name varchar, ids varchar[], observed double)[] as detail,
        -- A site that fell silent is worse than any number of spreads; the next morning it is known.
        if(
            site_drift.measure = 'document_count' and site_drift.value = 0
            and known.site is null,
            1000,
            0
        ) + abs(site_drift.score) as weight,
    from site_drift
    inner join latest using (night)
    left join site_nights using (site, night)
    left join deliveries using (site)
    left join known on known.site = site_drift.site
    where site_drift.verdict in ('watch', 'fault')
),

failed as (
    select
        checks.site,
        if(checks.severity = 'critical', 2, 1) as level,
        concat_ws(
            ' ', concat_ws('.', checks.table_name, checks.column_name), checks.expectation_type
        ) as name,
        list_filter(checks.unexpected_ids, lambda it: it is distinct from checks.site)[1:3] as ids,
        checks.observed_value,
        coalesce(checks.unexpected_count / greatest(checks.row_count, 1), 0) as broken_share,
    from checks
    inner join latest using (run_id)
    where not checks.success
),

failing as (
    select
        site,
        'check' as measure,
        level,
        count(*)::double as value,
        null::double as usual,
        null::double as score,
        null::boolean as is_same_weekday,
        null::bigint as refused_count,
        null::bigint as silent_nights,
        list(
            {'name': name, 'ids': ids, 'observed': observed_value}
            order by broken_share desc, name
        )[1:3] as detail,
        max(broken_share) as weight,
    from failed
    group by site, level
)

select
    site,
    measure,
    level,
    value,
    usual,
    score,
    is_same_weekday,
    refused_count,
    silent_nights,
    detail
from (
    select * from drifting
    union all
    select * from failing
)
order by level desc, site is null, measure = 'check', weight desc, site, measure
