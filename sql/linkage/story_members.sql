/*
description = "One row per article: the story it belongs to."
grain = ["article_id"]

[columns]
article_id = "Article, as in clusters."
story_id = "Its story; the id is kept while the story continues."
*/
select
    article_id,
    story_id,
from lake.story_members
