/*
description = "One row per check per run, kept across nights."
stage = "publish"

[columns]
run_id = "The run that checked."
checked_at = "Start of the run that checked (UTC)."
table_name = "Table that was judged."
column_name = "Column that was judged; null for the whole table."
expectation_type = "Great Expectations' own name, or audit.<name>."
severity = "critical stops publishing, warning does not."
site = "Site, where the check is judged per site."
success = "Whether the expectation was met."
observed_value = "What was measured, where it is a number."
unexpected_count = "Rows that broke it."
row_count = "Rows judged."
unexpected_ids = "Ids of up to 20 rows that broke it."
why = "Why the expectation is there and its threshold is what it is."
*/
select
    run_id,
    checked_at,
    table_name,
    column_name,
    expectation_type,
    severity,
    site,
    success,
    observed_value,
    unexpected_count,
    row_count,
    unexpected_ids,
    why
from lake.checks
