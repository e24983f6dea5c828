/*
description = "The lake's rejected documents, as written."
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
from lake.rejected_documents
