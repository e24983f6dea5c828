/*
description = "One row per pair of articles that may report the same event."
grain = ["article_id", "other_article_id"]

stage = "link"
[columns]
article_id = "The smaller article_id of the pair."
other_article_id = "The larger article_id of the pair."
score = "Chance that both report one event: the largest event_score of two of their texts."
*/
with text_articles as (
    select distinct
        bodies.text_id,
        clusters.article_id,
    from linkage.bodies as bodies
    inner join lake.clusters as clusters
        on clusters.document_id = bodies.document_id
),

-- one end after the other: a planner may compare all articles with each other first
one_end as materialized (
    select
        text_articles.article_id,
        scores.other_text_id,
        scores.event_score,
    from linkage.event_scores as scores
    inner join text_articles
        on text_articles.text_id = scores.text_id
)

select
    least(one.article_id, other.article_id) as article_id,
    greatest(one.article_id, other.article_id) as other_article_id,
    max(one.event_score) as score,
from one_end as one
inner join text_articles as other
    on other.text_id = one.other_text_id
where one.article_id <> other.article_id
group by
    least(one.article_id, other.article_id),
    greatest(one.article_id, other.article_id)
