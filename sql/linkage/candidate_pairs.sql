/*
description = "One row per pair of texts worth comparing: they share sampled shingles or rare terms."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
*/
-- a text that came on two nights has its rows twice: distinct
with fresh_shingles as (
    select distinct shingles.shingle
    from lake.shingles as shingles
    inner join lake.tonight as tonight
        on tonight.text_id = shingles.text_id
),

shared_shingles as (
    select distinct
        shingles.text_id,
        shingles.shingle,
        tonight.text_id is not null as is_new,
    from lake.shingles as shingles
    left join lake.tonight as tonight
        on tonight.text_id = shingles.text_id
    where shingles.shingle in (select shingle from fresh_shingles)
),

touched_shingles as (
    select
        text_id,
        shingle,
        is_new,
        row_number() over (partition by shingle order by text_id) as place,
        count(*) over (partition by shingle) as text_count,
    from shared_shingles
),

-- a shingle of many texts ties each of them to the first few only: stars, never all pairs
by_shingle as (
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
    from touched_shingles as fresh
    inner join touched_shingles as found
        on found.shingle = fresh.shingle
    where
        fresh.is_new
        and fresh.text_id <> found.text_id
        and (not found.is_new or fresh.text_id < found.text_id)
        and (found.text_count <= 40 or found.place <= 3 or fresh.place <= 3)
),

fresh_terms as (
    select distinct terms.term
    from lake.terms as terms
    inner join lake.tonight as tonight
        on tonight.text_id = terms.text_id
),

shared_terms as (
    select distinct
        terms.term,
        terms.text_id,
        tonight.text_id is not null as is_new,
    from lake.terms as terms
    left join lake.tonight as tonight
        on tonight.text_id = terms.text_id
    where terms.term in (select term from fresh_terms)
),

touched_terms as (
    select
        term,
        text_id,
        is_new,
        count(*) over (partition by term) as text_count,
    from shared_terms
),

by_rare_term as (
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
    from touched_terms as fresh
    inner join touched_terms as found
        on found.term = fresh.term
    where
        fresh.is_new
        and fresh.text_count between 2 and 50
        and fresh.text_id <> found.text_id
        and (not found.is_new or fresh.text_id < found.text_id)
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
dated_terms as (
    select
        touched_terms.term,
        touched_terms.text_id,
        touched_terms.is_new,
        text_days.day,
        text_days.fortnight,
        count(*) over (
            partition by touched_terms.term, text_days.fortnight
        ) as text_count,
    from touched_terms
    inner join text_days
        on text_days.text_id = touched_terms.text_id
    where touched_terms.text_count > 50
),

by_dated_term as (
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
    from dated_terms as fresh
    cross join (values (-1), (0), (1)) as steps (step)
    inner join dated_terms as found
        on found.term = fresh.term
        and found.fortnight = fresh.fortnight + steps.step
    where
        fresh.is_new
        and fresh.text_count <= 60
        and found.text_count <= 60
        and fresh.text_id <> found.text_id
        and (not found.is_new or fresh.text_id < found.text_id)
        and abs(found.day - fresh.day) <= 14
),

by_term as (
    select
        shared.fresh_id,
        shared.found_id,
        count(*) as term_count,
    from (
        select fresh_id, found_id from by_rare_term
        union all
        select fresh_id, found_id from by_dated_term
    ) as shared
    group by shared.fresh_id, shared.found_id
    having count(*) >= 2
),

-- two terms within a fortnight, or four of a follow-up months later
in_time as (
    select
        by_term.fresh_id,
        by_term.found_id,
    from by_term
    left join text_days as fresh_days
        on fresh_days.text_id = by_term.fresh_id
    left join text_days as found_days
        on found_days.text_id = by_term.found_id
    where
        by_term.term_count >= 4
        or coalesce(abs(found_days.day - fresh_days.day), 0) <= 14
),

alike as (
    select
        fresh_id,
        found_id,
    from in_time
    union all
    select
        fresh_id,
        found_id,
    from by_shingle
    group by fresh_id, found_id
    having count(*) >= 2
)

select distinct
    least(fresh_id, found_id) as text_id,
    greatest(fresh_id, found_id) as other_text_id,
from alike
