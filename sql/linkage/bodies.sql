/*
description = "One row per document: the body it carries, as the first document in order that carries the same."
grain = ["document_id"]

[columns]
document_id = "Document, as in `documents`."
text_id = "Distinct text of the document."
body_id = "The document that stands for all with the same normalised body: credit, date, completeness, id."
place = "Place in the written order of survivorship: credited first, then earliest, fullest, smallest id."
night = "Night of the document, as in fingerprints."
*/
with ordered as materialized (
    select
        document_id,
        text_id,
        normal_id,
        word_count,
        night,
        row_number() over (
            order by has_credit desc, day asc nulls last, word_count desc, document_id asc
        ) as place,
    from lake.fingerprints
),

-- nearly all bodies are of one document
repeated as (
    select
        normal_id,
        min_by(document_id, place) as body_id,
    from ordered
    group by normal_id
    having count(*) > 1
)

-- ten words or fewer ("Video: see above") are no body to be a copy of
select
    ordered.document_id,
    ordered.text_id,
    case
        when ordered.word_count > 10 then coalesce(repeated.body_id, ordered.document_id)
        else ordered.document_id
    end as body_id,
    ordered.place,
    ordered.night,
from ordered
left join repeated
    on repeated.normal_id = ordered.normal_id
