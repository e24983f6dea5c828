/*
description = "One row per site: tonight against its usual, 30 nights of volume, and how fresh it is; the worst site first."

[columns]
site = "The site."
document_count = "Documents tonight."
usual_document_count = "Documents on a usual night; null where it is too new."
removed_share = "Share of the characters removed tonight."
usual_removed_share = "The same on a usual night."
copy_share = "Share of tonight's documents that are copies."
delay_hours = "Median hours from publication to retrieval tonight."
last_retrieved_at = "Latest retrieval ever (UTC)."
silent_nights = "Nights since the last delivery; 0 if it delivered tonight."
first_judged = "Its first night that could be judged, counted from the first night shown, from 0; null if none."
worst_level = "0 calm, 1 watch, 2 fault; -1 too new to judge."
worst_score = "Largest distance from the usual, in spreads, where it is out of the ordinary; 1000 more for silence."
volume = "Documents per night, oldest first, up to 30 nights."
*/
with latest as (
    select max(night) as night from site_nights
),

histories as (
    select
        site_nights.site,
        list(site_nights.document_count order by site_nights.night)
            filter (where site_nights.night > latest.night - 30) as volume,
        max(site_nights.last_retrieved_at) as last_retrieved_at,
        max(site_nights.night) filter (where site_nights.document_count > 0) as last_delivery,
    from site_nights
    cross join latest
    group by site_nights.site
),

failing as (
    select
        checks.site,
        max(if(checks.severity = 'critical', 2, 1)) as level,
    from checks
    inner join runs using (run_id)
    inner join latest on latest.night = runs.logical_date
    where not checks.success and checks.site is not null
    group by checks.site
),

verdicts as (
    select
        site_drift.site,
        max(case site_drift.verdict when 'fault' then 2 when 'watch' then 1 when 'calm' then 0
            else -1 end) as worst_level,
        -- A site that fell silent is worse than any number of spreads.
        max(
            if(site_drift.measure = 'document_count' and site_drift.value = 0, 1000, 0)
            + abs(site_drift.score)
        ) filter (where site_drift.verdict in ('watch', 'fault')) as worst_score,
        max(site_drift.usual) filter (where site_drift.measure = 'document_count')
            as usual_document_count,
        max(site_drift.usual) filter (where site_drift.measure = 'removed_share')
            as usual_removed_share,
    from site_drift
    inner join latest using (night)
    group by site_drift.site
),

numbered as (
    select
        logical_date as night,
        row_number() over (order by logical_date) - 1 as number,
    from (select distinct logical_date from runs)
    where logical_date > (select max(logical_date) from runs) - 366
),

judged as (
    select
        site_drift.site,
        min(numbered.number) as first_judged,
    from site_drift
    inner join numbered using (night)
    where site_drift.verdict <> 'new'
    group by site_drift.site
)

select
    tonight.site,
    tonight.document_count,
    verdicts.usual_document_count,
    tonight.removed_share,
    verdicts.usual_removed_share,
    tonight.copy_share,
    tonight.delay_hours,
    histories.last_retrieved_at,
    coalesce(date_diff('day', histories.last_delivery, tonight.night), 0) as silent_nights,
    judged.first_judged,
    greatest(coalesce(verdicts.worst_level, -1), coalesce(failing.level, -1)) as worst_level,
    verdicts.worst_score,
    histories.volume
from site_nights as tonight
inner join latest using (night)
inner join histories using (site)
left join verdicts using (site)
left join failing using (site)
left join judged using (site)
order by
    worst_level desc,
    verdicts.worst_score desc nulls last,
    tonight.document_count desc,
    tonight.site
