"""White space between kept lines: at most one blank line, none at the edges.

A gap is the white space between two lines. Gaps of one line break or of one blank line are left
as they are, so that a body keeps the paragraphs its raw text has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import re2

from pipelines.clean.segment import CHARACTER_CLASSES, LineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DATE_PREFIX: Final = re2.compile(r"date ([0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)\s+")
_PREFIX_START: Final = np.array([ord(c) for c in "date "], dtype=np.uint32)
PREFIX_CHARS: Final = len("date 2025-04 ")


@dataclass(frozen=True, slots=True)
class Gaps:
    """The white space below each line of a batch, shape (lines,)."""

    until: NDArray[np.int64]
    """Where the gap ends: the next line of the document, or the document's end."""
    breaks: NDArray[np.int32]
    """Line breaks in it."""
    is_plain: NDArray[np.bool_]
    """Whether it is exactly one or two line feeds."""


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _read_gaps(codes: Any, classes: Any, bounds: Any, breaks: Any, is_plain: Any) -> None:
    end, until = bounds
    for i in range(end.size):
        count = 0
        feeds = 0
        for at in range(end[i], until[i]):
            code = codes[at]
            feeds += code == 10
            within_pair = code == 13 and at + 1 < until[i] and codes[at + 1] == 10
            if code < 0x10000 and classes[code] == 2 and not within_pair:
                count += 1
        breaks[i] = count
        is_plain[i] = feeds == until[i] - end[i] and 1 <= feeds <= 2


def read_gaps(lines: LineBatch) -> Gaps:
    """The gap below every line."""
    until = lines.document_start[lines.document + 1].copy()
    same = lines.document[1:] == lines.document[:-1]
    until[:-1][same] = lines.start[1:][same]
    breaks = np.zeros(until.size, dtype=np.int32)
    is_plain = np.zeros(until.size, dtype=np.bool_)
    _read_gaps(lines.codes, CHARACTER_CLASSES, (lines.end, until), breaks, is_plain)
    return Gaps(until, breaks, is_plain)


def without_date_prefix(lines: LineBatch) -> tuple[LineBatch, dict[int, str]]:
    """The lines, a leading `date YYYY-MM-DD ` no longer part of them, and the dates by row.

    Scrapers write the page's date so in front of the text, of some pages `date YYYY-MM ` only; what
    is left of the first line then begins after it. A line of nothing but the date is left alone.
    """
    first = np.flatnonzero(np.diff(lines.document, prepend=-1) > 0)
    long = first[lines.end[first] - lines.start[first] > PREFIX_CHARS]
    window = lines.start[long][:, None] + np.arange(_PREFIX_START.size)
    marked = long[(lines.codes[window] == _PREFIX_START).all(axis=1)]
    start, dates = lines.start.copy(), {}
    for i in marked.tolist():
        found = _DATE_PREFIX.match(lines.text[lines.start[i] : lines.end[i]])
        if found and found.end() < lines.end[i] - lines.start[i]:
            start[i] += found.end()
            dates[int(lines.document[i])] = found.group(1)
    return replace(lines, start=start), dates
