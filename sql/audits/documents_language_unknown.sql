/*
description = "One row if more than a fifth of all documents have no language, from 50 documents on."
severity = "warning"
why = "Detection finds a language in all but the shortest texts; a fifth without one means that detection or decoding broke."
*/
select
    'all documents' as scope,
    count(*) filter (where in_language = 'und') / count(*) as observed_value,
from documents
having count(*) >= 50 and count(*) filter (where in_language = 'und') / count(*) > 0.2
