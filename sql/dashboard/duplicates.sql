/*
description = "One row per sampled pair of which one document arrived tonight: both texts and the evidence. Rewrites before copies, since they need the closer look; one pair per article."

[columns]
document_id = "One document."
other_document_id = "The other."
relation = "What they are to each other."
score = "Strength of the link, 0–1."
derived_from_document_id = "The source of the two, where it can be told."
evidence = "JSON: the aligned sentences and what else they share."
site = "Site of the first."
other_site = "Site of the second."
source_uri = "Where the first came from."
other_source_uri = "Where the second came from."
headline = "Headline of the first."
other_headline = "Headline of the second."
published_at = "Publication date of the first."
other_published_at = "Publication date of the second."
article_body = "Clean text of the first."
other_article_body = "Clean text of the second."
*/
with latest as (
    select run_id from runs order by logical_date desc, started_at desc, run_id desc limit 1
),

pairs as (
    select
        duplicate_pairs.*,
        coalesce(one.site, 'unknown') as site,
        coalesce(other.site, 'unknown') as other_site,
        one.source_uri,
        other.source_uri as other_source_uri,
        one.headline,
        other.headline as other_headline,
        one.date_published as published_at,
        other.date_published as other_published_at,
        one.article_body,
        other.article_body as other_article_body,
        one.article_id,
        list_position(
            ['wholly_derived', 'partially_derived', 'contains', 'near', 'exact'],
            duplicate_pairs.relation
        ) as rank,
    from duplicate_pairs
    inner join documents as one using (document_id)
    inner join documents as other on other.document_id = duplicate_pairs.other_document_id
    where (one.run_id in (select run_id from latest) or other.run_id in (select run_id from latest))
        -- Longer texts would fill the page; any pair can be had with `copydesk pairs ID`.
        and length(one.article_body) <= 8000 and length(other.article_body) <= 8000
),

per_article as (
    select * from pairs
    qualify row_number() over (
        partition by article_id, relation
        order by site is not distinct from other_site, score desc, document_id, other_document_id
    ) = 1
),

per_relation as (
    select * from per_article
    qualify row_number() over (
        partition by relation order by score desc, document_id, other_document_id
    ) <= 3
)

select
    document_id,
    other_document_id,
    relation,
    score,
    derived_from_document_id,
    evidence,
    site,
    other_site,
    source_uri,
    other_source_uri,
    headline,
    other_headline,
    published_at,
    other_published_at,
    article_body,
    other_article_body
from per_relation
order by rank, score desc, document_id, other_document_id
limit 5
