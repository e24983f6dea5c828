"""Which lines could be headlines by the words that they share with the prose below them.

The same words as `headline` compares, over a whole batch at once: where no line of a document
shares enough, there is nothing to look for. Of letters whose small form is not one character by
itself nothing is said: such lines may be headlines.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.fold_characters import LOWER

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SHARED: Final = 0.4
"""Share of a headline's longer words that the prose below must have (by their first letters)."""

STEM: Final = 5
"""Letters by which words are compared; of a word of four, all of it."""

MIN_CHARS: Final = 20
MIN_IDEOGRAPHS: Final = 6
"""Characters, or ideographs (kana and Hangul among them), that a headline has at least."""

_MOST_STEMS: Final = 64
"""Words of a line that are looked at, more than a headline has."""

_OPEN: Final = 0xFFFFFFFF
_UNSURE: Final = (0x130, 0x3A3)  # two characters when small; small by what follows
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_ONE: Final = np.uint64(1)


def is_of_word(character: str) -> bool:
    r"""What `\w` matches, and the marks that stand for vowels in Hindi or Tamil."""
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"


def _letters() -> NDArray[np.uint32]:
    """Small form of each code point of a word, 0 for others, _OPEN where it is neither."""
    is_letter = np.array([is_of_word(chr(code)) for code in range(0x10000)])
    table = np.where(is_letter, LOWER, 0)
    table[is_letter != is_letter[LOWER]] = _OPEN
    table[[*_UNSURE]] = _OPEN
    return table.astype(np.uint32)


_LETTERS: Final = _letters()


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _letter(code: Any, table: Any) -> Any:
    return table[code] if code < 0x10000 else np.uint32(_OPEN)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _next_word(text: Any, at: Any, table: Any) -> Any:
    """Begin and end of the next word from `at` on; the end is -1 where a letter is open."""
    while at < text.size and _letter(text[at], table) == 0:
        at += 1
    begin = at
    is_open = False
    while at < text.size:
        letter = _letter(text[at], table)
        if letter == 0:
            break
        is_open |= letter == _OPEN
        at += 1
    return begin, (-1 if is_open else at)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _stem(word: Any, table: Any) -> Any:
    """First four letters of a word in small form, and the fifth, 0 if there is none."""
    four = np.uint64(0)
    for i in range(4):
        four |= np.uint64(table[word[i]]) << np.uint64(16 * i)
    return four, np.uint64(table[word[4]]) if word.size > 4 else np.uint64(0)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _bit(four: Any, fifth: Any) -> Any:
    """One of 64 bits that stands for a stem."""
    return _ONE << (((four ^ (fifth << np.uint64(24))) * _SPREAD) >> np.uint64(58))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _line_stems(line: Any, table: Any, stems: Any) -> Any:
    """Distinct stems of a line into `stems` uint64 (_MOST_STEMS, 2); how many, -1 if open."""
    count, at = 0, 0
    while at < line.size:
        begin, at = _next_word(line, at, table)
        if at < 0:
            return -1
        if at - begin < 4:
            continue
        four, fifth = _stem(line[begin:at], table)
        is_new = True
        for i in range(count):
            is_new &= stems[i, 0] != four or stems[i, 1] != fifth
        if is_new:
            if count == _MOST_STEMS:
                return -1
            stems[count, 0], stems[count, 1] = four, fifth
            count += 1
    return count


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _shares(prose: Any, table: Any, stems: Any, least: Any) -> Any:
    """Whether the prose has `least` of the stems, or an open letter; `stems` is used up."""
    mask = np.uint64(0)
    for i in range(len(stems)):
        mask |= _bit(stems[i, 0], stems[i, 1])
    found, at = 0, 0
    while at < prose.size and found < least:
        begin, at = _next_word(prose, at, table)
        if at < 0:
            return True
        if at - begin < 4:
            continue
        four, fifth = _stem(prose[begin:at], table)
        if mask & _bit(four, fifth):
            for i in range(len(stems)):
                if stems[i, 0] == four and stems[i, 1] == fifth:
                    stems[i, 0] = 0  # found once
                    found += 1
    return found >= least


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _ask(codes: Any, bounds: Any, table: Any, share: Any, possible: Any) -> None:
    stems = np.empty((_MOST_STEMS, 2), dtype=np.uint64)
    for i in range(len(bounds)):
        line = codes[bounds[i, 0] : bounds[i, 1]]
        ideographs = 0
        for code in line:
            ideographs += (
                0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3
            )
        if ideographs >= MIN_IDEOGRAPHS:
            possible[i] = True
        elif line.size >= MIN_CHARS:
            count = _line_stems(line, table, stems)
            least = 0
            while least < count and least / count < share:
                least += 1
            prose = codes[bounds[i, 2] : bounds[i, 3]]
            possible[i] = count < 0 or (count > 0 and _shares(prose, table, stems[:count], least))


def may_be_headlines(codes: NDArray[np.uint32], bounds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each line could be a headline of the prose below it, shape (lines,).

    `bounds` (lines, 4): where the line begins and ends, and where its prose does.
    """
    possible = np.zeros(len(bounds), dtype=np.bool_)
    _ask(codes, bounds, _LETTERS, MIN_SHARED, possible)
    return possible
