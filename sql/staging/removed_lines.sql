/*
description = "The lake's removed lines, as written."
*/
select
    document_id,
    line_number,
    start_char,
    end_char,
    line_text,
    line_break,
    kind,
    rule_id,
    score
from lake.removed_lines
