/*
description = "One row per text of a shingle that became crowded tonight, or was and is no more."
stage = "link"
grain = ["shingle", "text_id"]

[columns]
shingle = "A shingle that supports other pairs than before."
text_id = "A text that has it, before tonight and now."
has_lost = "Whether the shingle tied the text to all others before, and no more."
has_gained = "Whether it did not, and does now."
*/
with touched as (
    select distinct shingles.shingle
    from lake.shingles as shingles
    inner join linkage.changed_texts as changed
        on changed.text_id = shingles.text_id
    where
        changed.was_live <> changed.is_live
        and exists (select 1 from lake.fingerprints_old)
),

posts as (
    select
        shingles.shingle,
        shingles.text_id,
        coalesce(changed.was_live, true) as was_live,
        coalesce(changed.is_live, true) as is_live,
    from lake.shingles as shingles
    left join linkage.changed_texts as changed
        on changed.text_id = shingles.text_id
    where shingles.shingle in (select shingle from touched)
),

crowded as (
    select
        shingle,
        sum(was_live::int) as count_before,
        sum(is_live::int) as count_now,
    from posts
    group by shingle
    having greatest(sum(was_live::int), sum(is_live::int)) > 40
),

placed as (
    select
        posts.shingle,
        posts.text_id,
        posts.was_live,
        posts.is_live,
        crowded.count_before,
        crowded.count_now,
        row_number() over (
            partition by posts.shingle order by posts.was_live desc, posts.text_id asc
        ) as place_before,
        row_number() over (
            partition by posts.shingle order by posts.is_live desc, posts.text_id asc
        ) as place_now,
    from posts
    inner join crowded
        on crowded.shingle = posts.shingle
),

-- as in candidate_pairs: beyond 40 texts a shingle ties them to its first three only
stays as (
    select
        shingle,
        text_id,
        count_before <= 40 or place_before <= 3 as was_open,
        count_now <= 40 or place_now <= 3 as is_open,
    from placed
    where was_live and is_live
)

select
    shingle,
    text_id,
    was_open and not is_open as has_lost,
    is_open and not was_open as has_gained,
from stays
where shingle in (select shingle from stays where was_open <> is_open)
