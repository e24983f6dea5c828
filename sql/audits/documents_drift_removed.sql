/*
description = "The last night, if it removed a very different share than the nights before it."
severity = "warning"
why = "From five earlier nights of 20 documents on: beyond three standard deviations, and ten points, of the earlier nights' shares, something changed: a rule, a site's template, or the input."
*/
with nights as (
    -- Of all runs of a night: a second one that takes what came late is none of its own.
    select
        max(run_id) as run_id,
        sum(removed_chars) / greatest(sum(raw_chars), 1) as removed_share,
        max(run_id) = max(max(run_id)) over () as is_last,
    from documents
    group by split_part(run_id, '.', 2)
    having count(*) >= 20
),

compared as (
    select
        max(run_id) as run_id,
        max(removed_share) filter (where is_last) as observed_value,
        avg(removed_share) filter (where not is_last) as expected_value,
        coalesce(stddev_samp(removed_share) filter (where not is_last), 0) as deviation,
        count(*) filter (where not is_last) as night_count,
    from nights
)

select
    run_id,
    observed_value,
from compared
where
    night_count >= 5
    and abs(observed_value - expected_value) > greatest(3 * deviation, 0.1)
