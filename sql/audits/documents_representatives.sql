/*
description = "Articles that have no representative, or more than one."
severity = "critical"
grows = "article_id"
why = "The ledger counts one representative per article; without it the article vanishes from articles."
*/
select article_id
from documents
group by article_id
having count(*) filter (where copy_relation = 'representative') <> 1
