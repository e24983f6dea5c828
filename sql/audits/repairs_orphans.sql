/*
description = "Repairs of documents that are not there."
severity = "critical"
grows = "document_id"
why = "A repair without its document cannot be undone."
*/
select repairs.document_id
from repairs
left join documents using (document_id)
where documents.document_id is null
