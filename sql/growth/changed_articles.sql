/*
description = "One row per article of which tonight changes a document: one that came, was cleaned anew, changed its part or its story, or left; both the former and the present article of a document that moved."
grain = ["article_id"]

[columns]
article_id = "The article."
*/
with present as (
    select
        clusters.document_id,
        clusters.article_id,
        clusters.copy_relation,
        clusters.copy_score,
        clusters.copy_of_document_id,
        story_members.story_id,
    from linkage.clusters as clusters
    left join linkage.story_members as story_members
        on story_members.article_id = clusters.article_id
),

changed as (
    select
        present.article_id,
        former.article_id as former_article_id,
    from present
    full join former.documents as former
        on former.document_id = present.document_id
    left join lake.cleaned
        on cleaned.document_id = present.document_id
    where
        cleaned.document_id is not null
        or present.article_id is distinct from former.article_id
        or present.copy_relation is distinct from former.copy_relation
        or present.copy_score is distinct from former.copy_score
        or present.copy_of_document_id is distinct from former.copy_of_document_id
        or present.story_id is distinct from former.story_id
)

select article_id
from changed
where article_id is not null
union
select former_article_id as article_id
from changed
where former_article_id is not null
