/*
description = "One row per repair: a change inside a kept part of a document."
grain = ["document_id", "start_char"]
grows = "document_id"

[columns]
document_id = "The document."
repair_id = "The repair's name."
start_char = "Offset into the raw text."
before = "What stood there."
after = "What stands in the clean text instead."

[[expect]]
type = "expect_compound_columns_to_be_unique"
column_list = ["document_id", "start_char"]
severity = "critical"
why = "Repairs never overlap, or the raw text could not be rebuilt."
*/
select
    document_id,
    repair_id,
    start_char,
    before,
    after
from staging.repairs
