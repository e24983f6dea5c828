/*
description = "Articles whose document is not their representative."
severity = "critical"
grows = "article_id"
why = "The row shows the text of its document_id; another document's text would be shown under its name."
*/
select articles.article_id
from articles
left join documents using (document_id)
where
    documents.article_id is distinct from articles.article_id
    or documents.copy_relation is distinct from 'representative'
