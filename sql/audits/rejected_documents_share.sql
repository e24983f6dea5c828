/*
description = "The last night that refused anything, if it refused more than half of what came, from 50 inputs on."
severity = "warning"
why = "Strangers' files are refused one by one; half of a night refused is a format that changed."
*/
with arrivals as (
    select run_id, 0 as is_rejected from documents
    union all
    select run_id, 1 as is_rejected from rejected_documents
),

nights as (
    select
        max(run_id) as run_id,
        avg(is_rejected) as observed_value,
        count(*) as input_count,
        max(run_id) = max(max(run_id)) over () as is_last,
    from arrivals
    group by split_part(run_id, '.', 2)
)

select
    run_id,
    observed_value,
from nights
where is_last and input_count >= 50 and observed_value > 0.5
