/*
description = "Stories whose counts are not those of their articles and documents, and stories that are missing."
severity = "critical"
why = "Each article is in exactly one story, and counted there."
*/
with article_counts as (
    select
        story_id,
        count(*) as article_count,
    from articles
    group by story_id
),

document_counts as (
    select
        story_id,
        count(*) as document_count,
    from documents
    group by story_id
)

select coalesce(stories.story_id, document_counts.story_id) as story_id
from stories
full join document_counts on document_counts.story_id = stories.story_id
left join article_counts on article_counts.story_id = stories.story_id
where
    stories.document_count is distinct from document_counts.document_count
    or stories.article_count is distinct from article_counts.article_count
