/*
description = "Articles whose copy_count is not the number of their documents, and articles of documents that are missing."
severity = "critical"
grows = "article_id"
why = "Each document accepted is in exactly one article, and counted there."
*/
with counts as (
    select
        article_id,
        count(*) as copy_count,
    from documents
    group by article_id
)

select coalesce(articles.article_id, counts.article_id) as article_id
from articles
full join counts on counts.article_id = articles.article_id
where articles.copy_count is distinct from counts.copy_count
