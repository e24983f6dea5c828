/*
description = "One row per text whose documents came, went or were cleaned anew tonight."
stage = "link"
grain = ["text_id"]

[columns]
text_id = "The text."
was_live = "Whether any document carried it before tonight."
is_live = "Whether any carries it now."
is_moved = "Whether its known days are others than before."
*/
select
    text_id,
    bool_or(was_there) as was_live,
    bool_or(is_there) as is_live,
    bool_or(was_there <> is_there and day is not null) as is_moved,
from linkage.changed_days
group by text_id
