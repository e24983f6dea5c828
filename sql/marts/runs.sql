/*
description = "One row per run, with its ledger: document_count_in = accepted + known + rejected; accepted = representatives + exact + near + wholly derived."
grain = ["run_id"]
stage = "publish"

[columns]
run_id = "The run."
logical_date = "The night the run stands for."
started_at = "When it began (UTC)."
ended_at = "When it ended (UTC)."
status = "published, unchanged, or quality_gate_failed."
document_count_in = "Documents delivered: accepted + known + rejected."
accepted_count = "New documents."
known_count = "Documents delivered before: same source, same bytes."
rejected_count = "Inputs refused."
representative_count = "Accepted documents that represent an article."
exact_count = "Accepted documents that are exact copies."
near_count = "Accepted documents that are near copies."
wholly_derived_count = "Accepted documents that are rewrites of another."
durations = "Seconds per verb, as a JSON object."
version = "Version of copydesk that ran."
*/
select
    run_id,
    logical_date,
    started_at,
    ended_at,
    status,
    document_count_in,
    accepted_count,
    known_count,
    rejected_count,
    representative_count,
    exact_count,
    near_count,
    wholly_derived_count,
    durations,
    version
from lake.runs
