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
with documents as materialized (
    select
        fingerprints.text_id,
        fingerprints.day,
        clusters.article_id,
    from lake.fingerprints as fingerprints
    inner join lake.clusters as clusters
        on clusters.document_id = fingerprints.document_id
),

articles as materialized (
    select
        article_id,
        row_number() over () as article_number,  -- numbers are grouped faster than ids
        min(day) // 7 as week,
        min(text_id) as text_id,
        min(text_id) <> max(text_id) as has_more_texts,
    from documents
    group by article_id
    having min(day) is not null
),

-- nearly all articles have one text, whose words are each there once
texts as materialized (
    select
        text_id,
        article_number,
        week,
        true as is_only,
    from articles
    where not has_more_texts
    union all
    select distinct
        documents.text_id,
        articles.article_number,
        articles.week,
        false as is_only,
    from documents
    inner join articles
        on articles.article_id = documents.article_id
    where articles.has_more_texts
),

-- each word of an article once
word_weeks as (
    select
        terms.term,
        texts.week,
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    where texts.is_only
    union all
    select
        terms.term,
        any_value(texts.week),
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    where not texts.is_only
    group by texts.article_number, terms.term
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
events as materialized (
    select
        scored.text_id,
        scored.other_text_id,
        one.article_number,
        one.week,
        one.is_only,
    from linkage.scored_pairs as scored
    inner join texts as one
        on one.text_id = scored.text_id
    where scored.story_score >= 0.85
),

-- apart from the former: as one query a planner may join all articles of a week first
told as materialized (
    select
        events.text_id,
        events.other_text_id,
        least(events.article_number, other.article_number) as article_number,
        greatest(events.article_number, other.article_number) as other_article_number,
        events.is_only and other.is_only as is_only,
    from events
    inner join texts as other
        on other.text_id = events.other_text_id
        and other.week = events.week
    where events.article_number <> other.article_number
),

told_of_more as materialized (
    select distinct
        article_number,
        other_article_number,
    from told
    where not is_only
),

told_articles as (
    select article_number from told_of_more
    union
    select other_article_number from told_of_more
),

words as (
    select
        texts.article_number,
        list(distinct terms.term) as terms,
    from lake.terms as terms
    inner join texts
        on texts.text_id = terms.text_id
    semi join told_articles
        on told_articles.article_number = texts.article_number
    group by texts.article_number
),

told_words as (
    select unnest(common_terms.terms) as term
    from told
    inner join linkage.common_terms as common_terms
        on common_terms.text_id = told.text_id
        and common_terms.other_text_id = told.other_text_id
    where told.is_only
    union all
    -- as list_intersect, which takes three times as long
    select unnest(list_filter(other.terms, lambda term: list_contains(one.terms, term))) as term
    from told_of_more as told
    inner join words as one
        on one.article_number = told.article_number
    inner join words as other
        on other.article_number = told.other_article_number
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
