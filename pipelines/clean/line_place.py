"""Where a line stands in its document, and what it shares with the other lines.

Compiled kernels over one document (or a piece of a very long one). `facts` int64 (lines, FACTS)
holds what `line_features` noted of each line; `out` float32 (lines, len(PLACE_FEATURES)) is
written column by column.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

PLACE_FEATURES: Final = (
    "lines_before", "lines_after", "lines_in_document", "relative_place", "chars_before",
    "chars_after", "prose_before", "prose_after", "prose_gap_before", "prose_gap_after",
    "before_all_prose", "after_all_prose", "prose_share", "prose_count",
    "repeated_before", "repeated_after", "start_repeated", "shared_words", "shared_names",
    "shared_count", "mean_prose_words", "end_repeated", "alike_beside",
)  # fmt: skip
FACT_CHARS, FACT_WORDS, FACT_IS_PROSE, FACT_LINE_HASH, FACT_START_HASH, FACT_KEPT = range(6)
FACT_END_HASH, FACT_LAST_CLASS = 6, 7
FACTS: Final = 8
_LOGARITHMS: Final = np.log1p(np.arange(4096)).astype(np.float32)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def log1p(count: Any) -> Any:
    """log(1 + count), from a table; counts past its end as its last."""
    return _LOGARITHMS[min(count, len(_LOGARITHMS) - 1)]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def empty_table(entries: Any) -> Any:
    """Empty table of (first line, last line, key) at most half full with so many entries."""
    size = 64
    while size < 2 * entries:
        size *= 2
    return np.full((size, 3), -1, dtype=np.int32)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _slot(seen: Any, key: Any, base: Any) -> Any:
    """Slot of a key in the table of the piece that begins at stamp `base`; free if it is new."""
    mask = len(seen) - 1
    slot = np.int64(key) & mask
    while seen[slot, 0] >= base and seen[slot, 2] != key:
        slot = (slot + 1) & mask
    return slot


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _note(seen: Any, key: Any, base: Any, line: Any) -> None:
    """Note that `line` of the piece has what hashes to `key`."""
    slot = _slot(seen, key, base)
    if seen[slot, 0] < base:
        seen[slot, 0] = base + line
        seen[slot, 2] = key
    seen[slot, 1] = base + line


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _elsewhere(seen: Any, key: Any, base: Any, line: Any) -> Any:
    """Whether another line of the piece has what hashes to `key`."""
    slot = _slot(seen, key, base)
    return seen[slot, 0] >= base and (seen[slot, 0] != base + line or seen[slot, 1] != base + line)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def share_words(facts: Any, kept: Any, seen: Any, base: Any, out: Any) -> None:
    """Share of a line's long words, and of its names, that other prose lines have too."""
    for i in range(len(facts)):
        if facts[i, FACT_IS_PROSE]:
            for j in range(facts[i, FACT_KEPT]):
                _note(seen, np.int32(kept[i, j] >> np.uint32(1)), base, i)
    for i in range(len(facts)):
        names = shared = shared_names = np.int64(0)
        for j in range(facts[i, FACT_KEPT]):
            is_name = np.int64(kept[i, j] & np.uint32(1))
            hit = np.int64(_elsewhere(seen, np.int32(kept[i, j] >> np.uint32(1)), base, i))
            names += is_name
            shared += hit
            shared_names += hit * is_name
        out[i, 17] = np.float32(shared) / np.float32(max(facts[i, FACT_KEPT], 1))
        out[i, 18] = np.float32(shared_names) / np.float32(max(names, 1))  # type: ignore[arg-type]
        out[i, 19] = log1p(shared) / np.float32(2)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def find_repeats(facts: Any, seen: Any, base: Any, out: Any) -> None:
    """Whether the line, its first two or its last two words stand elsewhere in the document.

    Of the last two words of prose nothing is noted: only what stands below each other like a list
    ends alike.
    """
    for i in range(len(facts)):
        line = np.int32(facts[i, FACT_LINE_HASH] >> 1)
        out[i, 14] = seen[_slot(seen, line, base), 0] >= base
        _note(seen, line, base, i)
        _note(seen, np.int32((facts[i, FACT_START_HASH] ^ 0x5BD1E995) >> 1), base, i)
        if not facts[i, FACT_IS_PROSE]:
            _note(seen, np.int32((facts[i, FACT_END_HASH] ^ 0x27D4EB2F) >> 1), base, i)
    for i in range(len(facts)):
        line = np.int32(facts[i, FACT_LINE_HASH] >> 1)
        start = np.int32((facts[i, FACT_START_HASH] ^ 0x5BD1E995) >> 1)
        out[i, 15] = seen[_slot(seen, line, base), 1] > base + i
        out[i, 16] = _elsewhere(seen, start, base, i)
        end = np.int32((facts[i, FACT_END_HASH] ^ 0x27D4EB2F) >> 1)
        out[i, 21] = not facts[i, FACT_IS_PROSE] and _elsewhere(seen, end, base, i)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def find_alike(facts: Any, out: Any) -> None:
    """How many of the two lines above and below are no prose, about as long, and end alike."""
    for i in range(len(facts)):
        alike = np.int64(0)
        chars = facts[i, FACT_CHARS]
        for j in range(max(i - 2, 0), min(i + 3, len(facts))):
            other = facts[j, FACT_CHARS]
            fits = (
                j != i and not facts[j, FACT_IS_PROSE] and 3 * min(chars, other) > max(chars, other)
            )
            alike += np.int64(fits and facts[j, FACT_LAST_CLASS] == facts[i, FACT_LAST_CLASS])
        out[i, 22] = np.float32(0) if facts[i, FACT_IS_PROSE] else np.float32(alike) / np.float32(4)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _log(count: Any, scale: Any) -> Any:
    return log1p(count) / np.float32(scale)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def place_before(facts: Any, out: Any) -> Any:
    """Features of what stands before each line; the document's chars, prose lines, their words."""
    chars = prose = prose_words = prose_chars = 0
    gap = -1
    lines = len(facts)
    for i in range(lines):
        row = out[i]
        row[0] = _log(i, 3)
        row[1] = _log(lines - 1 - i, 3)
        row[2] = _log(lines, 5)
        row[3] = (i + np.float32(0.5)) / lines
        row[4] = _log(chars, 8)
        row[6] = _log(prose, 2)
        row[8] = _log(gap, 2) if gap >= 0 else np.float32(2)
        row[10] = prose == 0
        chars += facts[i, FACT_CHARS]
        if facts[i, FACT_IS_PROSE]:
            prose += 1
            prose_words += facts[i, FACT_WORDS]
            prose_chars += facts[i, FACT_CHARS]
            gap = 0
        elif gap >= 0:
            gap += 1
    return chars, prose, prose_words, prose_chars


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def place_after(facts: Any, out: Any, totals: Any) -> None:
    """Features of what stands after each line, and of the whole document."""
    all_chars, all_prose, prose_words, prose_chars = totals
    chars = prose = 0
    gap = -1
    for i in range(len(facts) - 1, -1, -1):
        row = out[i]
        row[5] = _log(chars, 8)
        row[7] = _log(prose, 2)
        row[9] = _log(gap, 2) if gap >= 0 else np.float32(2)
        row[11] = prose == 0
        row[12] = prose_chars / np.float32(max(all_chars, 1))
        row[13] = _log(all_prose, 3)
        row[20] = _log(prose_words // max(all_prose, 1), 4)
        chars += facts[i, FACT_CHARS]
        if facts[i, FACT_IS_PROSE]:
            prose += 1
            gap = 0
        elif gap >= 0:
            gap += 1
