"""The comparison form of a line: what rules are matched on and what sites are counted by.

Folding is one code point to one code point (or to none): lower case, typographic quotes and
dashes to ASCII, full-width forms to ASCII, runs of white space to one blank, zero-width
characters, soft hyphens and directional marks to nothing. The *core* of a line is its folded
text without bullets, arrows, brackets and punctuation at the edges (quotation marks stay: a
quoted line is speech).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.fold_characters import DIGIT, EDGE, FOLD, LOWER, MARK, POINT, WORDS
from pipelines.clean.hashing import fnv, identity
from pipelines.clean.segment import LineBatch
from pipelines.clean.strings import code_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE_CHARS: Final = 400
"""Lines up to this length are matched whole; of longer ones only the two windows below."""

HEAD_CHARS: Final = 260
TAIL_CHARS: Final = 130


@dataclass(frozen=True, slots=True)
class FoldedLines:
    """Folded text of every line of a batch; all arrays have shape (lines,).

    `cased[start:end]` holds the code points of the folded line in its own case, `lower[start:end]`
    in lower case (same offsets); `core_start`/`core_end` bound the core. Of a line longer than
    WHOLE_CHARS they hold the first HEAD_CHARS only; `tail_start`/`tail_end` bound its last
    TAIL_CHARS (of a short line, the end of the same text).
    """

    cased: NDArray[np.uint32]
    lower: NDArray[np.uint32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    core_start: NDArray[np.int64]
    core_end: NDArray[np.int64]
    tail_start: NDArray[np.int64]
    tail_end: NDArray[np.int64]
    chars: NDArray[np.int64]
    """Length of the whole folded line."""
    has_tail_mark: NDArray[np.bool_]
    """Whether one of `/ © | ( [ :` stands in the tail: only then can a credit end the line."""
    exact_hash: NDArray[np.uint64]
    """What tells folded lines in their own case apart; means nothing outside this process."""
    line_hash: NDArray[np.uint64]
    """Hash of the words of the lower-case core, every number read as 0."""

    def lower_text(self, first: int, last: int) -> str:
        """A stretch of `lower` as text."""
        return self.lower[first:last].tobytes().decode("utf-32-le")


_BLANK: Final = np.uint32(32)
_ONE: Final = np.uint64(1)
_KIND_BITS: Final = np.uint32(24)
_READ: Final = np.uint32(0x1FFFFF)
_NUMERIC: Final = np.uint32(DIGIT << 24)
_EMOJI: Final = np.uint32(MARK << 24 | 32)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _add(code: Any, out: Any, size: Any, after_blank: Any) -> Any:
    """Write a code point, a second blank in a row so that the next one overwrites it.

    The new size, and whether a blank stands last. Without a branch: where words end cannot be
    foreseen, and each wrong guess costs as much as ten characters.
    """
    out[size] = code
    is_blank = np.uint64(code == _BLANK)
    return size + _ONE - (is_blank & after_blank), is_blank


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _without_last_blank(out: Any, size: Any) -> Any:
    return size - _ONE if size > 0 and out[size - _ONE] == _BLANK else size


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _read_words(codes: Any, table: Any, out: Any) -> Any:
    """The words of a line in lower case, one blank between them, `12`, `1,234` and `3.5` all as 0.

    How many code points that are; written to `out`.
    """
    size = np.uint64(0)
    after_blank = _ONE
    in_number = pointed = False
    for code in codes:
        if code < 0x10000:
            read = table[code]
        else:
            read = _EMOJI if 0x1F000 <= code < 0x1FB00 else np.uint32(code)
        if read < _NUMERIC:
            size, after_blank = _add(read & _READ, out, size, after_blank)
            in_number = pointed = False
            continue
        kind = read >> _KIND_BITS
        if kind == DIGIT:
            if pointed:  # the point was part of the number
                size -= _ONE
            elif not in_number:
                out[size] = read & _READ
                size += _ONE
            after_blank = np.uint64(0)
            in_number, pointed = True, False
        elif kind == POINT:
            size, after_blank = _add(_BLANK, out, size, after_blank)
            in_number, pointed = in_number and not pointed, in_number and not pointed
    return _without_last_blank(out, size)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fold_line(codes: Any, fold: Any, out: Any) -> Any:
    """Folded code points of one line into `out`; how many."""
    size = np.uint64(0)
    after_blank = _ONE
    for original in codes:
        code = fold[original] if original < 0x10000 else original
        if code != 0:
            size, after_blank = _add(code, out, size, after_blank)
    return _without_last_blank(out, size)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _line_hash(codes: Any, fold: Any, words: Any, out: Any) -> Any:
    """Hash of the words of a line; of the whole folded line where marks are all it has."""
    size = _read_words(codes, words, out)
    return fnv(out[: size if size > 0 else _fold_line(codes, fold, out)])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _room(start: Any, end: Any) -> Any:
    """Room for the longest line, and one code point that may be written in vain."""
    longest = 0
    for i in range(start.size):
        longest = max(longest, end[i] - start[i])
    return np.empty(longest + 1, dtype=np.uint32)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_all(codes: Any, start: Any, end: Any, tables: Any, hashes: Any) -> None:
    fold, words = tables
    line = _room(start, end)
    for i in range(start.size):
        hashes[i] = _line_hash(codes[start[i] : end[i]], fold, words, line)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _at_edge(code: int, edge: Any) -> bool:
    return edge[code] if code < 0x10000 else 0x1F000 <= code < 0x1FB00


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _core(line: Any, edge: Any) -> tuple[int, int]:
    first, last = 0, line.size
    while first < last and _at_edge(line[first], edge):
        first += 1
    while last > first and _at_edge(line[last - 1], edge):
        last -= 1
    return (first, last) if first < last else (0, line.size)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _has_mark(codes: Any) -> Any:
    found = np.uint32(0)
    for c in codes:
        is_mark = (c == 47) | (c == 0xA9) | (c == 124) | (c == 40) | (c == 91) | (c == 58)
        found |= np.uint32(is_mark)
    return found > 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _write(codes: Any, table: Any, cased: Any, lower: Any) -> None:
    for at in range(codes.size):
        code = codes[at]
        cased[at] = code
        lower[at] = table[code] if code < 0x10000 else code


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fold_all(codes: Any, start: Any, end: Any, tables: Any, results: Any) -> int:
    """Fold every line into the four results: text, in lower case, bounds (8, lines), hashes."""
    fold, words, table, edge = tables
    cased, lower, at, hashes = results
    room = _room(start, end)
    used = 0
    for i in range(start.size):
        original = codes[start[i] : end[i]]
        hashes[1, i] = _line_hash(original, fold, words, room)
        line = room[: _fold_line(original, fold, room)]
        hashes[0, i] = identity(line)
        size = line.size
        first, last = _core(line, edge)
        head = size if size <= WHOLE_CHARS else HEAD_CHARS
        until = used + head
        _write(line[:head], table, cased[used:until], lower[used:until])
        at[0, i], at[1, i] = used, until
        at[2, i], at[3, i] = used + min(first, head), used + min(last, head)
        used = until
        tail = min(size, TAIL_CHARS)
        if size > WHOLE_CHARS:
            used = until + tail
            _write(line[size - tail :], table, cased[until:used], lower[until:used])
        at[4, i], at[5, i] = used - tail, used
        at[6, i] = size
        at[7, i] = _has_mark(line[size - tail :])
    return used


def fold(lines: LineBatch) -> FoldedLines:
    """The folded form of every line of a batch."""
    sizes = np.minimum(lines.end - lines.start, WHOLE_CHARS + TAIL_CHARS)
    cased = np.empty(int(sizes.sum()), dtype=np.uint32)
    lower = np.empty_like(cased)
    at = np.empty((8, lines.start.size), dtype=np.int64)
    hashes = np.empty((2, lines.start.size), dtype=np.uint64)
    tables = (FOLD, WORDS, LOWER, EDGE)
    used = _fold_all(lines.codes, lines.start, lines.end, tables, (cased, lower, at, hashes))
    start, end, core_start, core_end, tail_start, tail_end, chars, has_tail_mark = at
    return FoldedLines(
        cased=cased[:used],
        lower=lower[:used],
        start=start,
        end=end,
        core_start=core_start,
        core_end=core_end,
        tail_start=tail_start,
        tail_end=tail_end,
        chars=chars,
        has_tail_mark=has_tail_mark > 0,
        exact_hash=hashes[0],
        line_hash=hashes[1],
    )


def line_hashes(lines: LineBatch) -> NDArray[np.uint64]:
    """The hash under which a site's lines are counted, shape (lines,).

    Equal for lines that differ only in case, numbers, white space, typographic marks and
    punctuation at the edges. FNV-1a over code points with MurmurHash3's finaliser: the same on
    every machine, so it may be kept in the lake.
    """
    hashes = np.empty(lines.start.size, dtype=np.uint64)
    _hash_all(lines.codes, lines.start, lines.end, (FOLD, WORDS), hashes)
    return hashes


def fold_texts(texts: list[str]) -> list[tuple[str, int]]:
    """Lower-case core of each of some texts, taken as one line, and its line hash."""
    codes, bounds = code_points(texts)
    document = np.arange(len(texts), dtype=np.int32)
    one = np.ones_like(document)
    folded = fold(LineBatch("".join(texts), codes, bounds, document, one, bounds[:-1], bounds[1:]))
    core = zip(folded.core_start.tolist(), folded.core_end.tolist(), strict=True)
    cores = [folded.lower_text(first, last) for first, last in core]
    return list(zip(cores, folded.line_hash.tolist(), strict=True))


def fold_text(text: str) -> tuple[str, int]:
    """Lower-case core of one line of text, and its line hash."""
    return fold_texts([text])[0]
