/*
description = "One row per pair of texts that may report one event: the rare terms they share."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
terms = "Hashes of the terms that both have."
*/
with candidates as (
    select
        scored.text_id,
        scored.other_text_id,
    from linkage.scored_pairs as scored
    left join linkage.text_relations as relations
        on relations.text_id = scored.text_id
        and relations.other_text_id = scored.other_text_id
    where
        scored.story_score >= 0.05
        or relations.text_id is not null
),

text_words as (
    select
        text_id,
        list(term) as terms,
    from lake.terms
    where
        text_id in (
            select text_id from candidates
            union
            select other_text_id from candidates
        )
    group by text_id
)

select
    candidates.text_id,
    candidates.other_text_id,
    -- as list_intersect, which takes three times as long
    list_filter(other.terms, lambda term: list_contains(one.terms, term)) as terms,
from candidates
inner join text_words as one
    on one.text_id = candidates.text_id
inner join text_words as other
    on other.text_id = candidates.other_text_id
