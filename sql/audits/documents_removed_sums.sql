/*
description = "Documents whose removed_chars or removed_line_count is not the sum of their removed lines."
severity = "critical"
grows = "document_id"
why = "Nothing vanishes unrecorded: what a document lost is what removed_lines holds of it."
*/
with sums as (
    select
        document_id,
        sum(end_char - start_char) as removed_chars,
        count(*) as removed_line_count,
    from removed_lines
    group by document_id
)

select documents.document_id
from documents
left join sums using (document_id)
where
    documents.removed_chars <> coalesce(sums.removed_chars, 0)
    or documents.removed_line_count <> coalesce(sums.removed_line_count, 0)
