/*
description = "Removed lines whose offsets lie outside the raw text, or do not fit the line."
severity = "critical"
grows = "document_id"
why = "Offsets are how a line is put back: the raw text is rebuilt from them."
*/
select removed_lines.document_id || ':' || removed_lines.start_char as line_id
from removed_lines
inner join documents using (document_id)
where
    removed_lines.start_char < 0
    or removed_lines.end_char <= removed_lines.start_char
    or removed_lines.end_char - removed_lines.start_char <> length(removed_lines.line_text)
    or removed_lines.end_char + length(removed_lines.line_break) > documents.raw_chars
