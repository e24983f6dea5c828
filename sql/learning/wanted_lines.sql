/*
description = "One row per line and night to be judged: of tonight's documents, and of those to be cleaned anew."
grain = ["site", "line_hash", "night"]

[columns]
site = "The site."
line_hash = "Hash of the line."
night = "The document's night."
*/
select
    site,
    line_hash,
    night,
from lake.sightings
union
select
    site,
    line_hash,
    night,
from lake.site_lines
semi join lake.stale_documents using (document_id)
