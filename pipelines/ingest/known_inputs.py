"""What earlier runs noted of each file of the landing zone: columns, not an object per file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from pipelines.ingest.model import SeenInput

COLUMNS: Final = (
    "source_uri",
    "byte_count",
    "modified_ns",
    "content_sha256",
    "document_count",
    "rejected_count",
)
"""The columns of `contract.INPUTS` that tell whether a file has changed."""

_AT_ONCE: Final = 10_000


class KnownInputs(Mapping[str, SeenInput]):
    """By `source_uri`, the last row of a table of COLUMNS, oldest rows first.

    A million files take some 200 MB; as objects in a dict they took three times that.
    """

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows.select(COLUMNS)
        marks = np.fromiter(map(hash, _texts(rows["source_uri"])), np.int64, rows.num_rows)
        self._order = np.argsort(marks, kind="stable").astype(np.uint32)
        self._marks = marks[self._order]

    def __getitem__(self, source_uri: str) -> SeenInput:
        mark = hash(source_uri)
        first, beyond = (np.searchsorted(self._marks, mark, side) for side in ("left", "right"))
        for row in self._order[first:beyond][::-1].tolist():
            uri, *facts = (column[row].as_py() for column in self._rows.columns)
            if uri == source_uri:
                return SeenInput(*facts)
        raise KeyError(source_uri)

    def __iter__(self) -> Iterator[str]:
        return iter(set(_texts(self._rows["source_uri"])))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    """The texts of a column, few of them in memory at a time."""
    for start in range(0, len(column), _AT_ONCE):
        yield from column.slice(start, _AT_ONCE).to_pylist()
