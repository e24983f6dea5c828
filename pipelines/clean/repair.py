"""Repairs: what is wrong inside kept lines and between them, each change reversible.

A step reads a document and yields changes; the steps run in the order of REPAIRS, and where two
would change the same characters the earlier one does. `flags` says, for a whole batch at once,
which documents a step could find anything in; on all others no step runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np
import re2

from pipelines.clean.segment import CHARACTER_CLASSES, LineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION: Final = "1"
"""Part of `rules_version`; to be raised when a step changes what it repairs."""

INVISIBLE: Final = 1
ODD_SPACE: Final = 2
MOJIBAKE: Final = 4
GLUED: Final = 8

Change = tuple[int, str, str]
"""Offset into the line, what stands there, what shall stand there."""


class Context(NamedTuple):
    """What a step may know beyond the line it reads."""

    raw_text: str
    language: str


Step = Callable[[str, Context], Iterator[Change]]


def _marks() -> NDArray[np.uint8]:
    """Flag of each code point that alone calls for a repair."""
    marks = np.zeros(0x10000, dtype=np.uint8)
    marks[[ord(c) for c in "\u200b\u2060\ufeff\u00ad"]] = INVISIBLE
    marks[[c for c in range(0x80, 0x3000) if CHARACTER_CLASSES[c] == 1 and marks[c] == 0]] = (
        ODD_SPACE
    )
    marks[[9, 11, 12, 28, 29, 30, 31]] = ODD_SPACE
    return marks


_MARKS: Final = _marks()
_SMALL_A: Final = np.uint32(ord("a"))
_LARGE_A: Final = np.uint32(ord("A"))
_LETTERS: Final = np.uint32(26)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _is_mojibake_lead(code: int) -> bool:
    """First byte of a UTF-8 sequence, read as Latin-1, that real mojibake begins with."""
    return code in (0xC2, 0xC3, 0xC4, 0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xE2, 0xF0)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _flag_documents(codes: Any, document_start: Any, marks: Any) -> Any:
    flags = np.zeros(document_start.size - 1, dtype=np.uint8)
    for row in range(flags.size):
        found = np.uint8(0)
        glued = small = before = np.uint32(0)
        for code in codes[document_start[row] : document_start[row + 1]]:
            if code < 0x80:  # sums and products: no branch, as where words end cannot be foreseen
                is_small = np.uint32(np.uint32(code - _SMALL_A) < _LETTERS)
                glued |= np.uint32(np.uint32(code - _LARGE_A) < _LETTERS) & np.uint32(small >= 4)
                small = np.uint32((small + is_small) * is_small)
                found |= marks[code]
            else:
                if code < 0x2200 and _is_mojibake_lead(before):
                    found |= np.uint8(MOJIBAKE)
                if code < 0x10000:
                    found |= marks[code]
                small = np.uint32(0)
            before = code
        flags[row] = found | np.uint8(GLUED * glued)
    return flags


def flags(codes: NDArray[np.uint32], document_start: NDArray[np.int64]) -> NDArray[np.uint8]:
    """What each document may need: a sum of INVISIBLE, ODD_SPACE, MOJIBAKE, GLUED."""
    found: NDArray[np.uint8] = _flag_documents(codes, document_start, _MARKS)
    return found


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _flag_lines(codes: Any, lines: Any, documents: Any, marks: Any, flags: Any) -> None:
    document, start, end = lines
    for i in range(start.size):
        wanted = documents[document[i]]
        if wanted == 0:
            continue
        found = np.uint8(0)
        before = np.uint32(0)
        for code in codes[start[i] : end[i]]:
            if code >= 0x80:
                if code < 0x2200 and _is_mojibake_lead(before):
                    found |= np.uint8(MOJIBAKE)
            elif 65 <= code <= 90 and (97 <= before <= 122 or 0xDF <= before <= 0xFF):
                found |= np.uint8(GLUED)
            if code < 0x10000:
                found |= marks[code]
            before = code
        flags[i] = found & wanted


def line_flags(lines: LineBatch, documents: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What each line may need of that which its document may (`flags`), shape (lines,)."""
    found = np.zeros(lines.start.size, dtype=np.uint8)
    _flag_lines(lines.codes, (lines.document, lines.start, lines.end), documents, _MARKS, found)
    return found


