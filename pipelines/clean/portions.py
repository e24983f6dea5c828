"""Batches in portions of bounded size: memory follows them, not the batch."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PORTION_CHARS: Final = 2_000_000
"""Characters that are worked on at once; cleaning needs some 40 bytes of memory for each."""


def portions(documents: pa.RecordBatch) -> list[pa.RecordBatch]:
    """The documents (`contract.DOCUMENTS`) in portions of bounded size, at least one."""
    sizes = pc.fill_null(pc.utf8_length(documents["raw_text"]), 0).to_numpy(zero_copy_only=False)
    portion = np.cumsum(sizes) // PORTION_CHARS
    bounds = [0, *(np.flatnonzero(np.diff(portion)) + 1).tolist(), documents.num_rows]
    return [documents.slice(a, b - a) for a, b in pairwise(bounds)]
