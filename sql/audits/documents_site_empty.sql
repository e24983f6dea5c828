/*
description = "Sites of whose documents, ten at least, more than a fifth are left without a word."
severity = "warning"
why = "A site whose pages come out empty is read wrongly, or its rules take its articles."
*/
select
    site as site_name,
    site,
    count(*) filter (where word_count = 0) / count(*) as observed_value,
from documents
where site is not null
group by site
having count(*) >= 10 and count(*) filter (where word_count = 0) / count(*) > 0.2
