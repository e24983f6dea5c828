/*
description = "One row per line to be judged that its site repeats."
grain = ["site", "line_hash", "night"]

[columns]
site = "The site."
line_hash = "Hash of the line."
night = "The document's night."
article_count = "Articles that had it, seen from that night; see line_support."
*/
select
    site,
    line_hash,
    night,
    level::float as article_count,
from learning.line_support
semi join learning.wanted_lines using (site, line_hash, night)
where level > 0
