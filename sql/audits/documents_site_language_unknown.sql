/*
description = "Sites of whose documents, ten at least, more than half have no language."
severity = "warning"
why = "A language that cannot be told means rules of no language apply: mojibake, or a script the reader does not know."
*/
select
    site as site_name,
    site,
    count(*) filter (where in_language = 'und') / count(*) as observed_value,
from documents
where site is not null
group by site
having count(*) >= 10 and count(*) filter (where in_language = 'und') / count(*) > 0.5
