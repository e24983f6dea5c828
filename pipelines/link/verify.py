"""Candidate pairs to scored pairs, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.beside import in_order
from pipelines.link.align import score_pairs
from pipelines.link.background import Background
from pipelines.link.features import text_features
from pipelines.link.tables import PAIRS

_CHUNK_TEXTS: Final = 4_000
"""Texts held as bodies and features at a time: about 20 kB each."""
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)

Shelf = Callable[[pa.Array], pa.Array]
"""Given text_ids (int64[n]), their bodies (string[n]) in that order. Raises KeyError if missing."""


def shelf_of(texts: pa.Table) -> Shelf:
    """A shelf over a table of text_id (distinct) and article_body."""
    ids, bodies = (texts[name].combine_chunks() for name in ("text_id", "article_body"))

    def take(wanted: pa.Array) -> pa.Array:
        rows = pc.index_in(wanted, ids)
        if rows.null_count:
            missing = wanted.filter(pc.is_null(rows))
            raise KeyError(f"no body for {len(missing)} texts, first: {missing[0]}")
        return pc.take(bodies, rows)

    return take


def pair_ids(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Hash of each pair of text_ids, left < right: int64[n], not negative."""
    mixed = left.astype(np.uint64) * _FACTOR + right.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _FACTOR  # 63 bits of 2 × 63: as good as random
    return (mixed ^ (mixed >> np.uint64(29))).astype(np.uint64).view(np.int64) & np.int64(2**63 - 1)


def neighbourly(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """An order of n pairs of texts, int64[n], in which those that share texts lie near each other.

    Texts are ranked breadth first along the pairs (Cuthill and McKee 1969), pairs by the ranks of
    their texts.
    """
    texts = np.unique(np.concatenate((left, right)))
    one, other = np.searchsorted(texts, left), np.searchsorted(texts, right)
    near, far = np.concatenate((one, other)), np.concatenate((other, one))
    start = np.searchsorted(np.sort(near), np.arange(len(texts) + 1))
    rank = _breadth_first(start, far[np.argsort(near, kind="stable")])
    return np.lexsort((np.maximum(rank[one], rank[other]), np.minimum(rank[one], rank[other])))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _breadth_first(start: Any, neighbour: Any) -> Any:
    """Rank of each node; `neighbour[start[i]:start[i + 1]]` are those of node i."""
    rank = np.full(len(start) - 1, -1, np.int64)
    queue = np.empty(len(rank), np.int64)
    done, known = 0, 0
    for root in range(len(rank)):
        if rank[root] < 0:
            queue[known], rank[root], known = root, known, known + 1
        while done < known:
            for node in neighbour[start[queue[done]] : start[queue[done] + 1]]:
                if rank[node] < 0:
                    queue[known], rank[node], known = node, known, known + 1
            done += 1
    return rank


def verify_pairs(
    pairs: pa.Table, shelf: Shelf, masked: pa.Array, background: Background
) -> pa.Table:
    """Scores of every candidate pair, as one table; see `verified`."""
    with closing(verified(pairs, shelf, masked, background)) as parts:
        return pa.concat_tables([PAIRS.empty_table(), *parts])


def verified(
    pairs: pa.Table, shelf: Shelf, masked: pa.Array, background: Background, workers: int = 1
) -> Generator[pa.Table]:
    """Scores of every candidate pair, bit by bit, made in so many threads.

    `pairs` has text_id and other_text_id, in any order, though neighbours that share texts cost
    less; `masked` are hashes of sentences that a site repeats. Yields tables of schema PAIRS,
    text_id < other_text_id, in the order of `pairs`. Raises KeyError if a text is missing.
    """
    left, right = pairs["text_id"].to_numpy(), pairs["other_text_id"].to_numpy()
    left, right = np.minimum(left, right), np.maximum(left, right)
    hidden = np.sort(np.asarray(masked, np.int64))

    def score(chunk: tuple[int, int]) -> pa.Table:
        one, other = left[slice(*chunk)], right[slice(*chunk)]
        wanted = np.unique(np.concatenate((one, other)))
        features, _ = text_features(shelf(pa.array(wanted)), hidden, background)
        rows = (np.searchsorted(wanted, side) for side in (one, other))
        return _table(one, other, score_pairs(features, *rows))

    return in_order(score, chunks(left, right), workers)


def chunks(left: NDArray[np.int64], right: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Runs of pairs that name at most about `_CHUNK_TEXTS` texts."""
    begin = 0
    while begin < len(left):
        end = min(begin + _CHUNK_TEXTS // 2, len(left))
        while end < len(left):
            more = min(end + _CHUNK_TEXTS // 2, len(left))
            named = np.unique(np.concatenate((left[begin:more], right[begin:more])))
            if len(named) > _CHUNK_TEXTS:
                break
            end = more
        yield begin, end
        begin = end


def _table(
    left: NDArray[np.int64], right: NDArray[np.int64], scores: NDArray[np.float32]
) -> pa.Table:
    columns = [pa.array(pair_ids(left, right)), pa.array(left), pa.array(right)]
    for at, field in enumerate(list(PAIRS)[3:]):
        columns.append(pa.array(scores[:, at]).cast(field.type))
    return pa.table(columns, schema=PAIRS)
