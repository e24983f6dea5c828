/*
description = "One row per run and verb of the last 30 runs, oldest run first."

[columns]
run_id = "The run."
night = "The night it stands for."
verb = "ingest, clean, link, build, validate, publish."
seconds = "How long the verb took."
total_seconds = "From start to end of the run."
*/
with latest as (
    select * from runs
    qualify row_number() over (order by logical_date desc, started_at desc, run_id desc) <= 30
),

verbs as (
    select
        latest.run_id,
        latest.logical_date,
        latest.durations,
        date_diff('millisecond', latest.started_at, latest.ended_at) / 1000.0 as total_seconds,
        unnest(['ingest', 'clean', 'link', 'build', 'validate', 'publish']) as verb,
    from latest
)

select
    run_id,
    logical_date as night,
    verb,
    coalesce(cast(json_extract_string(durations, '$.' || verb) as double), 0) as seconds,
    total_seconds
from verbs
order by
    logical_date,
    run_id,
    list_position(['ingest', 'clean', 'link', 'build', 'validate', 'publish'], verb)
