"""Articles to stories: average linkage over the same-event score."""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.identity import keep_ids
from pipelines.link.tables import STORY_CHANGES, STORY_MEMBERS

JOIN_SCORE: Final = 0.35
"""Two groups become one story while their mean score is at least this; pairs never compared
count 0. Chosen on the dev half, see docs/linkage.md."""


def group_stories(
    articles: pa.Array, same_story: pa.Table, previous: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Story of every article (schema STORY_MEMBERS), and what changed (STORY_CHANGES).

    `articles` are the article ids of tonight, in any order; `same_story` (the model) has
    article_id, other_article_id and score; `previous` is last night's first result.
    """
    names = pc.unique(articles)
    names = pc.take(names, pc.sort_indices(names))
    one = pc.index_in(same_story["article_id"], names).to_numpy().astype(np.int64)
    other = pc.index_in(same_story["other_article_id"], names).to_numpy().astype(np.int64)
    score = same_story["score"].to_numpy().astype(np.float64)
    group = average_linkage(len(names), one, other, score, JOIN_SCORE)
    centres = pc.take(names, pa.array(group))
    stories = keep_ids(names, centres, previous, "story_id")
    members = pa.table({"article_id": names, "story_id": stories}, schema=STORY_MEMBERS)
    return members, _changes(members, previous)


def average_linkage(
    count: int,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    score: NDArray[np.float64],
    join: float,
) -> NDArray[np.int64]:
    """Group of each of `count` nodes, as the smallest node in it.

    Greedy: the two groups with the highest mean score are merged first, ties to the smallest
    nodes, until no mean reaches `join`. Absent pairs score 0, so only neighbours are looked at:
    O(e log e) for e pairs.
    """
    totals: dict[int, dict[int, float]] = defaultdict(dict)
    for a, b, s in zip(one.tolist(), other.tolist(), score.tolist(), strict=True):
        totals[a][b] = totals[b][a] = max(s, totals[a].get(b, 0.0))
    size = np.ones(count, np.int64).tolist()
    parent = list(range(count))
    queue = [(-s, a, b, 1, 1) for a in totals for b, s in totals[a].items() if a < b and s >= join]
    heapq.heapify(queue)
    while queue:
        _, a, b, size_a, size_b = heapq.heappop(queue)
        if size[a] != size_a or size[b] != size_b:
            continue
        parent[b] = a
        size[a], size[b] = size_a + size_b, 0
        _absorb(totals, a, b)
        for c, total in totals[a].items():
            mean = total / (size[a] * size[c])
            if mean >= join:
                low, high = min(a, c), max(a, c)
                heapq.heappush(queue, (-mean, low, high, size[low], size[high]))
    return _roots(np.array(parent, np.int64))


def _absorb(totals: dict[int, dict[int, float]], a: int, b: int) -> None:
    """Give group b's pairs to group a."""
    for c, total in totals.pop(b).items():
        del totals[c][b]
        if c != a:
            totals[a][c] = totals[c][a] = totals[a].get(c, 0.0) + total


def _roots(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    while True:
        above = parent[parent]
        if np.array_equal(above, parent):
            return parent
        parent = above


def _changes(members: pa.Table, previous: pa.Table) -> pa.Table:
    """Articles of last night whose story has another id tonight: a merge or a split."""
    joined = members.join(previous, "article_id", join_type="inner", right_suffix="_before")
    moved = joined.filter(pc.not_equal(joined["story_id"], joined["story_id_before"]))
    alive = pc.is_in(moved["story_id_before"], members["story_id"])
    columns = [
        moved["article_id"],
        moved["story_id_before"],
        moved["story_id"],
        pc.if_else(alive, "split", "merge"),
    ]
    return pa.table(columns, schema=STORY_CHANGES).sort_by("article_id")
