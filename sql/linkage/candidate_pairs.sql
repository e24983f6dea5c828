/*
description = "One row per pair of texts worth comparing: they share sampled shingles or rare terms."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
is_fresh = "Whether the pair is to be compared; else it is one that was doubted and stays."
*/
with focus as (
    select
        text_id,
        true as is_fresh,
    from linkage.fresh_texts
    union all
    select
        text_id,
        false as is_fresh,
    from (
        select text_id from linkage.doubted_pairs
        union
        select other_text_id from linkage.doubted_pairs
    )
),

gone as (
    select text_id from linkage.changed_texts
    where not is_live
),

shingles as (
    select
        shingle,
        text_id,
    from lake.shingles
    where
        shingle in (
            select own.shingle
            from lake.shingles as own
            inner join focus
                on focus.text_id = own.text_id
        )
        and text_id not in (select text_id from gone)
),

shared_shingles as (
    select
        shingle,
        count(*) as text_count,
    from shingles
    group by shingle
    having count(*) >= 2
),

shingle_posts as (
    select
        shingles.shingle,
        shingles.text_id,
        shared_shingles.text_count <= 40 as is_open,
        coalesce(focus.is_fresh, false) as is_fresh,
        focus.text_id is not null as is_focus,
    from shingles
    inner join shared_shingles
        on shared_shingles.shingle = shingles.shingle
    left join focus
        on focus.text_id = shingles.text_id
),

-- a shingle of many texts ties each of them to the first few only: stars, never all pairs
hubs as (
    select
        shingle,
        text_id,
    from (
        select
            shingle,
            text_id,
            row_number() over (partition by shingle order by text_id) as place,
        from shingle_posts
        where not is_open
    )
    where place <= 3
),

starred as (
    select
        posts.shingle,
        posts.text_id,
        posts.is_fresh,
        posts.is_focus,
        hubs.text_id is not null as is_hub,
    from shingle_posts as posts
    left join hubs
        on hubs.shingle = posts.shingle
        and hubs.text_id = posts.text_id
    where not posts.is_open
),

by_shingle as (
    select
        least(one.text_id, other.text_id) as text_id,
        greatest(one.text_id, other.text_id) as other_text_id,
        one.is_fresh or other.is_fresh as is_fresh,
    from shingle_posts as one
    inner join shingle_posts as other
        on other.shingle = one.shingle
    where
        one.is_focus
        and one.is_open
        and one.text_id <> other.text_id
        and (one.is_fresh or other.is_focus)
        and (not other.is_focus or one.text_id < other.text_id)
    union all
    select
        least(one.text_id, other.text_id) as text_id,
        greatest(one.text_id, other.text_id) as other_text_id,
        one.is_fresh or other.is_fresh as is_fresh,
    from starred as one
    inner join starred as other
        on other.shingle = one.shingle
    where
        other.is_hub
        and (one.is_fresh or other.is_fresh or (one.is_focus and other.is_focus))
        and one.text_id <> other.text_id
        and (not one.is_hub or one.text_id < other.text_id)
),

terms as (
    select
        term,
        text_id,
    from lake.terms
    where
        term in (
            select own.term
            from lake.terms as own
            inner join focus
                on focus.text_id = own.text_id
        )
        and text_id not in (select text_id from gone)
),

shared_terms as (
    select
        term,
        count(*) as text_count,
    from terms
    group by term
    having count(*) >= 2
),

term_posts as (
    select
        terms.term,
        terms.text_id,
        shared_terms.text_count <= 50 as is_rare,
        coalesce(focus.is_fresh, false) as is_fresh,
        focus.text_id is not null as is_focus,
    from terms
    inner join shared_terms
        on shared_terms.term = terms.term
    left join focus
        on focus.text_id = terms.text_id
),

text_days as (
    select distinct
        text_id,
        day,
        day // 14 as fortnight,
    from lake.fingerprints
    where day is not null
),

-- a term of more texts still counts within the days of its news
blocks as (
    select
        posts.term,
        text_days.fortnight,
    from term_posts as posts
    inner join text_days
        on text_days.text_id = posts.text_id
    where not posts.is_rare
    group by posts.term, text_days.fortnight
    having count(distinct posts.text_id) <= 60
),

dated_posts as (
    select
        posts.term,
        posts.text_id,
        posts.is_fresh,
        posts.is_focus,
        text_days.day,
        text_days.fortnight,
    from term_posts as posts
    inner join text_days
        on text_days.text_id = posts.text_id
    inner join blocks
        on blocks.term = posts.term
        and blocks.fortnight = text_days.fortnight
    where not posts.is_rare
),

-- twice, if a text of several days meets the other on two of them: distinct
by_dated_term as (
    select distinct
        one.term,
        least(one.text_id, other.text_id) as text_id,
        greatest(one.text_id, other.text_id) as other_text_id,
        one.is_fresh or other.is_fresh as is_fresh,
    from dated_posts as one
    cross join (values (-1), (0), (1)) as steps (step)
    inner join dated_posts as other
        on other.term = one.term
        and other.fortnight = one.fortnight + steps.step
    where
        one.is_focus
        and one.text_id <> other.text_id
        and (one.is_fresh or other.is_focus)
        and (not other.is_focus or one.text_id < other.text_id)
        and abs(other.day - one.day) <= 14
),

by_term as (
    select
        text_id,
        other_text_id,
        is_fresh,
        count(*) as term_count,
    from (
        select
            least(one.text_id, other.text_id) as text_id,
            greatest(one.text_id, other.text_id) as other_text_id,
            one.is_fresh or other.is_fresh as is_fresh,
        from term_posts as one
        inner join term_posts as other
            on other.term = one.term
        where
            one.is_focus
            and one.is_rare
            and one.text_id <> other.text_id
            and (one.is_fresh or other.is_focus)
            and (not other.is_focus or one.text_id < other.text_id)
        union all
        select
            text_id,
            other_text_id,
            is_fresh,
        from by_dated_term
    )
    group by text_id, other_text_id, is_fresh
    having count(*) >= 2
),

-- two terms within a fortnight, or four of a follow-up months later
in_time as (
    select
        by_term.text_id,
        by_term.other_text_id,
        by_term.is_fresh,
    from by_term
    left join text_days as one_days
        on one_days.text_id = by_term.text_id
    left join text_days as other_days
        on other_days.text_id = by_term.other_text_id
    where
        by_term.term_count >= 4
        or coalesce(abs(one_days.day - other_days.day), 0) <= 14
),

alike as (
    select
        text_id,
        other_text_id,
        is_fresh,
    from in_time
    union all
    select
        text_id,
        other_text_id,
        is_fresh,
    from by_shingle
    group by text_id, other_text_id, is_fresh
    having count(*) >= 2
),

asked as (
    select distinct
        text_id,
        other_text_id,
        is_fresh,
    from alike
)

select
    asked.text_id,
    asked.other_text_id,
    asked.is_fresh,
from asked
left join linkage.doubted_pairs as doubted
    on doubted.text_id = asked.text_id
    and doubted.other_text_id = asked.other_text_id
where asked.is_fresh or doubted.text_id is not null
