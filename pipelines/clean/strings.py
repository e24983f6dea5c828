"""Stretches of code points to Arrow strings, many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BYTES: Final = 2**31 - 1
"""Bytes that an array of `pa.string()` holds at most."""

_FEED: Final = np.uint8(ord("\n"))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sizes(codes: Any, start: Any, end: Any, offsets: Any) -> None:
    """Running sum of the UTF-8 sizes of the stretches."""
    used = 0
    for i in range(start.size):
        # A slice of its own and no branch: so the compiler makes vectors of the loop (6 times).
        part = codes[start[i] : end[i]]
        more = np.uint32(0)
        for at in range(part.size):
            code = part[at]
            more += np.uint32(code >= 0x80) + np.uint32(code >= 0x800) + np.uint32(code >= 0x10000)
        used += part.size + more
        offsets[i + 1] = used


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _encode_one(part: Any, out: Any) -> None:
    used = 0
    for code in part:
        if code < 0x80:
            out[used] = code
            used += 1
            continue
        if code < 0x800:
            out[used] = 0xC0 | (code >> 6)
            used += 1
        else:
            if code < 0x10000:
                out[used] = 0xE0 | (code >> 12)
                used += 1
            else:
                out[used] = 0xF0 | (code >> 18)
                out[used + 1] = 0x80 | ((code >> 12) & 0x3F)
                used += 2
            out[used] = 0x80 | ((code >> 6) & 0x3F)
            used += 1
        out[used] = 0x80 | (code & 0x3F)
        used += 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _encode(codes: Any, stretches: Any, first: Any, last: Any, out: Any) -> None:
    start, end = stretches
    for i in range(start.size):
        part, room = codes[start[i] : end[i]], out[first[i] : last[i]]
        if part.size == room.size:  # ASCII throughout
            for at in range(part.size):
                room[at] = part[at]
        else:
            _encode_one(part, room)


def _encoded(
    codes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64], after: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where each stretch begins and the last ends, and the UTF-8; `after` each so many line feeds.

    Raises OverflowError beyond 2 GB.
    """
    offsets = np.zeros(start.size + 1, dtype=np.int64)
    _sizes(codes, start, end, offsets)
    offsets += after * np.arange(offsets.size)
    if offsets[-1] > _MOST_BYTES:
        raise OverflowError(f"{offsets[-1]} bytes of text in one batch; lower `batch_documents`")
    out = np.full(int(offsets[-1]), _FEED) if after else np.empty(int(offsets[-1]), dtype=np.uint8)
    _encode(codes, (start, end), offsets[:-1], offsets[1:] - after, out)
    return offsets, out


def strings(
    codes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64]
) -> pa.Array:
    """The texts `codes[start[i]:end[i]]` as an array of `pa.string()`.

    Code points are those of valid texts: no surrogates. Raises OverflowError beyond 2 GB.
    """
    offsets, out = _encoded(codes, start, end)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.string(), start.size, buffers)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of UTF-8 one after the other, a line feed after each."""

    data: memoryview
    bounds: list[int]
    """Where each line begins, and where one after the last would, shape (lines + 1,)."""

    @classmethod
    def of(
        cls, codes: NDArray[np.uint32], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> Lines:
        """The texts `codes[start[i]:end[i]]`, of which none has a line feed."""
        bounds, data = _encoded(codes, start, end, after=1)
        return cls(data.data, bounds.tolist())

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def text(self, first: int, last: int) -> memoryview:
        """The lines `first` to `last`, without the line feed after them."""
        return self.data[self.bounds[first] : self.bounds[last] - 1]


def code_points(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The code points of some texts in one array, and where each text begins and the last ends."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    bounds = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=bounds[1:])
    return codes, bounds
