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
    select run_id from runs where logical_date = (select max(logical_date) from runs)
),

arrived as (
    select document_id from documents
    semi join latest using (run_id)
),

new_pairs as (
    select document_id, other_document_id, relation, score from duplicate_pairs
    semi join arrived using (document_id)
    union
    select document_id, other_document_id, relation, score from duplicate_pairs
    semi join arrived on arrived.document_id = duplicate_pairs.other_document_id
),

-- Texts are fetched for the pairs that are shown only: they are most of the table. Longer ones
-- would fill the page; any pair can be had with `copydesk pairs ID`.
pairs as (
    select
        new_pairs.*,
        one.article_id,
        one.site is not distinct from other.site as is_same_site,
    from new_pairs
    inner join documents as one using (document_id)
    inner join documents as other on other.document_id = new_pairs.other_document_id
    where one.word_count <= 1500 and other.word_count <= 1500
),

per_article as (
    select * from pairs
    qualify row_number() over (
        partition by article_id, relation
        order by is_same_site, score desc, document_id, other_document_id
    ) = 1
),

per_relation as (
    select * from per_article
    qualify row_number() over (
        partition by relation order by score desc, document_id, other_document_id
    ) <= 3
),

chosen as (
    select
        *,
        list_position(
            ['wholly_derived', 'partially_derived', 'contains', 'near', 'exact'], relation
        ) as rank,
    from per_relation
    order by rank, score desc, document_id, other_document_id
    limit 5
)

select
    chosen.document_id,
    chosen.other_document_id,
    chosen.relation,
    chosen.score,
    duplicate_pairs.derived_from_document_id,
    duplicate_pairs.evidence,
    coalesce(one.site, 'unknown') as site,
    coalesce(other.site, 'unknown') as other_site,
    one.source_uri,
    other.source_uri as other_source_uri,
    one.headline,
    other.headline as other_headline,
    one.date_published as published_at,
    other.date_published as other_published_at,
    one.article_body,
    other.article_body as other_article_body
from chosen
inner join duplicate_pairs using (document_id, other_document_id)
inner join documents as one using (document_id)
inner join documents as other on other.document_id = chosen.other_document_id
order by chosen.rank, chosen.score desc, chosen.document_id, chosen.other_document_id
