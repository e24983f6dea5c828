/*
description = "One row per story: articles that report the same event."
grain = ["story_id"]

[columns]
story_id = "Stable id of the story."
headline = "Headline of the article with most copies that has one."
first_published_at = "Earliest publication date in the story (UTC)."
last_published_at = "Latest publication date in the story (UTC)."
article_count = "Articles in the story."
document_count = "Documents in the story."
site_count = "Known sites that reported it; 0 where none is known."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "story_id"
severity = "critical"
why = "The grain."

[[expect]]
type = "expect_column_values_to_be_between"
column = "article_count"
min_value = 1
severity = "critical"
why = "A story has at least one article."

[[expect]]
type = "expect_column_values_to_be_between"
column = "article_count"
max_value = 5_000
severity = "warning"
why = "Largest real story seen is about 1,100 articles; beyond 5,000 a threshold broke."
*/
with per_document as (
    select
        story_id,
        count(*) as document_count,
        count(distinct site) as site_count,
        min(date_published) as first_published_at,
        max(date_published) as last_published_at,
    from marts.documents
    group by story_id
),

per_article as (
    select
        story_id,
        count(*) as article_count,
        arg_max(headline, (headline is not null, copy_count, article_id)) as headline,
    from marts.articles
    group by story_id
)

select
    per_document.story_id,
    per_article.headline,
    per_document.first_published_at,
    per_document.last_published_at,
    per_article.article_count,
    per_document.document_count,
    per_document.site_count
from per_document
inner join per_article using (story_id)
