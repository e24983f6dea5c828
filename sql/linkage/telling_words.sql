/*
description = "One row per word that two articles of one week or more have: how often such two report one event."
grain = ["term"]
stage = "link"

[columns]
term = "Hash of the word."
telling_share = "Share of the pairs of articles of one week with the word that report one event; near 1 if few have it."
*/
-- A town stands in the news of every day, the name of a ship that ran aground in one story only:
-- no shipped table knows either. Ten pairs are given to each word beforehand, all of one event, so
-- that a word is not judged by the first few articles that have it.
with article_weeks as (
    select
        clusters.article_id,
        min(fingerprints.day) // 7 as week,
    from lake.clusters as clusters
    inner join lake.fingerprints as fingerprints
        on fingerprints.document_id = clusters.document_id
    where fingerprints.day is not null
    group by clusters.article_id
),

texts as (
    select distinct
        bodies.text_id,
        clusters.article_id,
        article_weeks.week,
    from linkage.bodies as bodies
    inner join lake.clusters as clusters
        on clusters.document_id = bodies.document_id
    inner join article_weeks
        on article_weeks.article_id = clusters.article_id
),

single as (
    select article_id
    from texts
    group by article_id
    having count(*) = 1
),

-- Each word of an article once; nearly all have one text, whose words are each there once.
word_weeks as (
    select
        terms.term,
        texts.week,
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    semi join single
        on single.article_id = texts.article_id
    union all
    select
        terms.term,
        any_value(texts.week),
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    anti join single
        on single.article_id = texts.article_id
    group by texts.article_id, terms.term
),

weeks as (
    select
        term,
        week,
        count(*) as article_count,
    from word_weeks
    group by term, week
    having count(*) >= 2
),

possible as (
    select
        term,
        sum(article_count * (article_count - 1) / 2) as pair_count,
    from weeks
    group by term
),

-- .85: a town is in most pairs of a middling score, which would speak for it
told as (
    select distinct
        least(one.article_id, other.article_id) as article_id,
        greatest(one.article_id, other.article_id) as other_article_id,
    from linkage.scored_pairs as scored
    inner join texts as one
        on one.text_id = scored.text_id
    inner join texts as other
        on other.text_id = scored.other_text_id
        and other.week = one.week
    where
        scored.story_score >= 0.85
        and one.article_id <> other.article_id
),

told_articles as (
    select article_id from told
    union
    select other_article_id from told
),

words as (
    select
        texts.article_id,
        list(distinct terms.term) as terms,
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    semi join told_articles
        on told_articles.article_id = texts.article_id
    group by texts.article_id
),

told_words as (
    -- as list_intersect, which takes three times as long
    select unnest(list_filter(other.terms, lambda term: list_contains(one.terms, term))) as term
    from told
    inner join words as one
        on one.article_id = told.article_id
    inner join words as other
        on other.article_id = told.other_article_id
),

telling as (
    select
        term,
        count(*) as pair_count,
    from told_words
    group by term
)

select
    possible.term,
    (coalesce(telling.pair_count, 0) + 10) / (possible.pair_count + 10) as telling_share,
from possible
left join telling
    on telling.term = possible.term
