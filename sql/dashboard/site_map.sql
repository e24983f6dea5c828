/*
description = "One row per stretch of nights in which a site was out of the ordinary in one respect: a drift measure, or a check that is judged per site. What is calm has no row."

[columns]
site = "The site."
lens = "The measure, or the check's table, column and expectation."
level = "1 watch or failed warning, 2 fault or failed critical check."
first_night = "First night of the stretch, counted from the first night shown, from 0."
night_count = "Nights in a row."
*/
with nights as (
    select
        logical_date as night,
        row_number() over (order by logical_date) - 1 as number,
    from (select distinct logical_date from runs)
    where logical_date > (select max(logical_date) from runs) - 366
),

off as (
    select
        site,
        measure as lens,
        night,
        if(verdict = 'fault', 2, 1) as level,
    from site_drift
    where verdict in ('watch', 'fault')
    union
    select
        checks.site,
        concat_ws(' · ', checks.table_name, checks.column_name, checks.expectation_type) as lens,
        runs.logical_date as night,
        if(checks.severity = 'critical', 2, 1) as level,
    from checks
    inner join runs using (run_id)
    where not checks.success and checks.site is not null
),

worst as (
    select
        off.site,
        off.lens,
        nights.number,
        max(off.level) as level,
    from off
    inner join nights using (night)
    group by off.site, off.lens, nights.number
),

stretches as (
    select
        *,
        number - row_number() over (partition by site, lens, level order by number) as stretch,
    from worst
)

select
    site,
    lens,
    level,
    min(number) as first_night,
    count(*) as night_count
from stretches
group by site, lens, level, stretch
order by site, lens, min(number)
