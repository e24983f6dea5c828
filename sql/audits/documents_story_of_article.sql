/*
description = "Articles whose documents are in no story, or in several."
severity = "critical"
grows = "article_id"
why = "A story is made of whole articles; a split one is counted in two stories."
*/
select article_id
from documents
group by article_id
having count(distinct story_id) <> 1 or count(story_id) <> count(*)
