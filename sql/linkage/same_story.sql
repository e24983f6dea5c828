/*
description = "One row per pair of articles that may report the same event."
grain = ["article_id", "other_article_id"]

stage = "link"
[columns]
article_id = "The smaller article_id of the pair."
other_article_id = "The larger article_id of the pair."
score = "Largest story score of two of their texts, or 1 where one is derived from the other."
*/
with text_articles as (
    select distinct
        bodies.text_id,
        clusters.article_id,
    from linkage.bodies as bodies
    inner join lake.clusters as clusters
        on clusters.document_id = bodies.document_id
),

scores as (
    select
        scored.text_id,
        scored.other_text_id,
        case
            when relations.text_id is null then scored.event_score
            else greatest(scored.event_score, 0.9)
        end as score,
    from linkage.scored_pairs as scored
    left join linkage.text_relations as relations
        on relations.text_id = scored.text_id
        and relations.other_text_id = scored.other_text_id
    where
        scored.event_score >= 0.05
        or relations.text_id is not null
)

select
    least(one.article_id, other.article_id) as article_id,
    greatest(one.article_id, other.article_id) as other_article_id,
    max(scores.score) as score,
from scores
inner join text_articles as one
    on one.text_id = scores.text_id
inner join text_articles as other
    on other.text_id = scores.other_text_id
where one.article_id <> other.article_id
group by
    least(one.article_id, other.article_id),
    greatest(one.article_id, other.article_id)
