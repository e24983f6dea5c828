/*
description = "One row per text of a shingle that became crowded tonight, or was and is no more."
stage = "link"
grain = ["shingle", "text_id"]
as_written = true

[columns]
shingle = "A shingle that supports other pairs than before."
text_id = "A text that has it, before tonight and now."
has_lost = "Whether the shingle tied the text to all others before, and no more."
has_gained = "Whether it did not, and does now."
*/
with own as materialized (
    select
        shingles.shingle,
        changed.was_live,
        changed.is_live,
    from lake.shingles as shingles
    inner join linkage.changed_texts as changed
        on changed.text_id = shingles.text_id
    where exists (select 1 from lake.fingerprints_old)
),

own_shingles as materialized (
    select
        shingle,
        sum((not was_live)::int) as new_count,
        sum((not is_live)::int) as dead_count,
    from own
    group by shingle
    having bool_or(was_live <> is_live)
),

every as (
    select
        shingle,
        count(*) as text_count,
    from lake.shingles
    where shingle in (select shingle from own_shingles)
    group by shingle
    having count(*) > 40
),

crowded as materialized (
    select
        every.shingle,
        every.text_count - own_shingles.new_count as count_before,
        every.text_count - own_shingles.dead_count as count_now,
    from every
    inner join own_shingles
        on own_shingles.shingle = every.shingle
    where every.text_count - least(own_shingles.new_count, own_shingles.dead_count) > 40
),

posts as materialized (
    select
        shingles.shingle,
        shingles.text_id,
        coalesce(changed.was_live, true) as was_live,
        coalesce(changed.is_live, true) as is_live,
    from lake.shingles as shingles
    left join linkage.changed_texts as changed
        on changed.text_id = shingles.text_id
    where shingles.shingle in (select shingle from crowded)
),

hubs as materialized (
    select
        crowded.shingle,
        crowded.count_before <= 40 as was_open,
        crowded.count_now <= 40 as is_open,
        min(posts.text_id, 3) filter (where posts.was_live) as hubs_before,
        min(posts.text_id, 3) filter (where posts.is_live) as hubs_now,
    from crowded
    inner join posts
        on posts.shingle = crowded.shingle
    group by crowded.shingle, crowded.count_before, crowded.count_now
),

-- as in candidate_pairs: beyond 40 texts a shingle ties them to its first three only
stays as (
    select
        posts.shingle,
        posts.text_id,
        hubs.was_open or list_contains(hubs.hubs_before, posts.text_id) as was_open,
        hubs.is_open or list_contains(hubs.hubs_now, posts.text_id) as is_open,
    from posts
    inner join hubs
        on hubs.shingle = posts.shingle
    where
        posts.was_live
        and posts.is_live
        and (hubs.was_open <> hubs.is_open or hubs.hubs_before <> hubs.hubs_now)
)

select
    shingle,
    text_id,
    was_open and not is_open as has_lost,
    is_open and not was_open as has_gained,
from stays
where shingle in (select shingle from stays where was_open <> is_open)
