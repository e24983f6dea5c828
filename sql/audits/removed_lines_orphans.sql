/*
description = "Removed lines of documents that are not there."
severity = "critical"
grows = "document_id"
why = "A line without its document cannot be put back."
*/
select removed_lines.document_id
from removed_lines
left join documents using (document_id)
where documents.document_id is null
