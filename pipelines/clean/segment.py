r"""Documents -> lines, with offsets into the raw text.

A line ends at `\n`, `\r\n`, `\r`, U+0085 (next line), U+2028 (line separator) or U+2029 (paragraph
separator). Vertical tab and form feed count as white space inside a line, as do the zero-width
characters U+200B, U+2060 and U+FEFF: a line of nothing else is blank, and they are trimmed from
a line's edges. Blank lines are counted but not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINE_BREAKS: Final = "\n\r\x85\u2028\u2029"
"""Characters that end a line (`\\r\\n` counts as one break)."""

ZERO_WIDTH: Final = "\u200b\u2060\ufeff"
"""Invisible characters trimmed from the edges of a line together with its white space."""

SPACES: Final = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
"""White space as Python sees it (`str.isspace`), line breaks among it."""


def _character_classes() -> NDArray[np.uint8]:
    """Class of each code point: 0 visible, 1 white space, 2 line break."""
    classes = np.zeros(0x10000, dtype=np.uint8)
    classes[[ord(c) for c in SPACES + ZERO_WIDTH]] = 1
    classes[[ord(c) for c in LINE_BREAKS]] = 2
    return classes


CHARACTER_CLASSES: Final = _character_classes()

_ONE: Final = np.uint64(1)  # an index without sign is not checked for counting from the end


@dataclass(frozen=True, slots=True)
class LineBatch:
    """The non-blank lines of a batch of documents, as arrays over code points.

    Line `i` is `text[start[i]:end[i]]`; it belongs to row `document[i]` of the batch, whose raw
    text is `text[document_start[row]:document_start[row + 1]]`. Lines come in reading order.
    """

    text: str
    """All raw texts of the batch, one after the other, without separator."""
    codes: NDArray[np.uint32]
    """Code points of `text`."""
    document_start: NDArray[np.int64]
    """Offsets of the documents, shape (documents + 1,)."""
    document: NDArray[np.int32]
    """Row of the document of each line, shape (lines,)."""
    number: NDArray[np.int32]
    """Line number in the raw text, from 1, blank lines counted, shape (lines,)."""
    start: NDArray[np.int64]
    """Offset of the line's first visible character, shape (lines,)."""
    end: NDArray[np.int64]
    """Offset after the line's last visible character, shape (lines,)."""


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_breaks(codes: Any, classes: Any) -> int:
    count = 0
    for code in codes:
        if code < 0x10000 and classes[code] == 2:
            count += 1
    return count


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _class(code: Any, classes: Any) -> Any:
    return classes[code] if code < 0x10000 else np.uint8(0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _next_break(text: Any, at: Any, classes: Any) -> Any:
    """Where the next line break stands, or the text's end."""
    size = np.uint64(text.size)
    while at < size:
        code = text[at]
        # Of ASCII only control characters need the table.
        if (code < 0x20 or code > 0x7E) and _class(code, classes) == 2:
            break
        at += _ONE
    return at


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scan(codes: Any, document_start: Any, classes: Any, lines: Any) -> int:
    """Write (document, number, start, end) of each non-blank line; how many there are."""
    found = 0
    for document in range(document_start.size - 1):
        base = document_start[document]
        text = codes[base : document_start[document + 1]]
        size = np.uint64(text.size)
        number = 1
        start = np.uint64(0)
        while True:
            at = _next_break(text, start, classes)
            end = at
            while start < end and _class(text[start], classes) != 0:
                start += _ONE
            while end > start and _class(text[end - _ONE], classes) != 0:
                end -= _ONE
            if end > start:
                lines[0, found], lines[1, found] = document, number
                lines[2, found] = base + np.int64(start)
                lines[3, found] = base + np.int64(end)
                found += 1
            if at >= size:
                break
            # The break of \r\n is its \n: a \r before it does not count again.
            if not (text[at] == 13 and at + _ONE < size and text[at + _ONE] == 10):
                number += 1
            start = at + _ONE
    return found


def segment(texts: pa.Array) -> LineBatch:
    """Lines of a batch of raw texts (`string` or `large_string`; null counts as empty).

    Linear in the number of characters; the memory needed is about ten bytes a character.
    """
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    first, last = (int(offsets[0]), int(offsets[-1])) if len(texts) else (0, 0)
    text = memoryview(data)[first:last].tobytes().decode("utf-8") if data is not None else ""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    document_start = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(pc.utf8_length(texts).to_numpy(zero_copy_only=False), out=document_start[1:])
    return _lines(text, codes, document_start)


def _lines(text: str, codes: NDArray[np.uint32], document_start: NDArray[np.int64]) -> LineBatch:
    room = _count_breaks(codes, CHARACTER_CLASSES) + document_start.size
    lines = np.empty((4, room), dtype=np.int64)
    found = _scan(codes, document_start, CHARACTER_CLASSES, lines)
    document, number, start, end = lines[:, :found]
    return LineBatch(
        text=text,
        codes=codes,
        document_start=document_start,
        document=document.astype(np.int32),
        number=number.astype(np.int32),
        start=start,
        end=end,
    )
