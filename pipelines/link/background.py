"""How rare a word is: inverse document frequencies that do not change under a night's feet.

Words fall into 2^20 buckets by their hash. The shipped table (`background.npz`, built by
`benchmarks/background.py` from news texts; counts only, no text) says how common a word is within
the topic that uses it most. Nothing is learned from the lake, so that the score of a pair is a
function of its two texts alone, whatever came before them (docs/decisions/0014).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

BUCKETS: Final = 1 << 20
MAX_IDF: Final = 8.5
"""Rarer than one text in 5,000 counts no more, so that scores do not drift as the lake grows."""
_SHIPPED: Final = Path(__file__).with_name("background.npz")


@dataclass(frozen=True, slots=True)
class Background:
    """Inverse document frequency, float32[BUCKETS]; a word's bucket is `bucket_of(token)`."""

    idf: NDArray[np.float32]


@cache
def load_background() -> Background:
    """The shipped frequencies."""
    with np.load(_SHIPPED) as data:
        counts = np.zeros(BUCKETS)
        counts[data["bucket"]] = data["count"]
        return Background(_idf(counts, int(data["documents"])))


def _idf(counts: NDArray[np.float64], documents: int) -> NDArray[np.float32]:
    return np.log((documents + 1.0) / (counts + 0.5)).clip(0.05, MAX_IDF).astype(np.float32)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bucket_of(token: np.uint32) -> np.uint32:
    """Bucket of a token hash."""
    return token & np.uint32(BUCKETS - 1)
