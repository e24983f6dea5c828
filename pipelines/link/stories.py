"""Articles to stories: average linkage over the same-event score."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.link.average import average_linkage
from pipelines.link.identity import first_names, rows_of
from pipelines.link.tables import STORY_CHANGES, STORY_MEMBERS

JOIN_SCORE: Final = 0.3
"""Two groups become one story while their mean score is at least this; pairs never compared
count 0. Chosen on the dev half, see docs/linkage.md."""


def group_stories(
    articles: pa.Table, same_story: pa.Table, previous: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Story of every article (schema STORY_MEMBERS), and what changed (STORY_CHANGES).

    `articles` has the distinct article_id of tonight and its night, in any order; `same_story`
    (the model) has article_id, other_article_id and score; `previous` is last night's first
    result. A story is named after the first of its articles to arrive (`identity`).
    """
    articles = articles.sort_by("article_id")
    names = articles["article_id"].combine_chunks()
    one, other = rows_of(names, same_story["article_id"], same_story["other_article_id"])
    score = same_story["score"].to_numpy().astype(np.float64)
    group = average_linkage(len(names), one, other, score, JOIN_SCORE)
    stories = first_names(names, articles["night"].combine_chunks(), group)
    members = pa.table({"article_id": names, "story_id": stories}, schema=STORY_MEMBERS)
    return members, _changes(members, previous)


def _changes(members: pa.Table, previous: pa.Table) -> pa.Table:
    """Articles of last night whose story has another id tonight: a merge or a split."""
    place = pc.index_in(members["article_id"], previous["article_id"])
    former = pc.take(previous["story_id"], place)
    has_moved = pc.fill_null(pc.not_equal(former, members["story_id"]), False)
    moved = members.append_column("former", former).filter(has_moved)
    alive = pc.is_in(moved["former"], members["story_id"])
    columns = [
        moved["article_id"],
        moved["former"],
        moved["story_id"],
        pc.if_else(alive, "split", "merge"),
    ]
    return pa.table(columns, schema=STORY_CHANGES)
