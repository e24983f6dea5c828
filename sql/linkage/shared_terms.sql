/*
description = "One row per rare term and text, of those that tie texts looked at tonight to any other."
stage = "link"
grain = ["term", "text_id", "day"]
as_written = true

[columns]
term = "A rare term of a text looked at."
text_id = "A text that has it."
weight = "2: the pairs of the text are sought; 1: only to see which doubted ones stay; 0: neither."
day = "Null; a day of the text if the term is of more than 50 texts, of 60 at most that fortnight."
*/
with own as materialized (
    select
        terms.term,
        terms.text_id,
        weighed.weight,
    from lake.terms as terms
    inner join linkage.weighed_texts as weighed
        on weighed.text_id = terms.text_id
    cross join lake.portion as portion
    where
        weighed.weight > 0
        and abs(terms.term) % portion.portion_count = portion.number
),

own_counts as materialized (
    select
        term,
        count(*) as text_count,
    from own
    group by term
),

-- Counted before they are listed: a common term stands in thousands of texts, and ties few of them.
other_counts as (
    select
        term,
        count(*) as text_count,
    from lake.terms
    where
        term in (
            select term from own_counts
            where exists (select 1 from lake.fingerprints_old)
        )
        and text_id not in (select text_id from linkage.weighed_texts)
    group by term
),

counts as materialized (
    select
        own_counts.term,
        own_counts.text_count + coalesce(other_counts.text_count, 0) as text_count,
    from own_counts
    left join other_counts
        on other_counts.term = own_counts.term
    where own_counts.text_count + coalesce(other_counts.text_count, 0) >= 2
),

crowded as materialized (
    select term
    from counts
    where text_count > 50
),

text_days as materialized (
    select distinct
        text_id,
        day,
        day // 14 as fortnight,
    from lake.fingerprints
    where day is not null
),

-- what may stand beside the texts looked at
near_fortnights as (
    select distinct text_days.fortnight + steps.step as fortnight
    from text_days
    cross join (values (-1), (0), (1)) as steps (step)
    where text_days.text_id in (select text_id from linkage.weighed_texts where weight > 0)
),

near_texts as materialized (
    select distinct
        text_id,
        fortnight,
    from text_days
    where fortnight in (select fortnight from near_fortnights)
),

-- a term of many texts still counts within the days of its news
blocks as materialized (
    select
        terms.term,
        near_texts.fortnight,
    from lake.terms as terms
    inner join near_texts
        on near_texts.text_id = terms.text_id
    where terms.term in (select term from crowded)
    group by terms.term, near_texts.fortnight
    having count(*) <= 60
),

listed as materialized (
    select
        term,
        false as is_crowded,
    from counts
    where text_count <= 50
    union all
    select distinct
        term,
        true as is_crowded,
    from blocks
),

-- on a first night there are no others
sought as materialized (
    select *
    from listed
    where exists (select 1 from lake.fingerprints_old)
),

touched as (
    select
        own.term,
        own.text_id,
        own.weight,
        listed.is_crowded,
    from own
    inner join listed
        on listed.term = own.term
    union all
    select
        terms.term,
        terms.text_id,
        0 as weight,
        sought.is_crowded,
    from lake.terms as terms
    inner join sought
        on sought.term = terms.term
    where terms.text_id not in (select text_id from linkage.weighed_texts)
),

dated as materialized (
    select
        touched.term,
        touched.text_id,
        touched.weight,
        text_days.day,
        text_days.fortnight,
    from touched
    inner join text_days
        on text_days.text_id = touched.text_id
    where touched.is_crowded
)

select
    term,
    text_id,
    weight::tinyint as weight,
    null::integer as day,
from touched
where not is_crowded
union all
select
    dated.term,
    dated.text_id,
    dated.weight::tinyint as weight,
    dated.day,
from dated
semi join blocks
    on blocks.term = dated.term
    and blocks.fortnight = dated.fortnight
