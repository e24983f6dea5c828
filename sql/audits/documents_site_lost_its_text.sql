/*
description = "Sites all of whose documents, ten at least, lost more than 70 % of their text."
severity = "warning"
why = "Every page of a site losing most of its text is a wrong site template or a site of index pages. A warning: a stranger's site must not be able to stop the night."
*/
select
    site as site_name,
    site,
    min(removed_chars / greatest(raw_chars, 1)) as observed_value,
from documents
where site is not null
group by site
having count(*) >= 10 and min(removed_chars / greatest(raw_chars, 1)) > 0.7
