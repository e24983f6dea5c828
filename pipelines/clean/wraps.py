"""Hard-wrapped text: which line breaks were put in by a machine that filled lines to a width.

A document counts as wrapped when no line is longer than MAX_WIDTH and several lines go on in lower
case on the next. In it a break belongs to the wrapping when the next word would not have fitted on
the line: so verse, lists and the last lines of paragraphs keep their breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.segment import CHARACTER_CLASSES, LineBatch
from pipelines.clean.spacing import Gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_WIDTH: Final = 120
MIN_WIDTH: Final = 40
MIN_CONTINUED: Final = 4
"""Breaks followed by a small letter that a document must have to count as wrapped."""

HYPHENS: Final = "-\u2010"

_LOWER: Final = np.array([chr(code).islower() for code in range(0x10000)], dtype=np.bool_)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _first_words(codes: Any, start: Any, end: Any, classes: Any) -> Any:
    """Length of the first word of each line."""
    size = np.zeros(start.size, dtype=np.int64)
    for i in range(start.size):
        at = start[i]
        while at < end[i] and not (codes[at] < 0x10000 and classes[codes[at]] == 1):
            at += 1
        size[i] = at - start[i]
    return size


def find_wraps(lines: LineBatch, gaps: Gaps) -> NDArray[np.bool_]:
    """Whether the break below each line is a wrap, shape (lines,)."""
    size = lines.end - lines.start
    joins = np.zeros(size.size, dtype=np.bool_)
    if not size.size:
        return joins
    width = np.zeros(lines.document_start.size - 1, dtype=np.int64)
    np.maximum.at(width, lines.document, size)
    first = lines.codes[lines.start]
    begins_small = (first < 0x10000) & _LOWER[np.minimum(first, 0xFFFF)]
    followed = (lines.document[1:] == lines.document[:-1]) & (gaps.breaks[:-1] == 1)
    continued = np.bincount(lines.document[:-1][followed & begins_small[1:]], minlength=width.size)
    wrapped = (width <= MAX_WIDTH) & (width >= MIN_WIDTH) & (continued >= MIN_CONTINUED)
    if wrapped.any():
        words = _first_words(lines.codes, lines.start, lines.end, CHARACTER_CLASSES)
        full = size[:-1] + 1 + words[1:] > width[lines.document[:-1]]
        joins[:-1] = followed & full & wrapped[lines.document[:-1]]
    return joins


def join(line: str, following: str, raw_text: str) -> tuple[str, str, str]:
    """How a wrapped line goes on: (repair_id, end of the line replaced, what replaces it).

    A word divided at the end of the line is put together; its hyphen stays where the text has the
    word with a hyphen elsewhere.
    """
    if line[-1] not in HYPHENS or not line[-2:-1].isalpha() or not following[:1].islower():
        return "wrapped_line", "", " "
    head, tail = line.rsplit(maxsplit=1)[-1], following.split(maxsplit=1)[0].rstrip(".,;:!?)”\"'")
    if f"{head}{tail}" in raw_text and f"{head[:-1]}{tail}" not in raw_text:
        return "wrapped_line", "", ""
    return "hyphenation", line[-1], ""
