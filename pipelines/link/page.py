"""One text as the tokeniser reads it: code points, their classes and folds, and where to look.

The arrays are used again for the next text, so that they stay in the processor's cache. Loops are
over slices and add truth values to indices instead of branching on them: where a word ends cannot
be predicted. Types are numba's to infer, hence `Any`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipelines.link.characters import (
    APOSTROPHE,
    CAPITAL,
    DIGIT,
    LETTER,
    LIMIT,
    MARK,
    UNSPACED,
)

STEM_CHARS: Final = 7
SEED: Final = np.uint64(0x9E3779B97F4A7C15)
PRIME: Final = np.uint64(0x100000001B3)
MARGIN: Final = 8
"""Entries beyond the last character that may be read; what they hold does not matter."""


class Page(NamedTuple):
    """Room for the longest text of a batch."""

    codes: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    folded: NDArray[np.uint32]
    places: NDArray[np.uint32]
    """Where runs of letters begin and end, and each character from DIGIT on, in order."""
    stems: NDArray[np.uint32]
    """Of each place at which a run of letters begins, its hash as a word."""
    is_word: NDArray[np.bool_]
    """Whether the run is a whole word and the hash is right; if not, it is read by steps."""


def page_for(size: int) -> Page:
    """A page for texts of up to `size` bytes."""
    room = size + MARGIN
    return Page(
        np.zeros(room, np.uint32),
        np.zeros(room, np.uint8),
        np.zeros(room, np.uint32),
        np.zeros(room, np.uint32),
        np.zeros(room, np.uint32),
        np.zeros(room, np.bool_),
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def most_words(data: Any) -> Any:
    """Upper bound of the words in UTF-8 bytes.

    Each begins with a character beyond ASCII, or with a letter or digit that follows none.
    """
    count, before = 0, False
    for byte in data:
        letter, digit = (byte | 0x20) - 0x61, byte - 0x30
        is_word = ((letter >= 0) & (letter < 26)) | ((digit >= 0) & (digit < 10))
        count += (is_word & (not before)) | (byte >= 0xC0)
        before = is_word
    return count


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def decode(data: Any, codes: Any) -> Any:
    """Fill `codes` with the code points of UTF-8 bytes; returns how many there are."""
    count, one = np.uint64(0), np.uint64(1)
    for byte in data:
        if byte < 0x80:
            codes[count] = byte
            count += one
        elif byte < 0xC0:
            codes[count - one] = (codes[count - one] << np.uint32(6)) | np.uint32(byte & 0x3F)
        else:
            bits = 0x1F if byte < 0xE0 else 0x0F if byte < 0xF0 else 0x07
            codes[count] = byte & bits
            count += one
    return np.int64(count)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def classify(codes: Any, classes: Any, folds: Any, kinds: Any, folded: Any) -> Any:
    """Fill class and fold of each code point."""
    for at, code in enumerate(codes):
        known = min(code, np.uint32(LIMIT))
        kinds[at] = classes[known]
        folded[at] = folds[known]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def mark_places(kinds: Any, places: Any) -> Any:
    """Fill `Page.places`, and the text's length after the last."""
    count, inside = np.uint64(0), False
    for at, kind in enumerate(kinds):
        is_letter = (kind == LETTER) | (kind == CAPITAL)
        places[count] = at
        count += np.uint64((is_letter != inside) | (kind >= DIGIT))
        inside = is_letter
    places[count] = places[count + np.uint64(1)] = len(kinds)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def mix32(hashed: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014), the upper 32 bits."""
    hashed ^= hashed >> np.uint64(30)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(27)
    hashed *= np.uint64(0x94D049BB133111EB)
    return np.uint32((hashed ^ (hashed >> np.uint64(31))) >> np.uint64(32))


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def with_character(hashed: Any, folded: Any) -> Any:
    """Hash of a word that is one character longer."""
    hashed = (hashed ^ np.uint64(folded)) * PRIME
    return hashed ^ (hashed >> np.uint64(29))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hash_runs(page: Any, length: Any) -> Any:
    """Fill `Page.stems` and `Page.is_word` of a text of so many characters.

    A run is no word if a digit, mark or apostrophe follows, in an initial (U.S.), or if it has a
    double i, of which the hash of a word takes one.
    """
    codes, kinds, folded, places = page.codes, page.kinds, page.folded, page.places
    look, one = np.uint64(0), np.uint64(1)
    while places[look] < length:
        at, stop = places[look], places[look + one]
        kind, after = kinds[at], kinds[stop]
        if (kind == LETTER) | (kind == CAPITAL):
            size = np.int64(stop) - np.int64(at)
            page.stems[look], is_doubled = _hash_letters(folded, np.uint64(at), size)
            goes_on = (after == MARK) | (after == DIGIT) | (after == APOSTROPHE)
            is_initial = (size == 1) & (kind == CAPITAL) & (codes[stop] == 0x2E)
            page.is_word[look] = not (goes_on | is_initial | is_doubled)
        look += one


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _hash_letters(folded: Any, start: Any, length: Any) -> Any:
    """Hash of a run of letters, and whether a double i makes it wrong.

    Always as many steps as a stem has: the processor guesses wrong where words end, which costs
    more than the steps.
    """
    hashed, last, is_doubled = SEED, np.uint32(0), False
    for place in range(STEM_CHARS):
        fold = folded[start + np.uint64(place)]
        is_inside = place < length
        is_doubled |= is_inside & (fold == 0x69) & (last == 0x69)
        longer = with_character(hashed, fold)
        hashed = longer if is_inside else hashed
        last = fold
    return mix32(hashed), is_doubled


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def normal_hash(kinds: Any, folded: Any, kept: Any) -> Any:
    """Two 64-bit hashes of a text's letters and digits: case, spaces and marks do not count.

    `kept` is room for as many values.
    """
    count = np.uint64(0)
    for at, kind in enumerate(kinds):
        kept[count] = folded[at]
        count += np.uint64((kind >= LETTER) & (kind <= UNSPACED))
    first, second = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
    for value in kept[: np.int64(count)]:
        first = (first ^ np.uint64(value)) * np.uint64(0x100000001B3)
        second = (second + np.uint64(value)) * np.uint64(0xD6E8FEB86659FD93)
        second ^= second >> np.uint64(32)
    return first, second
