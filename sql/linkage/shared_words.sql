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

-- what no text looked at has is left aside at once: of old words, most
touched as (
    select
        word,
        text_id,
    from words
    where
        word in (
            select own.word
            from words as own
            inner join focus
                on focus.text_id = own.text_id
        )
        and text_id not in (select text_id from linkage.changed_texts where not is_live)
),

shared as (
    select
        word,
        count(*) as text_count,
    from touched
    group by word
    having count(*) >= 2
)

select
    touched.word,
    touched.text_id,
    shared.text_count::integer as text_count,
    coalesce(focus.weight, 0)::tinyint as weight,
from touched
inner join shared
    on shared.word = touched.word
left join focus
    on focus.text_id = touched.text_id
