"""Candidate pairs to scored pairs, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.align import score_pairs
from pipelines.link.background import Background
from pipelines.link.features import text_features
from pipelines.link.tables import PAIRS

_CHUNK_TEXTS: Final = 20_000
"""Texts held as features at a time: about 6 kB each."""


def verify_pairs(
    pairs: pa.Table, texts: pa.Table, masked: pa.Array, background: Background
) -> pa.Table:
    """Scores of every candidate pair.

    `pairs` has text_id and other_text_id; `texts` has text_id (distinct) and article_body for
    every text named; `masked` are hashes of sentences that a site repeats. Returns a table of
    schema PAIRS in the order of the ids, text_id < other_text_id. Raises KeyError if a text is
    missing.
    """
    left, right = pairs["text_id"].to_numpy(), pairs["other_text_id"].to_numpy()
    left, right = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    ids = texts["text_id"].to_numpy()
    by_id = np.argsort(ids)
    hidden = np.sort(np.asarray(masked, np.int64))
    bodies = texts["article_body"].combine_chunks()
    parts = [pa.table([pa.array([], field.type) for field in PAIRS], schema=PAIRS)]
    for begin, end in _chunks(left, right):
        wanted = np.unique(np.concatenate((left[begin:end], right[begin:end])))
        rows = _rows_of(wanted, ids, by_id)
        features, _ = text_features(pc.take(bodies, pa.array(rows)), hidden, background)
        one, other = (np.searchsorted(wanted, side[begin:end]) for side in (left, right))
        scores = score_pairs(features, one, other)
        parts.append(_table(left[begin:end], right[begin:end], scores))
    return pa.concat_tables(parts)


def _chunks(left: NDArray[np.int64], right: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
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


def _rows_of(
    wanted: NDArray[np.int64], ids: NDArray[np.int64], by_id: NDArray[np.int64]
) -> NDArray[np.int64]:
    found = np.searchsorted(ids, wanted, sorter=by_id)
    rows = by_id[np.minimum(found, len(ids) - 1)]
    missing = wanted[ids[rows] != wanted]
    if len(missing):
        raise KeyError(f"no body for {len(missing)} of {len(wanted)} texts, first: {missing[0]}")
    return rows


def _table(
    left: NDArray[np.int64], right: NDArray[np.int64], scores: NDArray[np.float32]
) -> pa.Table:
    columns = [pa.array(left), pa.array(right)]
    for at, field in enumerate(list(PAIRS)[2:]):
        columns.append(pa.array(scores[:, at]).cast(field.type))
    return pa.table(columns, schema=PAIRS)
