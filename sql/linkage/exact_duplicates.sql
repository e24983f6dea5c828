/*
description = "One row per document whose normalised body another document, earlier in order, has too."
grain = ["document_id"]

[columns]
document_id = "The copy."
body_id = "The document it is an exact copy of: a star around one centre, never all pairs."
*/
select
    document_id,
    body_id,
from linkage.bodies
where document_id <> body_id
