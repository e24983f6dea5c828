"""The comparison form of a line: what rules are matched on and what sites are counted by.

Folding is one code point to one code point (or to none): lower case, typographic quotes and
dashes to ASCII, full-width forms to ASCII, runs of white space to one blank, zero-width
characters, soft hyphens and directional marks to nothing. The *core* of a line is its folded
text without bullets, arrows, brackets and punctuation at the edges (quotation marks stay: a
quoted line is speech).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.segment import CHARACTER_CLASSES, LineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE_CHARS: Final = 400
"""Lines up to this length are matched whole; of longer ones only the two windows below."""

HEAD_CHARS: Final = 260
TAIL_CHARS: Final = 130

_REMOVED: Final = 0
_BLANK: Final = 32
_QUOTES: Final = dict.fromkeys("‘’‚‛′`´ʼ", "'") | dict.fromkeys("“”„‟″", '"')
_DASHES: Final = dict.fromkeys("‐‑‒–—―−", "-")
_KEPT_AT_EDGES: Final = set("\"'©®™@#&")


def _fold_one(code: int) -> int:
    character = chr(code)
    if character in _QUOTES or character in _DASHES:
        return ord((_QUOTES | _DASHES)[character])
    if code == 0xAD or unicodedata.category(character) == "Cf" or code == 0xFE0F:
        return _REMOVED
    if CHARACTER_CLASSES[code]:
        return _BLANK
    if 0xFF01 <= code <= 0xFF5E:
        return code - 0xFEE0
    return code


def _lower_one(code: int) -> int:
    if code == 0x130:
        return ord("i")
    lower = chr(code).lower()
    return ord(lower) if len(lower) == 1 else code


def _is_edge(code: int) -> bool:
    character = chr(code)
    return character not in _KEPT_AT_EDGES and (
        character == " "
        or unicodedata.category(character)
        in ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sk", "So")
    )


_ALL: Final = range(0x10000)
FOLD: Final = np.array([_fold_one(c) for c in _ALL], dtype=np.uint32)
LOWER: Final = np.array([_lower_one(c) for c in _ALL], dtype=np.uint32)
EDGE: Final = np.array([_is_edge(c) for c in _ALL], dtype=np.bool_)


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
    """Hash of the folded line in its own case."""
    line_hash: NDArray[np.uint64]
    """Hash of the words of the lower-case core, every number read as 0."""

    def lower_text(self, first: int, last: int) -> str:
        """A stretch of `lower` as text."""
        return self.lower[first:last].tobytes().decode("utf-32-le")


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _mixed(state: Any) -> Any:
    """The 64-bit finaliser of MurmurHash3 (Appleby 2011)."""
    state ^= state >> np.uint64(33)
    state *= np.uint64(0xFF51AFD7ED558CCD)
    state ^= state >> np.uint64(33)
    state *= np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _hash(codes: Any, first: int, last: int) -> Any:
    """FNV-1a over code points, finalised."""
    state = np.uint64(0xCBF29CE484222325)
    for code in codes[first:last]:
        state = (state ^ np.uint64(code)) * np.uint64(0x100000001B3)
    return _mixed(state)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _at_edge(code: int, edge: Any) -> bool:
    return edge[code] if code < 0x10000 else 0x1F000 <= code < 0x1FB00


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _hash_masked(codes: Any, first: int, last: int, lower: Any, edge: Any) -> Any:
    """As `_hash` over the words in lower case, with `12`, `1,234` and `3.5` all read as 0."""
    state = np.uint64(0xCBF29CE484222325)
    was_blank = True
    at = first
    while at < last:
        code = codes[at]
        if _at_edge(code, edge):
            at += 1
            if was_blank:
                continue
            was_blank = True
            state = (state ^ np.uint64(32)) * np.uint64(0x100000001B3)
            continue
        was_blank = False
        if 48 <= code <= 57:
            while at + 1 < last and (
                48 <= codes[at + 1] <= 57
                or (
                    at + 2 < last
                    and (codes[at + 1] == 44 or codes[at + 1] == 46)
                    and 48 <= codes[at + 2] <= 57
                )
            ):
                at += 1
            code = np.uint32(48)
        elif code < 0x10000:
            code = lower[code]
        state = (state ^ np.uint64(code)) * np.uint64(0x100000001B3)
        at += 1
    return _mixed(state)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _fold_line(codes: Any, first: int, last: int, fold: Any, line: Any) -> int:
    """Folded code points of one line into `line`; how many."""
    size = 0
    for original in codes[first:last]:
        code = fold[original] if original < 0x10000 else original
        if code == 0 or (code == 32 and (size == 0 or line[size - 1] == 32)):
            continue
        line[size] = code
        size += 1
    while size > 0 and line[size - 1] == 32:
        size -= 1
    return size


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _is_mark(code: int) -> bool:
    return code in (47, 0xA9, 124, 40, 91, 58)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _core(line: Any, size: int, edge: Any) -> tuple[int, int]:
    first, last = 0, size
    while first < last and _at_edge(line[first], edge):
        first += 1
    while last > first and _at_edge(line[last - 1], edge):
        last -= 1
    return (first, last) if first < last else (0, size)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _fold_all(codes: Any, start: Any, end: Any, tables: Any, results: Any) -> int:
    """Fold every line into the three results: text, bounds (lines, 8), hashes (lines, 2)."""
    fold, lower, edge = tables
    out, at, hashes = results
    longest = 0
    for i in range(start.size):
        longest = max(longest, end[i] - start[i])
    line = np.empty(longest + 1, dtype=np.uint32)
    used = 0
    for i in range(start.size):
        size = _fold_line(codes, start[i], end[i], fold, line)
        first, last = _core(line, size, edge)
        hashes[i, 0] = _hash(line, 0, size)
        if size == 0 or _at_edge(line[first], edge):  # marks are all the line has
            hashes[i, 1] = hashes[i, 0]
        else:
            hashes[i, 1] = _hash_masked(line, first, last, lower, edge)
        head = size if size <= WHOLE_CHARS else HEAD_CHARS
        out[used : used + head] = line[:head]
        at[i, 0], at[i, 1] = used, used + head
        at[i, 2], at[i, 3] = used + min(first, head), used + min(last, head)
        used += head
        tail = min(size, TAIL_CHARS)
        if size > WHOLE_CHARS:
            out[used : used + tail] = line[size - tail : size]
            used += tail
        at[i, 4], at[i, 5] = used - tail, used
        at[i, 6] = size
        at[i, 7] = 0
        for back in range(size - tail, size):
            if _is_mark(line[back]):
                at[i, 7] = 1
    return used


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _to_lower(codes: Any, table: Any, out: Any) -> None:
    for at in range(codes.size):
        out[at] = table[codes[at]] if codes[at] < 0x10000 else codes[at]


def fold(lines: LineBatch) -> FoldedLines:
    """The folded form of every line of a batch."""
    out, at, hashes = _folded(lines)
    lower = np.empty_like(out)
    _to_lower(out, LOWER, lower)
    columns = [np.ascontiguousarray(at[:, column]) for column in range(7)]
    start, end, core_start, core_end, tail_start, tail_end, chars = columns
    return FoldedLines(
        cased=out,
        lower=lower,
        start=start,
        end=end,
        core_start=core_start,
        core_end=core_end,
        tail_start=tail_start,
        tail_end=tail_end,
        chars=chars,
        has_tail_mark=at[:, 7] == 1,
        exact_hash=hashes[:, 0].copy(),
        line_hash=hashes[:, 1].copy(),
    )


def _folded(
    lines: LineBatch,
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint64]]:
    """Folded code points, bounds (lines, 8) and hashes (lines, 2), as `_fold_all` writes them."""
    sizes = np.minimum(lines.end - lines.start, WHOLE_CHARS + TAIL_CHARS)
    out = np.empty(int(sizes.sum()), dtype=np.uint32)
    at = np.empty((lines.start.size, 8), dtype=np.int64)
    hashes = np.empty((lines.start.size, 2), dtype=np.uint64)
    tables = (FOLD, LOWER, EDGE)
    used = _fold_all(lines.codes, lines.start, lines.end, tables, (out, at, hashes))
    return out[:used], at, hashes


def line_hashes(lines: LineBatch) -> NDArray[np.uint64]:
    """The hash under which a site's lines are counted, shape (lines,).

    Equal for lines that differ only in case, numbers, white space, typographic marks and
    punctuation at the edges. FNV-1a over code points with MurmurHash3's finaliser: the same on
    every machine, so it may be kept in the lake.
    """
    return _folded(lines)[2][:, 1].copy()


def fold_text(text: str) -> tuple[str, int]:
    """Lower-case core of one line of text, and its line hash."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    bounds = np.zeros(1, dtype=np.int64), np.array([codes.size], dtype=np.int64)
    document = np.zeros(1, dtype=np.int32)
    offsets = np.array([0, codes.size], dtype=np.int64)
    folded = fold(LineBatch(text, codes, offsets, document, document + 1, *bounds))
    core = folded.lower_text(int(folded.core_start[0]), int(folded.core_end[0]))
    return core, int(folded.line_hash[0])
