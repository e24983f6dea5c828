"""Which lines were seen on which site: the raw material of what a site repeats."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.clean.fold import line_hashes
from pipelines.clean.portions import portions
from pipelines.clean.segment import segment
from pipelines.contract import SITE_LINES

_LONGEST: Final = 600
"""Characters; a paragraph about the publisher may have 500, repeated prose beyond is a copy."""

_PROSE: Final = 80
"""Characters from which a line is taken as part of the article itself."""

_NO_KEY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)

_RUN_DATE: Final = r"^\d+\.(?<night>\d{4}-\d{2}-\d{2})$"


def nights(documents: pa.RecordBatch) -> pa.Array:
    """The night of each document, date32: when it was fetched, else that of the run it came in.

    It does not depend on when a document that bears its date was delivered.
    """
    run = pc.struct_field(pc.extract_regex(documents["run_id"], _RUN_DATE), "night")
    return pc.coalesce(pc.cast(documents["retrieved_at"], pa.date32()), pc.cast(run, pa.date32()))


def sightings(documents: pa.RecordBatch) -> pa.RecordBatch:
    """Lines of the documents (`contract.DOCUMENTS`) that have a site, as `contract.SITE_LINES`.

    A line that stands in a document several times is told once.
    The key is the smallest hash among the long lines of a document, a one-permutation MinHash
    (Broder 1997): two copies of an article share it as often as they share their paragraphs, so
    that copies of one article count once.
    """
    return pa.concat_batches([_sightings(portion) for portion in portions(documents)])


def _sightings(documents: pa.RecordBatch) -> pa.RecordBatch:
    known = documents.filter(documents["site"].is_valid())
    lines = segment(known["raw_text"])
    hashes = line_hashes(lines)
    size = lines.end - lines.start
    key = np.full(known.num_rows, _NO_KEY, dtype=np.uint64)
    np.minimum.at(key, lines.document, np.where(size >= _PROSE, hashes, _NO_KEY))
    alone = key == _NO_KEY
    key[alone] = _own_keys(known["document_id"].filter(pa.array(alone)))
    rows = np.flatnonzero(size <= _LONGEST)
    rows = rows[np.lexsort((hashes[rows], lines.document[rows]))]
    is_again = np.zeros(len(rows), dtype=bool)
    is_again[1:] = (np.diff(hashes[rows]) == 0) & (np.diff(lines.document[rows]) == 0)
    rows = rows[~is_again]
    document = pa.array(lines.document[rows])
    columns = [
        known["site"].take(document),
        pa.array(hashes[rows]),
        pa.array(key[lines.document[rows]]),
        nights(known).take(document),
        known["document_id"].take(document),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SITE_LINES)


def _own_keys(document_ids: pa.Array) -> list[int]:
    """Keys of documents without a long line: each its own."""
    return [int(name[:16], 16) for name in document_ids.to_pylist()]
