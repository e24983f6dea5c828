/*
description = "One row per linked pair of documents: bodies among one another, and each copy with its representative."
grain = ["document_id", "other_document_id"]
materialized = "view"

[columns]
document_id = "The smaller document_id of the pair."
other_document_id = "The larger document_id of the pair."
relation = "exact, near, wholly_derived, contains or partially_derived."
score = "How much of the one is in the other, 0–1."
derived_from_document_id = "The source of the two by date, credit or containment; null if none tells."
evidence = "JSON: aligned sentences with offsets into both bodies, shared quotations, names, numbers, date gap."
*/
-- On the left, evidence, some kilobytes a pair, passes by; what is held in memory is narrow.
select
    linked.document_id,
    linked.other_document_id,
    linked.relation,
    linked.score,
    linked.derived_from_document_id,
    '{"gap_days": ' || coalesce(linked.gap_days::varchar, 'null')
    || coalesce(
        ', ' || substr(
            case
                when linked.is_text_smaller then evidence.evidence
                else evidence.other_evidence
            end, 2
        ), '}'
    ) as evidence,
from lake.evidence as evidence
right join linkage.linked_documents as linked
    on evidence.text_id = linked.text_id
    and evidence.other_text_id = linked.other_text_id
