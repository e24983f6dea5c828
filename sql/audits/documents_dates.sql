/*
description = "Documents published later than two days after they were cleaned, or with a date and no precision."
severity = "warning"
grows = "document_id"
why = "Time zones shift a date by a day; further in the future it was read wrongly (day and month swapped), and would lead every list by date."
*/
select document_id
from documents
where
    date_published > cleaned_at + interval 2 day
    or (date_published is null) <> (date_published_precision is null)
    or (date_published_precision = 'day' and date_published <> date_trunc('day', date_published))
