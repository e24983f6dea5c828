/*
description = "Runs that accepted fewer documents than the tables hold of them, and runs that are missing."
severity = "critical"
stage = "publish"
why = "A document without a run was not counted when it came. More accepted than held is a takedown."
*/
with arrivals as (
    select
        run_id,
        count(*) as document_count,
    from documents
    group by run_id
)

select arrivals.run_id
from arrivals
left join runs using (run_id)
where runs.run_id is null or runs.accepted_count < arrivals.document_count