_MOJIBAKE: Final = re2.compile(
    "(?:[ÂÃÄÅÎÏÐÑ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"
    "|â[\u0080-\u00bf€][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"
    "|ð[\u0080-\u00bfŸ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]{2})+"
)


def _as_cp1252(text: str) -> bytes:
    """Bytes of a text read as Windows-1252, its five unused places read as Latin-1."""
    return b"".join(c.encode("cp1252") if ord(c) > 0xFF else c.encode("latin-1") for c in text)


def mojibake(line: str, _: Context) -> Iterator[Change]:
    """Runs of UTF-8 that was read as Windows-1252 (`donâ€™t`), where they decode as a whole."""
    for found in _MOJIBAKE.finditer(line):
        try:
            after = _as_cp1252(found.group()).decode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
        yield found.start(), found.group(), after


_INVISIBLE: Final = re2.compile("[\u200b\u2060\ufeff\u00ad]+")
_ODD: Final = "\t\u000b\u000c\u001c-\u001f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ODD_SPACE: Final = re2.compile(f" *[{_ODD}][ {_ODD}]*")


def invisible_characters(line: str, _: Context) -> Iterator[Change]:
    """Zero-width spaces and soft hyphens."""
    for found in _INVISIBLE.finditer(line):
        yield found.start(), found.group(), ""


def tidied(text: str) -> str:
    """A text without invisible characters and odd spaces, as they are repaired in an article."""
    return text if text.isascii() else _ODD_SPACE.sub(" ", _INVISIBLE.sub("", text))


def odd_spaces(line: str, _: Context) -> Iterator[Change]:
    """Non-breaking, thin and ideographic spaces and tabs, to one ordinary space a run."""
    for found in _ODD_SPACE.finditer(line):
        yield found.start(), found.group(), " "


_GLUED: Final = re2.compile(r"\b([a-z\x{df}-\x{ff}]{4,})([A-Z]\pL?[a-z\x{df}-\x{ff}]+)\b( \p{Lu})?")
_NOT_GLUED: Final = {"Innen", "Phone", "Tube", "Pad", "Book", "Soft", "Script"}
_SPACED_LANGUAGES: Final = {"en", "fr", "es", "pt", "it", "nl", "da", "sv", "no", "nb", "de"}


def glued_words(line: str, context: Context) -> Iterator[Change]:
    """A lost space before a name (`cosmonautsSergey Ryzhikov`).

    Only where the word stands once in the text and either one half also stands alone in it or a
    further name follows, in languages that write no capital inside a word.
    """
    if context.language not in _SPACED_LANGUAGES:
        return
    for found in _GLUED.finditer(line):
        left, right, name = found.groups()
        if right in _NOT_GLUED or context.raw_text.count(left + right) > 1:
            continue
        alone = f" {left} " in context.raw_text or f" {right} " in context.raw_text
        if alone or name:
            yield found.start(), left + right, f"{left} {right}"


REPAIRS: Final[tuple[tuple[str, int, Step], ...]] = (
    ("mojibake", MOJIBAKE, mojibake),
    ("invisible_characters", INVISIBLE, invisible_characters),
    ("odd_spaces", ODD_SPACE, odd_spaces),
    ("glued_words", GLUED, glued_words),
)
"""(repair_id, flag of the documents it may concern, step), in the order they run."""


def repair_line(line: str, flag: int, context: Context) -> Iterator[tuple[str, Change]]:
    """Changes of one line in order of place, none overlapping."""
    taken: list[tuple[int, int, str, Change]] = []
    for repair_id, wanted, step in REPAIRS:
        if flag & wanted:
            for change in step(line, context):
                start, end = change[0], change[0] + len(change[1])
                if all(end <= other[0] or start >= other[1] for other in taken):
                    taken.append((start, end, repair_id, change))
    for _, _, repair_id, change in sorted(taken):
        yield repair_id, change
