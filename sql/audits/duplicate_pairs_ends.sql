/*
description = "Pairs of documents that are not there, in the wrong order, or derived from a third."
severity = "critical"
why = "A pair is found by its smaller id first; an end that is not there is evidence about nothing."
*/
select pairs.document_id || ':' || pairs.other_document_id as pair_id
from duplicate_pairs as pairs
left join documents as smaller on smaller.document_id = pairs.document_id
left join documents as larger on larger.document_id = pairs.other_document_id
where
    smaller.document_id is null
    or larger.document_id is null
    or pairs.document_id >= pairs.other_document_id
    or pairs.derived_from_document_id not in (pairs.document_id, pairs.other_document_id)
