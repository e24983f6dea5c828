/*
description = "One row per text of a term that became crowded tonight, or was and is no more."
stage = "link"
grain = ["term", "text_id"]
as_written = true

[columns]
term = "A term that supports other pairs than before, at all or within the days of its news."
text_id = "A text that has it, before tonight and now."
has_lost = "Whether the term could tie the text to others before, and no more."
has_gained = "Whether it could not, and can now."
*/
with own as materialized (
    select
        terms.term,
        terms.text_id,
        changed.was_live,
        changed.is_live,
    from lake.terms as terms
    inner join linkage.changed_texts as changed
        on changed.text_id = terms.text_id
    where exists (select 1 from lake.fingerprints_old)
),

own_terms as materialized (
    select
        term,
        sum((not was_live)::int) as new_count,
        sum((not is_live)::int) as dead_count,
    from own
    group by term
),

-- counted only: a common term stands in thousands of texts
every as (
    select
        term,
        count(*) as text_count,
    from lake.terms
    where term in (select term from own_terms)
    group by term
    having count(*) > 50
),

counts as materialized (
    select
        every.term,
        every.text_count - own_terms.new_count as count_before,
        every.text_count - own_terms.dead_count as count_now,
    from every
    inner join own_terms
        on own_terms.term = every.term
),

turned_terms as (
    select
        term,
        count_before <= 50 as was_open,
        count_now <= 50 as is_open,
    from counts
    where (count_before <= 50) <> (count_now <= 50)
),

own_days as (
    select
        text_id,
        day // 14 as fortnight,
        bool_or(was_there) as was_there,
        bool_or(is_there) as is_there,
    from linkage.changed_days
    where day is not null
    group by text_id, day // 14
),

own_blocks as materialized (
    select
        own.term,
        own_days.fortnight,
        sum(own_days.was_there::int) as count_before,
        sum(own_days.is_there::int) as count_now,
    from own
    inner join own_days
        on own_days.text_id = own.text_id
    where own.term in (select term from counts where greatest(count_before, count_now) > 60)
    group by own.term, own_days.fortnight
),

old_days as materialized (
    select distinct
        text_id,
        day // 14 as fortnight,
    from lake.fingerprints
    where
        day is not null
        and text_id not in (select text_id from linkage.changed_texts)
),

old_blocks as (
    select
        terms.term,
        old_days.fortnight,
        count(*) as text_count,
    from lake.terms as terms
    inner join old_days
        on old_days.text_id = terms.text_id
    where
        terms.term in (select term from own_blocks)
        and old_days.fortnight in (select fortnight from own_blocks)
    group by terms.term, old_days.fortnight
),

blocks as (
    select
        own_blocks.term,
        own_blocks.fortnight,
        own_blocks.count_before + coalesce(old_blocks.text_count, 0) <= 60 as was_open,
        own_blocks.count_now + coalesce(old_blocks.text_count, 0) <= 60 as is_open,
    from own_blocks
    left join old_blocks
        on old_blocks.term = own_blocks.term
        and old_blocks.fortnight = own_blocks.fortnight
),

turned_blocks as materialized (
    select *
    from blocks
    where was_open <> is_open
),

days as (
    select
        text_id,
        fortnight,
    from old_days
    union all
    select
        text_id,
        fortnight,
    from own_days
    where was_there and is_there
),

around as (
    select
        terms.term,
        terms.text_id,
        coalesce(own.was_open, true) as was_open,
        coalesce(own.is_open, true) as is_open,
    from lake.terms as terms
    inner join days
        on days.text_id = terms.text_id
    inner join turned_blocks as turned
        on turned.term = terms.term
        and abs(turned.fortnight - days.fortnight) <= 1
    left join turned_blocks as own
        on own.term = terms.term
        and own.fortnight = days.fortnight
    union all
    select
        terms.term,
        terms.text_id,
        turned_terms.was_open,
        turned_terms.is_open,
    from lake.terms as terms
    inner join turned_terms
        on turned_terms.term = terms.term
    where terms.text_id not in (
        select text_id from linkage.changed_texts where not was_live or not is_live
    )
)

select
    term,
    text_id,
    bool_or(was_open and not is_open) as has_lost,
    bool_or(is_open and not was_open) as has_gained,
from around
group by term, text_id
