"""Rows that are made bit by bit and wanted whole, in a file instead of in memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa


class Spill:
    """A table in the making, in an Arrow file that is mapped: the kernel may take the memory back.

    The file may be removed once `table` has been called. Raises OSError when the disk is full.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = str(path)
        self._file = pa.OSFile(self._path, "wb")
        self._writer = pa.ipc.new_file(self._file, schema)

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Append rows of the schema."""
        self._writer.write(rows)

    def table(self) -> pa.Table:
        """All rows; nothing can be written any more."""
        self._writer.close()
        self._file.close()
        return pa.ipc.open_file(pa.memory_map(self._path)).read_all()
