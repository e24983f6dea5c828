/*
description = "One row per document of an earlier run of whose lines tonight tells something new."
grain = ["document_id"]

[columns]
document_id = "The document, to be cleaned anew."
*/
select distinct document_id
from lake.site_lines
semi join (
    select
        site,
        line_hash,
        night,
    from learning.line_support
    where level <> level_before
) using (site, line_hash, night)
