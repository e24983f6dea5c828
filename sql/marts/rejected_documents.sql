/*
description = "One row per input refused; its bytes are kept in quarantine."
grain = ["rejection_id"]

[columns]
rejection_id = "Hash of source, place and content."
source_uri = "Path of the input below the landing zone, or its URI."
source_locator = "Place in the input; null when the whole file was refused."
reason = "Short machine-readable reason."
detail = "What was wrong and what to do about it."
byte_count = "Size of what was refused."
quarantine_path = "Where the bytes are kept, below the home folder."
run_id = "The run that refused it."
rejected_at = "Start of the run that refused it (UTC)."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "rejection_id"
severity = "critical"
why = "The grain."

[[expect]]
type = "expect_column_values_to_not_be_null"
column = "reason"
severity = "critical"
why = "Nothing is refused without a reason."
*/
select
    rejection_id,
    source_uri,
    source_locator,
    reason,
    detail,
    byte_count,
    quarantine_path,
    run_id,
    rejected_at
from staging.rejected_documents
