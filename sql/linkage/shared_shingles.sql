/*
description = "One row per sampled shingle and text, of those that tie texts looked at tonight to any other."
stage = "link"
grain = ["shingle", "text_id"]
as_written = true

[columns]
shingle = "A sampled shingle of a text looked at."
text_id = "A text that has it."
text_count = "Texts that have it."
weight = "2: the pairs of the text are sought; 1: only to see which doubted ones stay; 0: neither."
*/
with own as materialized (
    select
        shingles.shingle,
        shingles.text_id,
        weighed.weight,
    from lake.shingles as shingles
    inner join linkage.weighed_texts as weighed
        on weighed.text_id = shingles.text_id
    cross join lake.portion as portion
    where
        weighed.weight > 0
        and abs(shingles.shingle) % portion.portion_count = portion.number
),

own_counts as materialized (
    select
        shingle,
        count(*) as text_count,
    from own
    group by shingle
),

-- of what is old most is left aside at once: no text looked at has it
other_counts as (
    select
        shingle,
        count(*) as text_count,
    from lake.shingles
    where
        shingle in (
            select shingle from own_counts
            where exists (select 1 from lake.fingerprints_old)
        )
        and text_id not in (select text_id from linkage.weighed_texts)
    group by shingle
),

counts as materialized (
    select
        own_counts.shingle,
        own_counts.text_count + coalesce(other_counts.text_count, 0) as text_count,
    from own_counts
    left join other_counts
        on other_counts.shingle = own_counts.shingle
    where own_counts.text_count + coalesce(other_counts.text_count, 0) >= 2
),

-- on a first night there are no others
sought as materialized (
    select *
    from counts
    where exists (select 1 from lake.fingerprints_old)
),

touched as (
    select
        own.shingle,
        own.text_id,
        own.weight,
        counts.text_count,
    from own
    inner join counts
        on counts.shingle = own.shingle
    union all
    select
        shingles.shingle,
        shingles.text_id,
        0 as weight,
        sought.text_count,
    from lake.shingles as shingles
    inner join sought
        on sought.shingle = shingles.shingle
    where shingles.text_id not in (select text_id from linkage.weighed_texts)
)

select
    shingle,
    text_id,
    text_count::integer as text_count,
    weight::tinyint as weight,
from touched
