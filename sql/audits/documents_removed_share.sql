/*
description = "One row if more than 80 % of all text is removed, from 50 documents on."
severity = "critical"
why = "Real sites lose 5-40 %. Beyond 80 % over the whole stock, a rule or the line model takes articles; below 50 documents a few index pages could do it."
*/
select
    'all documents' as scope,
    sum(removed_chars) / greatest(sum(raw_chars), 1) as observed_value,
from documents
having count(*) >= 50 and sum(removed_chars) / greatest(sum(raw_chars), 1) > 0.8
