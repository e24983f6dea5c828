/*
description = "One row per day of a text whose documents came, went or were cleaned anew tonight."
stage = "link"
grain = ["text_id", "day"]

[columns]
text_id = "The text."
day = "Days since 1970-01-01 of one of its documents; null if the date is unknown."
was_there = "Whether a document of that day carried the text before tonight."
is_there = "Whether one carries it now."
*/
with changed as (
    select text_id from lake.fingerprints_new
    union
    select text_id from lake.fingerprints_dead
),

carried as (
    select
        text_id,
        day,
        true as was_there,
        true as is_there,
    from lake.fingerprints_old
    where text_id in (select text_id from changed)
    union all
    select
        text_id,
        day,
        true as was_there,
        false as is_there,
    from lake.fingerprints_dead
    union all
    select
        text_id,
        day,
        false as was_there,
        true as is_there,
    from lake.fingerprints_new
)

select
    text_id,
    day,
    bool_or(was_there) as was_there,
    bool_or(is_there) as is_there,
from carried
group by text_id, day
