"""The compiled pass over code points behind `tokens`: words, sentences, quotations.

Arrays are those of `tokens.TokenBatch`; `codes` are uint32 code points of all texts, `kinds` their
classes and `folds` the table of `characters`. Types are numba's to infer, hence `Any`.
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
    NEWLINE,
    SPACE,
    STOP,
    UNSPACED,
)

QUOTED: Final = np.uint8(1)
NAME: Final = np.uint8(2)
NUMBER: Final = np.uint8(4)
OPENING: Final = np.uint8(16)
"""Capitalised, but the first word of its sentence."""

STEM_CHARS: Final = 7
MAX_SENTENCE_TOKENS: Final = 100
MAX_TEXT_TOKENS: Final = 12_000
"""Beyond this a text is cut for comparison: the longest real article seen has 15,000 words."""


class Source(NamedTuple):
    """What is read: code points of all texts and their kinds, folds, abbreviations."""

    codes: NDArray[np.uint32]
    kinds: NDArray[np.uint8]
    folds: NDArray[np.uint32]
    short: NDArray[np.uint32]


class Sink(NamedTuple):
    """What is filled, with room for every token: see `tokens.TokenBatch`."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    is_first: NDArray[np.bool_]
    text_start: NDArray[np.int64]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def kinds_of(codes: Any, classes: Any) -> Any:
    """Class of each code point, uint8[n]."""
    kinds = np.zeros(len(codes), np.uint8)
    for at, code in enumerate(codes):
        if code < LIMIT:
            kinds[at] = classes[code]
    return kinds


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def count_tokens(kinds: Any) -> Any:
    """Upper bound of the number of tokens: word beginnings plus unspaced characters."""
    count, inside = 0, False
    for kind in kinds:
        is_word = _is_word(kind)
        if kind == UNSPACED or (is_word and not inside):
            count += 1
        inside = is_word
    return count


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _is_word(kind: Any) -> Any:
    return LETTER <= kind <= DIGIT


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _mix(hashed: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014), the upper 32 bits."""
    hashed ^= hashed >> np.uint64(30)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(27)
    hashed *= np.uint64(0x94D049BB133111EB)
    return np.uint32((hashed ^ (hashed >> np.uint64(31))) >> np.uint64(32))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _word_end(codes: Any, kinds: Any, position: Any, end: Any) -> Any:
    """Where the word at `position` ends; keeps 2,500 and 3.5, don't, U.S. and accents together."""
    initials, run, at = True, position, position
    while True:
        while at < end and (_is_word(kinds[at]) or kinds[at] == MARK):
            at += 1
        if at + 1 >= end:
            return at
        initials = initials and at - run == 1
        before, kind, after = kinds[at - 1], kinds[at], kinds[at + 1]
        in_number = codes[at] in (0x2C, 0x2E) and before == DIGIT and after == DIGIT
        in_word = kind == APOSTROPHE and before != DIGIT and after in (LETTER, CAPITAL)
        in_initials = codes[at] == 0x2E and initials and before == CAPITAL and after == CAPITAL
        if not (in_number or in_word or in_initials):
            return at
        at += 1
        run = at


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _hash_word(codes: Any, kinds: Any, folds: Any, start: Any, end: Any) -> Any:
    """Hash of a word: possessive dropped, folded, double i collapsed, cut to the stem."""
    if end - start > 2 and kinds[end - 2] == APOSTROPHE and folds[codes[end - 1]] == 0x73:
        end -= 2
    hashed, kept, last, digits = np.uint64(0x9E3779B97F4A7C15), 0, np.uint32(0), False
    for at in range(start, end):
        digits = digits or kinds[at] == DIGIT
        if not _is_word(kinds[at]) and not (digits and codes[at] == 0x2E):
            continue
        folded = folds[codes[at]]
        if folded == 0x69 and last == 0x69:
            continue
        if kept == STEM_CHARS and not digits:
            break
        hashed = (hashed ^ np.uint64(folded)) * np.uint64(0x100000001B3)
        hashed ^= hashed >> np.uint64(29)
        last = folded
        kept += 1
    return _mix(hashed), digits


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _mark_at(codes: Any, position: Any, end: Any) -> Any:
    """The quotation mark at `position`, doubled `` and '' as “ and ”; 0 if there is none."""
    code = codes[position]
    if code in (0x22, 0x201C, 0x201D, 0x201E, 0xAB, 0xBB, 0x300C, 0x300D):
        return np.uint32(code)
    if code in (0x60, 0x27) and position + 1 < end and codes[position + 1] == code:
        return np.uint32(0x201C if code == 0x60 else 0x201D)
    return np.uint32(0)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _quote_after(codes: Any, position: Any, end: Any, opener: Any) -> Any:
    """The opening mark in force after the character at `position` (0: none)."""
    mark = _mark_at(codes, position, end)
    if mark == 0:
        return opener
    same = opener == 0x22 and mark == 0x22
    english = opener == 0x201C and mark in (0x22, 0x201D)
    german = opener == 0x201E and mark in (0x201C, 0x201D)
    angled = (opener == 0xAB and mark == 0xBB) or (opener == 0xBB and mark == 0xAB)
    if same or english or german or angled or mark in (0x201D, 0x300D):
        return np.uint32(0)
    return mark


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _next_word(kinds: Any, position: Any, end: Any) -> Any:
    """Where the next word begins, and whether white space lies before it."""
    at, spaced = position + 1, False
    while at < end and not (_is_word(kinds[at]) or kinds[at] == UNSPACED):
        spaced = spaced or kinds[at] in (SPACE, NEWLINE)
        at += 1
    return at, spaced


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _ends_sentence(codes: Any, kinds: Any, position: Any, end: Any) -> Any:
    """Whether a sentence may end at the stop at `position`, by what follows it."""
    if codes[position] > 0x2FFF:
        return True
    at, spaced = _next_word(kinds, position, end)
    if at == end:
        return True
    if not spaced and kinds[at] != UNSPACED:
        return False
    return kinds[at] != LETTER or codes[at] >= 0x500  # lower case of a script that has capitals


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _is_short(codes: Any, kinds: Any, start: Any, end: Any) -> Any:
    """Whether a word is one letter, or initials (U.S), whose full stop does not end a sentence."""
    is_initials = end - start > 2 and kinds[end - 1] == CAPITAL and codes[end - 2] == 0x2E
    return is_initials or end - start <= 1


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def is_among(hashed: Any, words: Any) -> Any:
    """Whether a hash is one of those in a sorted array."""
    found = np.searchsorted(words, hashed)
    return found < len(words) and words[found] == hashed


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def scan_texts(source: Any, starts: Any, sink: Any) -> Any:
    """Fill `sink` with the tokens of the texts at `starts`; returns how many there are."""
    used = 0
    for text in range(len(starts) - 1):
        sink.text_start[text] = used
        used = _scan_text(source, starts[text], starts[text + 1], sink, used)
    sink.text_start[len(starts) - 1] = used
    return used


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _read_word(codes: Any, kinds: Any, folds: Any, at: Any, end: Any) -> Any:
    """Hash and end of the word, or pair of unspaced characters, at `at`; whether it has digits."""
    if kinds[at] == UNSPACED:
        pair = at + 1 < end and kinds[at + 1] == UNSPACED
        return _pair_hash(codes, at, pair), at + 1, False
    stop = _word_end(codes, kinds, at, end)
    hashed, digits = _hash_word(codes, kinds, folds, at, stop)
    return hashed, stop, digits


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _scan_text(source: Any, begin: Any, end: Any, sink: Any, used: Any) -> Any:
    # compiled, a tuple of arrays that is passed on costs more than reading the word
    codes, kinds, folds = source.codes, source.kinds, source.folds
    at, opener, fresh, length = begin, np.uint32(0), True, 0
    word, word_end, hashed = begin, begin, np.uint32(0)
    limit = used + MAX_TEXT_TOKENS
    while at < end and used < limit:
        kind, stop = kinds[at], at + 1
        if _is_word(kind) or kind == UNSPACED:
            hashed, stop, digits = _read_word(codes, kinds, folds, at, end)
            flag = NUMBER if digits else np.uint8(0)
            if kind == CAPITAL:
                flag |= OPENING if fresh else NAME
            fresh = fresh or length >= MAX_SENTENCE_TOKENS
            sink.is_first[used] = fresh
            length = 1 if fresh else length + 1
            sink.token[used] = hashed
            sink.flags[used] = flag | QUOTED if opener else flag
            sink.start[used], sink.end[used] = at - begin, stop - begin
            word, word_end, fresh = at, stop, False
            used += 1
        elif kind == NEWLINE:
            fresh, opener = True, np.uint32(0)
        elif kind == STOP:
            is_open = codes[at] == 0x2E and (
                _is_short(codes, kinds, word, word_end) or is_among(hashed, source.short)
            )
            fresh = fresh or (not is_open and _ends_sentence(codes, kinds, at, end))
        elif kind != SPACE:
            opener = _quote_after(codes, at, end, opener)
        at = stop
    return used


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def normal_hashes(source: Any, starts: Any) -> Any:
    """Two 64-bit hashes of each text's letters and digits: case, spaces and marks do not count."""
    normal = np.zeros((len(starts) - 1, 2), np.uint64)
    for text in range(len(starts) - 1):
        first, second = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
        for at in range(starts[text], starts[text + 1]):
            if _is_word(source.kinds[at]) or source.kinds[at] == UNSPACED:
                folded = np.uint64(source.folds[source.codes[at]])
                first = (first ^ folded) * np.uint64(0x100000001B3)
                second = (second + folded) * np.uint64(0xD6E8FEB86659FD93)
                second ^= second >> np.uint64(32)
        normal[text, 0], normal[text, 1] = first, second
    return normal


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _pair_hash(codes: Any, at: Any, pair: Any) -> Any:
    hashed = np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(codes[at])
    if pair:
        hashed = (hashed * np.uint64(0x100000001B3)) ^ np.uint64(codes[at + 1])
    return _mix(hashed * np.uint64(0x100000001B3))
