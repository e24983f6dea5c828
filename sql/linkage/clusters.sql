/*
description = "One row per document: the article it is the representative or a copy of."
grain = ["document_id"]

[columns]
document_id = "Document, as in documents."
article_id = "Its article; the id is kept while the cluster continues."
copy_relation = "representative, exact, near or wholly_derived."
copy_score = "Score of its own pair with the representative, 0–1; null for a representative."
copy_of_document_id = "The representative; null for itself."
*/
select
    document_id,
    article_id,
    copy_relation,
    case when copy_relation <> 'representative' then copy_score end as copy_score,
    copy_of_document_id,
from lake.clusters
