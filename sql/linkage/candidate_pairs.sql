/*
description = "One row per pair of texts worth comparing: they share sampled shingles, or rare terms within the window."
stage = "link"
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
*/
with fresh_shingles as (
    select
        shingles.text_id,
        shingles.shingle,
    from lake.shingles as shingles
    inner join lake.tonight as tonight
        on tonight.text_id = shingles.text_id
),

-- a text that came on two nights has its rows twice
shared_shingles as (
    select distinct
        text_id,
        shingle,
    from lake.shingles
    where shingle in (select shingle from fresh_shingles)
),

touched_shingles as (
    select
        text_id,
        shingle,
        row_number() over (partition by shingle order by text_id) as place,
        count(*) over (partition by shingle) as text_count,
    from shared_shingles
),

-- a shingle of many texts ties each of them to the first few only: stars, never all pairs
by_shingle as (
    select
        fresh.text_id as fresh_id,
        touched.text_id as found_id,
    from touched_shingles as fresh
    inner join lake.tonight as tonight
        on tonight.text_id = fresh.text_id
    inner join touched_shingles as touched
        on touched.shingle = fresh.shingle
    where
        touched.text_id <> fresh.text_id
        and (touched.text_count <= 40 or touched.place <= 3 or fresh.place <= 3)
),

text_days as (
    select distinct
        text_id,
        day,
        day // 14 as fortnight,
    from lake.fingerprints
),

fresh_terms as (
    select terms.term
    from lake.terms as terms
    inner join lake.tonight as tonight
        on tonight.text_id = terms.text_id
),

shared_terms as (
    select distinct
        term,
        text_id,
    from lake.terms
    where term in (select term from fresh_terms)
),

touched_terms as (
    select
        term,
        text_id,
        count(*) over (partition by term) as text_count,
    from shared_terms
),

dated_terms as (
    select
        terms.term,
        terms.text_id,
        text_days.day,
        text_days.fortnight,
        count(*) over (partition by terms.term, text_days.fortnight) as text_count,
    from touched_terms as terms
    inner join text_days
        on text_days.text_id = terms.text_id
    where terms.text_count > 1
),

rare_terms as (
    select
        term,
        text_id,
        day,
        fortnight,
    from dated_terms
    where text_count <= 60
),

fresh_rare_terms as (
    select
        rare_terms.term,
        rare_terms.text_id,
        rare_terms.day,
        rare_terms.fortnight,
    from rare_terms
    inner join lake.tonight as tonight
        on tonight.text_id = rare_terms.text_id
),

spread_terms as (
    select
        term,
        text_id,
        day,
        fortnight + step as fortnight,
    from fresh_rare_terms
    cross join (values (-1), (0), (1)) as steps (step)
),

by_term as (
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
        fresh.term,
    from spread_terms as fresh
    inner join rare_terms as found
        on found.term = fresh.term
        and found.fortnight = fresh.fortnight
    where
        found.text_id <> fresh.text_id
        and abs(found.day - fresh.day) <= 14
    union all
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
        fresh.term,
    from fresh_rare_terms as fresh
    inner join rare_terms as found
        on found.term = fresh.term
    where
        found.text_id <> fresh.text_id
        and (fresh.day is null or found.day is null)
),

-- two terms within the fortnight, or four of a follow-up months later
by_distant_term as (
    select
        fresh.text_id as fresh_id,
        found.text_id as found_id,
        fresh.term,
    from touched_terms as fresh
    inner join lake.tonight as tonight
        on tonight.text_id = fresh.text_id
    inner join touched_terms as found
        on found.term = fresh.term
    where
        found.text_id <> fresh.text_id
        and fresh.text_count <= 40
),

alike as (
    select
        fresh_id,
        found_id,
    from by_term
    group by fresh_id, found_id
    having count(distinct term) >= 2
    union all
    select
        fresh_id,
        found_id,
    from by_distant_term
    group by fresh_id, found_id
    having count(*) >= 4
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
