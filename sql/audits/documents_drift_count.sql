/*
description = "The last night, if it brought less than a fifth, or more than five times, of what nights usually bring."
severity = "warning"
why = "From five earlier nights on, against their median: a scraper that stopped, or one that delivered its archive."
*/
with nights as (
    -- Of all runs of a night: a second one that takes what came late is none of its own.
    select
        max(run_id) as run_id,
        count(*) as document_count,
        max(run_id) = max(max(run_id)) over () as is_last,
    from documents
    group by split_part(run_id, '.', 2)
),

compared as (
    select
        max(run_id) as run_id,
        max(document_count) filter (where is_last) as observed_value,
        median(document_count) filter (where not is_last) as expected_value,
        count(*) filter (where not is_last) as night_count,
    from nights
)

select
    run_id,
    observed_value,
from compared
where
    night_count >= 5
    and (observed_value < expected_value / 5 or observed_value > expected_value * 5)
