"""Copies to articles: star clusters around leaders, and ids that outlive a night."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.identity import first_names, rows_of
from pipelines.link.tables import CLUSTERS

_RELATIONS: Final = ("representative", "exact", "near", "wholly_derived")


def elect_leaders(bodies: pa.Table, copies: pa.Table) -> pa.Table:
    """One row per document (schema CLUSTERS): its article, and the pair that makes it a copy.

    `bodies` (model linkage.bodies) has document_id, body_id, place and night; `copies`
    (linkage.copies) has body_id, other_body_id, relation and score. In the order of place each
    body joins the leader it has the best pair with, or becomes one: a member always has its own
    verified pair with its leader, and the outcome is a function of the two tables whatever the
    order of their rows. An article is named after the first of its documents (`identity`).
    """
    by_place = pc.sort_indices(bodies["place"])
    names = pc.take(bodies["document_id"], by_place).combine_chunks()
    body_ids = pc.take(bodies["body_id"], by_place).combine_chunks()
    is_copy = pc.not_equal(body_ids, names)
    copied, one, other = rows_of(
        names, body_ids.filter(is_copy), copies["body_id"], copies["other_body_id"]
    )
    body = np.arange(len(names))
    body[is_copy.to_numpy(zero_copy_only=False)] = copied
    score = copies["score"].to_numpy().astype(np.float64)
    relation = pc.index_in(copies["relation"], pa.array(_RELATIONS)).to_numpy().astype(np.int64)
    leader, edge = _elect(len(names), body, one, other, score)
    own = np.arange(len(names))
    kind = np.where(body == leader, 1, np.append(relation, 0)[edge[body]])
    kind = np.where(leader == own, 0, kind)
    scores = np.where(kind <= 1, 1.0, np.append(score, 1.0)[edge[body]])
    nights = pc.take(bodies["night"], by_place).combine_chunks()
    order = pc.sort_indices(names)  # each column is made once, in the order it is to have
    of_row = order.to_numpy()
    centre = pc.take(names, pa.array(leader[of_row]))
    table = {
        "document_id": pc.take(names, order),
        "article_id": pc.take(first_names(names, nights, leader), order),
        "leader_document_id": centre,
        "copy_relation": pc.take(pa.array(_RELATIONS), pa.array(kind[of_row])),
        "copy_score": pa.array(scores[of_row].astype(np.float32)),
        "copy_of_document_id": pc.if_else(pa.array((leader == own)[of_row]), None, centre),
    }
    return pa.table(table, schema=CLUSTERS)


def _elect(
    count: int,
    body: NDArray[np.int64],
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    score: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leader of each document, and the edge (row of copies, −1: none) of each body to it."""
    later, earlier = np.maximum(one, other), np.minimum(one, other)
    order = np.lexsort((earlier, later))
    start = np.searchsorted(later[order], np.arange(count + 1))
    leader, edge = _elect_in_order(body, earlier[order], score[order], order, start)
    return leader, edge


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _elect_in_order(body: Any, earlier: Any, score: Any, row: Any, start: Any) -> Any:
    leader = np.arange(len(body))
    edge = np.full(len(body), -1, np.int64)
    for node in range(len(body)):
        if body[node] != node:
            leader[node] = leader[body[node]]
            continue
        best = -1.0
        for at in range(start[node], start[node + 1]):
            if leader[earlier[at]] == earlier[at] and score[at] > best:
                best, leader[node], edge[node] = score[at], earlier[at], row[at]
    return leader, edge
