"""Bodies of texts on disk while they are compared: only what is asked for is in memory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.fingerprint import text_ids_of
from pipelines.link.verify import Shelf


class TextFile:
    """A file of bodies that is gone when it is closed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder, prefix="bodies-")  # noqa: SIM115
        self._ids: list[NDArray[np.int64]] = []
        self._sizes: list[NDArray[np.int64]] = []

    def close(self) -> None:
        """Give the room back."""
        self._file.close()

    def keep(self, text_ids: pa.Array, bodies: pa.Array) -> None:
        """Append bodies, each once; none is null."""
        ids, first = np.unique(text_ids.to_numpy(), return_index=True)
        large = pc.cast(pc.take(bodies, pa.array(first)), pa.large_string())
        edges = np.frombuffer(large.buffers()[1], np.int64, len(ids) + 1, 8 * large.offset)
        self._file.write(memoryview(large.buffers()[2] or b"")[edges[0] : edges[-1]])
        self._ids.append(ids)
        self._sizes.append(np.diff(edges))

    def find(self, text_ids: pa.Array, bodies: pa.Array) -> None:
        """Keep bodies; a former body of a document, which is another text by now, is passed."""
        is_it = pa.array(text_ids_of(bodies) == text_ids.to_numpy())
        self.keep(text_ids.filter(is_it), bodies.filter(is_it))

    def lacks(self, text_ids: pa.Array) -> pa.Array:
        """Those of the texts that are not in the file."""
        known = np.concatenate([*self._ids, np.zeros(0, np.int64)])
        return text_ids.filter(pa.array(~np.isin(text_ids.to_numpy(), known)))

    def shelf(self) -> Shelf:
        """What lies in the file by now."""
        self._file.flush()
        ids = np.concatenate([*self._ids, np.zeros(0, np.int64)])
        sizes = np.concatenate([*self._sizes, np.zeros(0, np.int64)])
        order = np.argsort(ids, kind="stable")
        starts = np.cumsum(sizes) - sizes
        return _Rows(self._file.fileno(), ids[order], starts[order], sizes[order]).take


class _Rows:
    def __init__(
        self,
        file: int,
        ids: NDArray[np.int64],
        starts: NDArray[np.int64],
        sizes: NDArray[np.int64],
    ) -> None:
        self._file, self._ids, self._starts, self._sizes = file, ids, starts, sizes

    def take(self, wanted: pa.Array) -> pa.Array:
        """Bodies of the texts, large_string[n]. Raises KeyError if one is missing."""
        asked = wanted.to_numpy()
        rows = np.searchsorted(self._ids, asked)
        if len(asked) and (not len(self._ids) or rows.max() >= len(self._ids)):
            raise KeyError(f"no body for a text among {len(asked)}")
        missing = asked[self._ids[rows] != asked]
        if len(missing):
            raise KeyError(f"no body for {len(missing)} of {len(asked)} texts: {missing[0]}")
        sizes = self._sizes[rows]
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        data = bytearray(int(offsets[-1]))
        view = memoryview(data)
        for row in np.argsort(self._starts[rows]).tolist():
            part = view[offsets[row] : offsets[row + 1]]
            os.preadv(self._file, [part], int(self._starts[rows[row]]))
        buffers = [None, pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_string(), len(asked), buffers)
