"""How rare a word is: inverse document frequencies that do not change under a night's feet.

Words fall into 2^20 buckets by their hash. The shipped table (`background.npz`, built by
`benchmarks/background.py` from news texts and stop-word lists of 58 languages; counts only, no
text) makes the very first night's scores sensible; the counts of the lake's own documents are
added once a month and then frozen, so that within a month the score of a pair is a function of
its two texts alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.link.tables import FREQUENCIES
from pipelines.link.tokens import TokenBatch

BUCKETS: Final = 1 << 20
MAX_IDF: Final = 8.5
"""Rarer than one text in 5,000 counts no more, so that scores do not drift as the lake grows."""
_SHIPPED: Final = Path(__file__).with_name("background.npz")


@dataclass(frozen=True, slots=True)
class Background:
    """Inverse document frequency, float32[BUCKETS]; a word's bucket is `bucket_of(token)`."""

    idf: NDArray[np.float32]


def load_background(frozen: pa.Table | None = None) -> Background:
    """The shipped frequencies, plus those frozen from the lake (schema FREQUENCIES), if any."""
    counts, documents = _shipped()
    if frozen is not None and frozen.num_rows:
        buckets = frozen["bucket"].to_numpy()
        added = np.bincount(buckets, frozen["document_count"].to_numpy(), minlength=BUCKETS)
        counts, documents = counts + added[:BUCKETS], documents + int(added[BUCKETS:].sum())
    return Background(_idf(counts, documents))


def count_documents(batch: TokenBatch) -> pa.RecordBatch:
    """In how many texts of a batch each bucket occurs; the row past the last one counts texts."""
    counts = _document_counts(batch.token, batch.text_start)
    used = np.flatnonzero(counts)
    columns = [pa.array(used.astype(np.int32)), pa.array(counts[used].astype(np.int64))]
    return pa.RecordBatch.from_arrays(columns, schema=FREQUENCIES)


@cache
def _shipped() -> tuple[NDArray[np.float64], int]:
    with np.load(_SHIPPED) as data:
        counts = np.zeros(BUCKETS)
        counts[data["bucket"]] = data["count"]
        return counts, int(data["documents"])


def _idf(counts: NDArray[np.float64], documents: int) -> NDArray[np.float32]:
    return np.log((documents + 1.0) / (counts + 0.5)).clip(0.05, MAX_IDF).astype(np.float32)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def bucket_of(token: np.uint32) -> np.uint32:
    """Bucket of a token hash."""
    return token & np.uint32(BUCKETS - 1)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _document_counts(token: NDArray[np.uint32], start: NDArray[np.int64]) -> NDArray[np.int32]:
    counts = np.zeros(BUCKETS + 1, np.int32)
    seen = np.full(BUCKETS, -1, np.int32)
    for text in range(len(start) - 1):
        for at in range(start[text], start[text + 1]):
            bucket = bucket_of(token[at])
            if seen[bucket] != text:
                seen[bucket] = text
                counts[bucket] += 1
    counts[BUCKETS] = len(start) - 1
    return counts
