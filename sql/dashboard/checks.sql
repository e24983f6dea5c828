/*
description = "One row per check: tonight's result, the usual of the same weekday, and up to 30 nights of history; failing critical checks first."

[columns]
check_name = "Table, column and expectation."
table_name = "Table that is judged."
column_name = "Column that is judged."
expectation_type = "Great Expectations' own name, or audit.<name>."
severity = "critical or warning."
why = "Why it is there."
is_failing = "Whether it failed in the latest run."
site_count = "Sites it judges; 0 for the whole table."
failing_sites = "Up to 5 sites that failed it tonight, most broken rows first."
failing_site_count = "Sites that failed it tonight."
value = "Tonight's measurement: the observed value, or rows that broke it, or sites that failed it."
value_kind = "observed, unexpected or sites."
usual = "Median of the same weekday in the 8 weeks before; null for fewer than 4 nights."
unexpected_count = "Rows that broke it tonight."
row_count = "Rows judged tonight."
unexpected_ids = "Ids of rows that broke it tonight."
failed_nights = "Nights of the history on which it failed."
history = "One struct per night, oldest first: night, value, failed."
*/
with nights as (
    select
        run_id,
        logical_date as night,
    from runs
    qualify row_number() over (
        partition by logical_date order by started_at desc, run_id desc
    ) = 1
),

judged as (
    select
        concat_ws(
            ' · ', checks.table_name, checks.column_name, checks.expectation_type, checks.severity
        ) as check_key,
        checks.*,
        nights.night,
    from checks
    inner join nights using (run_id)
    where nights.night >= (select max(night) from nights) - 57
),

per_night as (
    select
        check_key,
        night,
        any_value(table_name) as table_name,
        any_value(column_name) as column_name,
        any_value(expectation_type) as expectation_type,
        any_value(severity) as severity,
        any_value(why) as why,
        count(*) filter (where not success) as failed_count,
        count(*) filter (where not success and site is not null) as failing_site_count,
        count(site) as site_count,
        list(site order by unexpected_count desc nulls last, site)
            filter (where not success and site is not null) as failing_sites,
        any_value(observed_value) as observed_value,
        sum(unexpected_count)::bigint as unexpected_count,
        sum(row_count)::bigint as row_count,
        flatten(list(unexpected_ids) filter (where not success)) as unexpected_ids,
    from judged
    group by check_key, night
),

valued as (
    select
        per_night.*,
        case
            when site_count > 0 then 'sites'
            when observed_value is not null then 'observed'
            else 'unexpected'
        end as value_kind,
        case
            when site_count > 0 then failing_site_count
            else coalesce(observed_value, unexpected_count, 0)
        end::double as value,
    from per_night
),

baselines as (
    select
        *,
        count(*) over weekday as weekday_count,
        median(value) over weekday as weekday_median,
        max(night) over () as last_night,
    from valued
    window weekday as (
        partition by check_key, isodow(night) order by night
        range between interval 56 days preceding and interval 1 day preceding
    )
),

histories as (
    select
        check_key,
        list({'night': night, 'value': value, 'failed': failed_count > 0} order by night)
            as history,
        count(*) filter (where failed_count > 0) as failed_nights,
    from baselines
    where night > last_night - 30
    group by check_key
)

select
    concat_ws('.', latest.table_name, latest.column_name) as check_name,
    latest.table_name,
    latest.column_name,
    latest.expectation_type,
    latest.severity,
    latest.why,
    latest.failed_count > 0 as is_failing,
    latest.site_count,
    coalesce(latest.failing_sites[1:5], []) as failing_sites,
    latest.failing_site_count,
    latest.value,
    latest.value_kind,
    if(latest.weekday_count >= 4, latest.weekday_median, null) as usual,
    latest.unexpected_count,
    latest.row_count,
    coalesce(latest.unexpected_ids[1:20], []) as unexpected_ids,
    histories.failed_nights,
    histories.history
from baselines as latest
inner join histories using (check_key)
where latest.night = latest.last_night
order by
    latest.failed_count = 0,
    latest.severity <> 'critical',
    latest.failing_site_count desc,
    latest.check_key
