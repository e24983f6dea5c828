/*
description = "One row if more than 2 % of all documents are left without a word, from 50 on."
severity = "critical"
why = "Picture pages are 1 % of what sites deliver; more says that cleaning takes articles. Below 50 documents one picture page would stop the night."
*/
select
    'all documents' as scope,
    count(*) filter (where word_count = 0) / count(*) as observed_value,
from documents
having count(*) >= 50 and count(*) filter (where word_count = 0) / count(*) > 0.02
