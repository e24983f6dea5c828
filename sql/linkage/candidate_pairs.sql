/*
description = "One row per pair of texts worth comparing: they share sampled shingles or rare terms."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
is_fresh = "Whether the pair is to be compared; else it is one that was doubted and stays."
*/
with text_days as (
    select distinct
        text_id,
        day,
    from lake.fingerprints
    where day is not null
),

posts as (
    select
        shingle as word,
        text_id,
        weight,
        null as day,
    from linkage.shared_shingles
    where text_count <= 40
    union all
    -- below zero, where no shingle is
    select
        term::bigint - 2147483648 as word,
        text_id,
        weight,
        day,
    from linkage.shared_terms
),

own_posts as (
    select posts.*
    from posts
    cross join lake.portion as portion
    where posts.weight > 0 and posts.text_id % portion.portion_count = portion.number
),

-- texts of several days may meet in a crowded term more than once
dated_meetings as (
    select distinct
        one.word,
        one.text_id,
        one.weight,
        other.text_id as other_text_id,
        other.weight as other_weight,
    from own_posts as one
    inner join (
        select
            posts.word,
            posts.text_id,
            posts.weight,
            posts.day,
            posts.day // 14 + steps.step as fortnight,
        from posts
        cross join (values (-1), (0), (1)) as steps (step)
        where posts.day is not null
    ) as other
        on other.word = one.word
        and other.fortnight = one.day // 14
    where
        abs(other.day - one.day) <= 14
        and (
            one.weight > other.weight
            or (one.weight = other.weight and one.text_id < other.text_id)
        )
),

-- a shingle of many texts ties each of them to the first few only: stars, never all pairs
stars as (
    select
        shingle as word,
        text_id,
        weight,
        row_number() over (partition by shingle order by text_id) <= 3 as is_hub,
    from linkage.shared_shingles
    where text_count > 40
),

-- A pair once for each word.
-- All that two texts share is in one portion: that of the weightier, or else smaller, of the two.
meetings as (
    select
        one.word,
        one.text_id,
        one.weight,
        other.text_id as other_text_id,
        other.weight as other_weight,
    from own_posts as one
    inner join posts as other
        on other.word = one.word
    where
        one.day is null
        and other.day is null
        and (
            one.weight > other.weight
            or (one.weight = other.weight and one.text_id < other.text_id)
        )
    union all
    from dated_meetings
    union all
    select
        one.word,
        one.text_id,
        one.weight,
        other.text_id as other_text_id,
        other.weight as other_weight,
    from stars as one
    inner join stars as other
        on other.word = one.word
    cross join lake.portion as portion
    where
        other.is_hub
        and (not one.is_hub or one.text_id < other.text_id)
        and case
            when one.weight > other.weight then one.text_id
            when one.weight < other.weight then other.text_id
            else least(one.text_id, other.text_id)
        end % portion.portion_count = portion.number
),

-- two words at least
met as (
    select
        least(text_id, other_text_id) as text_id,
        greatest(text_id, other_text_id) as other_text_id,
        weight = 2 or other_weight = 2 as is_fresh,
        word < 0 as is_by_term,
        count(*) as meeting_count,
    from meetings
    where weight + other_weight >= 2
    group by
        least(text_id, other_text_id),
        greatest(text_id, other_text_id),
        weight = 2 or other_weight = 2,
        word < 0
    having count(*) >= 2
),

-- if terms, within a fortnight; or four, of a follow-up months later
in_time as (
    select distinct
        met.text_id,
        met.other_text_id,
        met.is_fresh,
    from met
    left join text_days as one_days
        on one_days.text_id = met.text_id
    left join text_days as other_days
        on other_days.text_id = met.other_text_id
    where
        not met.is_by_term
        or met.meeting_count >= 4
        or coalesce(abs(one_days.day - other_days.day), 0) <= 14
)

select
    in_time.text_id,
    in_time.other_text_id,
    in_time.is_fresh,
from in_time
left join linkage.doubted_pairs as doubted
    on doubted.text_id = in_time.text_id
    and doubted.other_text_id = in_time.other_text_id
where in_time.is_fresh or doubted.text_id is not null
