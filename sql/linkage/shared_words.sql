/*
description = "One row per shingle or rare term and text, of those that tie texts looked at tonight to any other."
stage = "link"
grain = ["word", "text_id"]

[columns]
word = "A shingle, not negative, or a term, shifted below zero."
text_id = "A text that has it."
text_count = "Texts that have it."
weight = "2: the pairs of the text are sought; 1: only to see which doubted ones stay; 0: neither."
*/
with focus as (
    select
        text_id,
        2 as weight,
    from linkage.fresh_texts
    union all
    select
        text_id,
        1 as weight,
    from (
        select text_id from linkage.doubted_pairs
        union
        select other_text_id from linkage.doubted_pairs
    )
),

words as (
    select
        posts.word,
        posts.text_id,
    from (
        select
            shingle as word,
            text_id,
        from lake.shingles
        union all
        select
            term::bigint - 2147483648 as word,
            text_id,
        from lake.terms
    ) as posts
    cross join lake.portion as portion
    where abs(posts.word) % portion.portion_count = portion.number
),

own as (
    select
        words.word,
        words.text_id,
        focus.weight,
    from words
    inner join focus
        on focus.text_id = words.text_id
),

own_words as (
    select
        word,
        count(*) as text_count,
    from own
    group by word
),

-- what no text looked at has is left aside at once: of old words, most
other as (
    select
        words.word,
        words.text_id,
        0 as weight,
    from words
    where
        words.word in (select word from own_words)
        and words.text_id not in (select text_id from focus)
        and words.text_id not in (select text_id from linkage.changed_texts where not is_live)
),

other_words as (
    select
        word,
        count(*) as text_count,
    from other
    group by word
),

shared as (
    select
        own_words.word,
        own_words.text_count + coalesce(other_words.text_count, 0) as text_count,
    from own_words
    left join other_words
        on other_words.word = own_words.word
    where own_words.text_count + coalesce(other_words.text_count, 0) >= 2
),

touched as (
    select
        word,
        text_id,
        weight,
    from own
    union all
    select
        word,
        text_id,
        weight,
    from other
)

select
    touched.word,
    touched.text_id,
    shared.text_count::integer as text_count,
    touched.weight::tinyint as weight,
from touched
inner join shared
    on shared.word = touched.word
