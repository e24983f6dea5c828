/*
description = "Documents with a negative size, or with more removed than there was."
severity = "critical"
grows = "document_id"
why = "A size that cannot be says that offsets were lost on the way."
*/
select document_id
from documents
where word_count < 0 or removed_chars < 0 or removed_chars > raw_chars
