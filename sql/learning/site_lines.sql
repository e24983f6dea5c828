/*
description = "One row per line of a document that came tonight."
grain = ["site", "line_hash", "document_id"]

[columns]
site = "The site."
line_hash = "Hash of the line, equal whatever its case, numbers and white space."
article_key = "Key that copies of one article share."
night = "The document's night."
document_id = "The document."
*/
select distinct
    site,
    line_hash,
    article_key,
    night,
    document_id,
from lake.sightings
