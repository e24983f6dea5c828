/*
description = "Copies without the linked pair that makes them one, and representatives that name one."
severity = "critical"
why = "A copy must show its evidence: copy_of_document_id is the other half of a row of duplicate_pairs that makes copies."
*/
select documents.document_id
from documents
left join duplicate_pairs as pairs
    on pairs.document_id = least(documents.document_id, documents.copy_of_document_id)
    and pairs.other_document_id = greatest(documents.document_id, documents.copy_of_document_id)
    and pairs.relation in ('exact', 'near', 'wholly_derived')
where
    (documents.copy_relation = 'representative' and documents.copy_of_document_id is not null)
    or (
        documents.copy_relation <> 'representative'
        and (pairs.document_id is null or documents.copy_of_document_id is null)
    )
