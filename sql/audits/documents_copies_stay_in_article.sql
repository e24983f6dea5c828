/*
description = "Copies of a document that belongs to another article, or to none."
severity = "critical"
grows = "article_id"
why = "A chain of copies that leaves its article would count a document twice, or never."
*/
select copies.document_id
from documents as copies
left join documents as originals on originals.document_id = copies.copy_of_document_id
where
    copies.copy_of_document_id is not null
    and originals.article_id is distinct from copies.article_id
