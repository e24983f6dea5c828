/*
description = "Removed lines that reach into the next removed line or repair of their document."
severity = "critical"
grows = "document_id"
why = "Edits never overlap, or the raw text could not be rebuilt."
*/
with edits as (
    select
        document_id,
        start_char,
        end_char + length(line_break) as end_char,
    from removed_lines
    union all
    select
        document_id,
        start_char,
        start_char + length(before) as end_char,
    from repairs
),

followed as (
    select
        document_id,
        start_char,
        end_char,
        lead(start_char) over (
            partition by document_id order by start_char, end_char
        ) as next_start_char,
    from edits
)

select document_id || ':' || start_char as edit_id
from followed
where next_start_char < end_char
