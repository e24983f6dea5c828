"""Which ids were seen before: 16 bytes each, however many nights there have been."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Halves = tuple[NDArray[np.uint64], NDArray[np.uint64]]

ID_CHARS: Final = 32
_MOST_RUNS: Final = 12
_DIGIT: Final = np.full(256, 0xFF, dtype=np.uint8)
_DIGIT[[*b"0123456789abcdef"]] = range(16)


def _halves(ids: pa.Array) -> Halves:
    """The two halves of each id, as numbers.

    Raises ValueError for an id that is not 32 lower-case hexadecimal digits.
    """
    data = np.frombuffer(b"".join(ids.cast(pa.binary()).to_pylist()), dtype=np.uint8)
    digits = _DIGIT[data]
    if data.size != ID_CHARS * len(ids) or digits.max(initial=0) == 0xFF:
        raise ValueError("an id that is not 32 hexadecimal digits; run: copydesk doctor")
    pairs = (digits[::2] << 4 | digits[1::2]).astype(np.uint8)
    numbers = pairs.view(">u8").astype(np.uint64).reshape(-1, 2)
    return numbers[:, 0].copy(), numbers[:, 1].copy()


class KnownIds:
    """A set of 128-bit ids in sorted runs; all 128 bits are compared."""

    def __init__(self, ids: Iterable[pa.Array] = ()) -> None:
        self._runs: list[Halves] = []
        parts = [_halves(some) for some in ids if len(some)]
        if parts:
            self._add(*(np.concatenate(half) for half in zip(*parts, strict=True)))

    def __len__(self) -> int:
        return sum(high.size for high, _ in self._runs)

    def first_times(self, ids: pa.Array) -> NDArray[np.bool_]:
        """Whether each id is seen for the first time, here or in `ids`; all are known then.

        Raises ValueError for an id that is not 32 lower-case hexadecimal digits.
        """
        high, low = _halves(ids)
        order = np.lexsort((low, high))
        again = (np.diff(high[order]) == 0) & (np.diff(low[order]) == 0)
        is_new = np.ones(high.size, dtype=np.bool_)
        is_new[order[1:][again]] = False
        for run in self._runs:
            is_new &= ~_among(run, high, low)
        self._add(high[is_new], low[is_new])
        return is_new

    def _add(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> None:
        if not high.size:
            return
        self._runs.append(_ordered(high, low))
        if len(self._runs) > _MOST_RUNS:
            joined = (np.concatenate(half) for half in zip(*self._runs, strict=True))
            self._runs = [_ordered(*joined)]


def _ordered(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> Halves:
    order = np.argsort(high, kind="stable")
    return high[order], low[order]


def _among(run: Halves, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether each id stands in a run, sorted by its first halves."""
    known_high, known_low = run
    at = np.searchsorted(known_high, high)
    found = np.zeros(high.size, dtype=np.bool_)
    same = np.flatnonzero(known_high[np.minimum(at, known_high.size - 1)] == high)
    while same.size:  # ids that share a half stand one after the other: hardly ever two of them
        found[same] |= known_low[at[same]] == low[same]
        at[same] += 1
        same = same[at[same] < known_high.size]
        same = same[known_high[at[same]] == high[same]]
    return found
