/*
description = "One row per text of a term that became crowded tonight, or was and is no more."
stage = "link"
grain = ["term", "text_id"]

[columns]
term = "A term that supports other pairs than before, at all or within the days of its news."
text_id = "A text that has it, before tonight and now."
has_lost = "Whether the term could tie the text to others before, and no more."
has_gained = "Whether it could not, and can now."
*/
with posts as (
    select
        terms.term,
        terms.text_id,
        coalesce(changed.was_live, true) as was_live,
        coalesce(changed.is_live, true) as is_live,
    from lake.terms as terms
    left join linkage.changed_texts as changed
        on changed.text_id = terms.text_id
    where
        terms.term in (
            select own.term
            from lake.terms as own
            inner join linkage.changed_texts as own_text
                on own_text.text_id = own.text_id
            where exists (select 1 from lake.fingerprints_old)
        )
),

turned_terms as (
    select
        term,
        sum(was_live::int) <= 50 as was_open,
        sum(is_live::int) <= 50 as is_open,
    from posts
    group by term
    having (sum(was_live::int) <= 50) <> (sum(is_live::int) <= 50)
),

touched_fortnights as (
    select distinct day // 14 as fortnight
    from linkage.changed_days
    where day is not null
),

near_days as (
    select distinct
        fingerprints.text_id,
        fingerprints.day // 14 as fortnight,
    from lake.fingerprints as fingerprints
    inner join touched_fortnights
        on abs(touched_fortnights.fortnight - fingerprints.day // 14) <= 1
    where fingerprints.text_id not in (select text_id from linkage.changed_texts)
),

days as (
    select
        text_id,
        fortnight,
        true as was_there,
        true as is_there,
    from near_days
    union all
    select
        text_id,
        day // 14 as fortnight,
        bool_or(was_there) as was_there,
        bool_or(is_there) as is_there,
    from linkage.changed_days
    where day is not null
    group by text_id, day // 14
),

dated as (
    select
        posts.term,
        posts.text_id,
        days.fortnight,
        days.was_there,
        days.is_there,
    from days
    inner join posts
        on posts.text_id = days.text_id
),

blocks as (
    select
        term,
        fortnight,
        sum(was_there::int) <= 60 as was_open,
        sum(is_there::int) <= 60 as is_open,
    from dated
    group by term, fortnight
),

around as (
    select
        dated.term,
        dated.text_id,
        own.was_open,
        own.is_open,
    from dated
    inner join blocks as own
        on own.term = dated.term
        and own.fortnight = dated.fortnight
    inner join blocks as turned
        on turned.term = dated.term
        and turned.was_open <> turned.is_open
        and abs(turned.fortnight - dated.fortnight) <= 1
    where dated.was_there and dated.is_there
    union all
    select
        posts.term,
        posts.text_id,
        turned_terms.was_open,
        turned_terms.is_open,
    from posts
    inner join turned_terms
        on turned_terms.term = posts.term
    where posts.was_live and posts.is_live
)

select
    term,
    text_id,
    bool_or(was_open and not is_open) as has_lost,
    bool_or(is_open and not was_open) as has_gained,
from around
group by term, text_id
