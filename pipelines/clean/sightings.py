"""Which lines were seen on which site tonight: the raw material of what a site repeats."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from pipelines.clean.fold import line_hashes
from pipelines.clean.segment import segment

SIGHTINGS: Final = pa.schema(
    [("site", pa.string()), ("line_hash", pa.uint64()), ("article_key", pa.uint64())]
)
"""One row per line: its site, its hash, and a key that copies of one article share."""

_LONGEST: Final = 600
"""Characters; a paragraph about the publisher may have 500, repeated prose beyond is a copy."""

_PROSE: Final = 80
"""Characters from which a line is taken as part of the article itself."""

_NO_KEY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


def sightings(documents: pa.RecordBatch) -> pa.RecordBatch:
    """Lines of the documents (`contract.DOCUMENTS`) that have a site, as SIGHTINGS.

    The key is the smallest hash among the long lines of a document, a one-permutation MinHash
    (Broder 1997): two copies of an article share it as often as they share their paragraphs, so
    that copies of one article count once.
    """
    known = documents.filter(documents["site"].is_valid())
    lines = segment(known["raw_text"])
    hashes = line_hashes(lines)
    size = lines.end - lines.start
    key = np.full(known.num_rows, _NO_KEY, dtype=np.uint64)
    np.minimum.at(key, lines.document, np.where(size >= _PROSE, hashes, _NO_KEY))
    alone = key == _NO_KEY
    key[alone] = np.flatnonzero(alone).astype(np.uint64)
    rows = np.flatnonzero(size <= _LONGEST)
    return pa.RecordBatch.from_arrays(
        [
            known["site"].take(pa.array(lines.document[rows])),
            pa.array(hashes[rows]),
            pa.array(key[lines.document[rows]]),
        ],
        schema=SIGHTINGS,
    )
