/*
description = "One row per document of a touched article, be it there, or there before."
grain = ["document_id"]

[columns]
document_id = "The document."
*/
select document_id
from linkage.clusters
where article_id in (select article_id from growth.touched_articles)
union
select document_id
from former.documents
where article_id in (select article_id from growth.touched_articles)
