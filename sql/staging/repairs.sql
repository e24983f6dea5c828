/*
description = "The lake's repairs, as written."
*/
select
    document_id,
    repair_id,
    start_char,
    before,
    after
from lake.repairs
