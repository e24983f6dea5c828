"""What the line model knows of a line's wording: its tokens, looked up and put together."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

EMPTY_SLOT: Final = np.uint32(0)
ODDS_STEP: Final = 16
"""Log-odds are stored as whole numbers of so many to one."""
ODDS_COLUMNS: Final = 6


_MARK_BITS: Final = np.uint32(20)
_WORD_BITS: Final = np.uint32(5)


class Vocabulary(NamedTuple):
    """Where to look tokens up."""

    table: NDArray[np.uint32]
    """Open-addressing table of (key, row); row 0 is "unknown"."""
    marks: NDArray[np.uint32]
    """A bit for each value of a token's upper bits that a known one has, in 128 kB: most tokens
    are unknown, and few of those need the table."""

    @classmethod
    def of(cls, keys: NDArray[np.uint32]) -> Vocabulary:
        """Of distinct non-zero keys, in order of their rows, which count from 1."""
        size = 1024
        while 2 * size < 3 * len(keys):
            size *= 2
        table = np.zeros((size, 2), dtype=np.uint32)
        _fill(keys, table)
        marks = np.zeros(1 << int(_MARK_BITS - _WORD_BITS), dtype=np.uint32)
        upper = keys >> (np.uint32(32) - _MARK_BITS)
        bits = np.uint32(1) << (upper & np.uint32(31))
        np.bitwise_or.at(marks, upper >> _WORD_BITS, bits)
        return cls(table, marks)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _fill(keys: Any, table: Any) -> None:
    mask = np.uint32(len(table) - 1)
    for row in range(len(keys)):
        slot = keys[row] & mask
        while table[slot, 0] != EMPTY_SLOT:
            slot = (slot + np.uint32(1)) & mask
        table[slot, 0] = keys[row]
        table[slot, 1] = row + 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _likely(tokens: Any, marks: Any, out: Any) -> Any:
    """Write tokens that may be known to `out`, which has room for one more; how many they are.

    Without a branch: which they are cannot be foreseen.
    """
    kept = np.uint64(0)
    for token in tokens:
        upper = token >> (np.uint32(32) - _MARK_BITS)
        out[kept] = token
        mark = marks[upper >> _WORD_BITS] >> (upper & np.uint32(31))
        kept += np.uint64(mark & np.uint32(1))
    return kept


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _row_of(key: Any, table: Any) -> Any:
    mask = np.uint32(len(table) - 1)
    slot = key & mask
    while table[slot, 0] != EMPTY_SLOT:
        if table[slot, 0] == key:
            return table[slot, 1]
        slot = (slot + np.uint32(1)) & mask
    return np.uint32(0)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _note_odds(value: Any, seen: Any) -> None:
    """Keep sum, two highest and two lowest of the values in `seen` int32[5]."""
    seen[0] += value
    if value > seen[1]:
        seen[2] = seen[1]
        seen[1] = value
    elif value > seen[2]:
        seen[2] = value
    if value < seen[3]:
        seen[4] = seen[3]
        seen[3] = value
    elif value < seen[4]:
        seen[4] = value


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _write_odds(seen: Any, known: Any, out: Any) -> None:
    step = np.float32(0.5 / ODDS_STEP)
    out[0] = seen[0] * step / np.float32(max(known, 1))
    for j in range(1, 5):
        out[j] = seen[j] * step
    out[5] = min(max(seen[0] * step / np.float32(8), np.float32(-2)), np.float32(2))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def pool_wording(tokens: Any, counts: Any, vocabulary: Any, known: Any, out: Any) -> None:
    """Write what is known of each line's tokens to `out` float32 (lines, 6 + 2 d).

    First their log-odds: mean, two highest, two lowest, sum; then mean and maximum of their
    embeddings. `known`: odds int8 (known tokens,), in steps of 1 / ODDS_STEP; embedding int8
    (rows, d); its scale float32 (d,). Tokens past the last row have no embedding.
    """
    table, marks = vocabulary
    odds, embedding, scale = known
    width = embedding.shape[1]
    likely = np.empty(tokens.shape[1] + 1, dtype=np.uint32)
    total = np.empty(width, dtype=np.int32)
    peak = np.empty(width, dtype=np.int8)
    seen = np.empty(5, dtype=np.int32)
    for i in range(len(counts)):
        total[:] = 0
        peak[:] = -128
        seen[:] = 0
        found = embedded = 0
        for t in range(_likely(tokens[i, : counts[i]], marks, likely)):
            row = _row_of(likely[t], table)
            if row == 0:
                continue
            found += 1
            _note_odds(odds[row - 1], seen)
            if row < len(embedding):
                embedded += 1
                for j in range(width):
                    total[j] += embedding[row, j]
                    peak[j] = max(peak[j], embedding[row, j])
        _write_odds(seen, found, out[i])
        share = np.float32(1) / np.float32(max(embedded, 1))
        for j in range(width):
            out[i, ODDS_COLUMNS + j] = total[j] * share * scale[j]
            last = peak[j] * scale[j] if embedded else np.float32(0)
            out[i, ODDS_COLUMNS + width + j] = last
