/*
description = "One row per article whose rows a night makes anew: one that changed, or one in whose rows a pair with such a one stands."
grain = ["article_id"]

[columns]
article_id = "The article."
*/
with changed as (
    select document_id
    from linkage.clusters
    semi join growth.changed_articles using (article_id)
    union
    select document_id
    from former.documents
    semi join growth.changed_articles using (article_id)
),

-- a pair stands in the rows of its smaller document
rewritten as (
    select document_id
    from linkage.linked_documents
    where document_id in (from changed) or other_document_id in (from changed)
    union
    select document_id
    from linkage.linked_documents
    semi join lake.explained using (text_id, other_text_id)
    union
    select coalesce(present.document_id, former_pairs.document_id) as document_id
    from linkage.linked_documents as present
    full join former.duplicate_pairs as former_pairs
        on former_pairs.document_id = present.document_id
        and former_pairs.other_document_id = present.other_document_id
    where
        present.relation is distinct from former_pairs.relation
        or present.score is distinct from former_pairs.score
        or present.derived_from_document_id is distinct from former_pairs.derived_from_document_id
)

select article_id
from growth.changed_articles
union
select article_id
from linkage.clusters
semi join rewritten using (document_id)
union
select article_id
from former.documents
semi join rewritten using (document_id)
