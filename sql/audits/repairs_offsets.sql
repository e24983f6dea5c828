/*
description = "Repairs that lie outside the raw text, or that change nothing."
severity = "critical"
grows = "document_id"
why = "Offsets are how a repair is undone: the raw text is rebuilt from them."
*/
select repairs.document_id || ':' || repairs.start_char as edit_id
from repairs
inner join documents using (document_id)
where
    repairs.start_char < 0
    or repairs.start_char + length(repairs.before) > documents.raw_chars
    or repairs.before = repairs.after
