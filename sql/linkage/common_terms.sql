/*
description = "One row per pair of texts that may report one event: the rare terms they share."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
terms = "Hashes of the terms that both have."
*/
with text_words as (
    select
        text_id,
        list(term) as terms,
    from lake.terms
    where
        text_id in (
            select text_id from lake.pairs
            union
            select other_text_id from lake.pairs
        )
    group by text_id
)

select
    pairs.text_id,
    pairs.other_text_id,
    -- as list_intersect, which takes three times as long
    list_filter(other.terms, lambda term: list_contains(one.terms, term)) as terms,
from lake.pairs as pairs
inner join text_words as one
    on one.text_id = pairs.text_id
inner join text_words as other
    on other.text_id = pairs.other_text_id
