"""Where a line stands: what is prose, and what lies before, between and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.match import BODY, HEAD, TAIL, TERMINALS
from pipelines.clean.segment import LineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_CHARS: Final = 160
"""A line this long is prose even without a full stop (ideographs count three times)."""

SENTENCE_CHARS: Final = 40
"""A line this long that ends like a sentence is prose."""

_CLOSERS: Final = "\"'”’»)]›」』）"
_WIDE: Final = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF), (0x20000, 0x3FFFF))


@dataclass(frozen=True, slots=True)
class Place:
    """Shape and place of every line; all arrays have shape (lines,)."""

    weight: NDArray[np.int64]
    """Length in characters, ideographs counted three times."""
    ends_sentence: NDArray[np.bool_]
    is_prose: NDArray[np.bool_]
    zone: NDArray[np.int8]
    """HEAD, BODY or TAIL; BODY throughout in a document without prose."""
    prose_before: NDArray[np.float64]
    """Share of the document's prose that stands above the line, 0–1; 0 without prose."""


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _shapes(codes: Any, start: Any, end: Any, closing: Any, wide: Any) -> Any:
    """Weight of each line, and whether it ends like a sentence."""
    weight = np.empty(start.size, dtype=np.int64)
    ends = np.zeros(start.size, dtype=np.bool_)
    for i in range(start.size):
        total = end[i] - start[i]
        for at in range(start[i], end[i]):
            if codes[at] >= 0x3040:
                for j in range(wide.shape[0]):
                    if wide[j, 0] <= codes[at] <= wide[j, 1]:
                        total += 2
        weight[i] = total
        last = end[i] - 1
        while last > start[i] and codes[last] < 0x10000 and closing[codes[last]] == 2:
            last -= 1
        ends[i] = codes[last] < 0x10000 and closing[codes[last]] == 1
    return weight, ends


def _closing() -> NDArray[np.uint8]:
    """1 for characters that end a sentence, 2 for quotes and brackets that may follow them."""
    table = np.zeros(0x10000, dtype=np.uint8)
    table[[ord(c) for c in TERMINALS]] = 1
    table[[ord(c) for c in _CLOSERS]] = 2
    return table


_CLOSING: Final = _closing()


def place(lines: LineBatch, has_candidate: Any, wraps: NDArray[np.bool_]) -> Place:
    """Place every line.

    A line for which a rule speaks does not count as prose, one that is part of a wrapped
    paragraph does.
    """
    wide = np.array(_WIDE, dtype=np.int64)
    weight, ends = _shapes(lines.codes, lines.start, lines.end, _CLOSING, wide)
    is_prose = (weight >= LONG_CHARS) | (ends & (weight >= SENTENCE_CHARS))
    is_prose |= in_wrapped(wraps)
    is_prose &= ~has_candidate
    before, total = _prose_before(lines, np.where(is_prose, weight, 0))
    after = total - before - np.where(is_prose, weight, 0)
    zone = np.full(weight.size, BODY, dtype=np.int8)
    zone[(after == 0) & (before > 0) & ~is_prose] = TAIL
    zone[(before == 0) & (after > 0) & ~is_prose] = HEAD
    return Place(weight, ends, is_prose, zone, before / np.maximum(total, 1))


def in_wrapped(wraps: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines that belong to a wrapped paragraph, shape (lines,)."""
    parts = wraps.copy()
    parts[1:] |= wraps[:-1]
    return parts


def _prose_before(
    lines: LineBatch, prose: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Prose above each line in its document, and the prose of the whole document."""
    running = np.concatenate([[0], np.cumsum(prose)])
    first = np.searchsorted(lines.document, np.arange(lines.document_start.size))
    base, until = running[first[:-1]], running[first[1:]]
    return running[:-1] - base[lines.document], (until - base)[lines.document]
