"""The compiled pass over a text behind `tokens`: words, sentences, quotations.

Arrays are those of `tokens.TokenBatch` and `page.Page`. Types are numba's to infer, hence `Any`.
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
    MARK,
    NEWLINE,
    SPACE,
    STOP,
    UNSPACED,
)
from pipelines.link.page import (
    PRIME,
    SEED,
    STEM_CHARS,
    classify,
    decode,
    hash_runs,
    mark_places,
    mix32,
    normal_hash,
    with_character,
)

QUOTED: Final = np.uint8(1)
NAME: Final = np.uint8(2)
NUMBER: Final = np.uint8(4)
OPENING: Final = np.uint8(16)
"""Capitalised, but the first word of its sentence."""

MAX_SENTENCE_TOKENS: Final = 100
MAX_TEXT_TOKENS: Final = 12_000
"""Beyond this a text is cut for comparison: the longest real article seen has 15,000 words."""


class Source(NamedTuple):
    """What is read: UTF-8 bytes of n texts, where they begin and end, tables, abbreviations."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    classes: NDArray[np.uint8]
    folds: NDArray[np.uint32]
    short: NDArray[np.uint32]


class Sink(NamedTuple):
    """What is filled, with room for every token: see `tokens.TokenBatch`."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    sentence_start: NDArray[np.int64]
    text_start: NDArray[np.int64]
    text_sentence: NDArray[np.int64]
    normal: NDArray[np.uint64]


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _is_word(kind: Any) -> Any:
    return LETTER <= kind <= DIGIT


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_word(codes: Any, kinds: Any, folded: Any, start: Any, end: Any) -> Any:
    """Hash of a word: possessive dropped, folded, double i collapsed, cut to the stem."""
    if end - start > 2 and kinds[end - 2] == APOSTROPHE and folded[end - 1] == 0x73:
        end -= 2
    hashed, kept, last, digits = SEED, 0, np.uint32(0), False
    for at in range(start, end):
        digits = digits or kinds[at] == DIGIT
        if not _is_word(kinds[at]) and not (digits and codes[at] == 0x2E):
            continue
        if folded[at] == 0x69 and last == 0x69:
            continue
        if kept == STEM_CHARS and not digits:
            break
        hashed = with_character(hashed, folded[at])
        last = folded[at]
        kept += 1
    return mix32(hashed), digits


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pair_hash(codes: Any, at: Any, pair: Any) -> Any:
    hashed = SEED ^ np.uint64(codes[at])
    if pair:
        hashed = (hashed * PRIME) ^ np.uint64(codes[at + 1])
    return mix32(hashed * PRIME)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _read_word(codes: Any, kinds: Any, folded: Any, at: Any, end: Any) -> Any:
    """Hash and end of the word, or pair of unspaced characters, at `at`; whether it has digits."""
    if kinds[at] == UNSPACED:
        pair = at + 1 < end and kinds[at + 1] == UNSPACED
        return _pair_hash(codes, at, pair), at + 1, False
    stop = _word_end(codes, kinds, at, end)
    hashed, digits = _hash_word(codes, kinds, folded, at, stop)
    return hashed, stop, digits


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _quote_after(codes: Any, kinds: Any, position: Any, end: Any, opener: Any) -> Any:
    """The opening mark in force after the quote or apostrophe at `position` (0: none).

    Doubled `` and '' count as “ and ”, any other apostrophe as nothing.
    """
    mark = codes[position]
    if kinds[position] == APOSTROPHE:
        is_doubled = position + 1 < end and codes[position + 1] == mark
        if not (is_doubled and mark in (0x60, 0x27)):
            return opener
        mark = np.uint32(0x201C if mark == 0x60 else 0x201D)
    same = opener == 0x22 and mark == 0x22
    english = opener == 0x201C and mark in (0x22, 0x201D)
    german = opener == 0x201E and mark in (0x201C, 0x201D)
    angled = (opener == 0xAB and mark == 0xBB) or (opener == 0xBB and mark == 0xAB)
    if same or english or german or angled or mark in (0x201D, 0x300D):
        return np.uint32(0)
    return mark


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _next_word(kinds: Any, position: Any, end: Any) -> Any:
    """Where the next word begins, and whether white space lies before it."""
    at, spaced = position + 1, False
    while at < end and not (_is_word(kinds[at]) or kinds[at] == UNSPACED):
        spaced = spaced or kinds[at] in (SPACE, NEWLINE)
        at += 1
    return at, spaced


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _is_short(codes: Any, kinds: Any, start: Any, end: Any) -> Any:
    """Whether a word is one letter, or initials (U.S), whose full stop does not end a sentence."""
    is_initials = end - start > 2 and kinds[end - 1] == CAPITAL and codes[end - 2] == 0x2E
    return is_initials or end - start <= 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def is_among(hashed: Any, words: Any) -> Any:
    """Whether a hash is one of those in a sorted array."""
    found = np.searchsorted(words, hashed)
    return found < len(words) and words[found] == hashed


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def scan_texts(source: Any, page: Any, sink: Any) -> Any:
    """Fill `sink` with the tokens of all texts; returns how many there are, and sentences.

    `page` has room for the longest text. Normal hashes are filled if the sink has room for them.
    """
    used, sentences = 0, 0
    for text in range(len(source.offsets) - 1):
        sink.text_start[text], sink.text_sentence[text] = used, sentences
        data = source.data[source.offsets[text] : source.offsets[text + 1]]
        length = decode(data, page.codes)
        kinds, folded = page.kinds[:length], page.folded[:length]
        classify(page.codes[:length], source.classes, source.folds, kinds, folded)
        if len(sink.normal):
            first, second = normal_hash(kinds, folded, page.places)
            sink.normal[text, 0], sink.normal[text, 1] = first, second
        mark_places(kinds, page.places)
        hash_runs(page, length)
        used, sentences = _scan_text(page, length, source.short, sink, (used, sentences))
    sink.text_start[-1], sink.text_sentence[-1] = used, sentences
    sink.sentence_start[sentences] = used
    return used, sentences


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scan_text(page: Any, end: Any, short: Any, sink: Any, before: Any) -> Any:
    # compiled, a tuple of arrays that is passed on costs more than reading the word
    codes, kinds, folded, places = page.codes, page.kinds, page.folded, page.places
    stems, is_word = page.stems, page.is_word
    look, at, opener, fresh, length = 0, np.int64(places[0]), np.uint32(0), True, 0
    word, word_end, hashed = np.int64(0), np.int64(0), np.uint32(0)
    used, sentences = before
    limit = used + MAX_TEXT_TOKENS
    while at < end and used < limit:
        kind, stop = kinds[at], at + 1
        if LETTER <= kind <= UNSPACED:
            if kind <= CAPITAL and is_word[look]:
                hashed, stop, digits = stems[look], np.int64(places[look + 1]), False
            else:
                hashed, stop, digits = _read_word(codes, kinds, folded, at, end)
            flag = NUMBER if digits else np.uint8(0)
            if kind == CAPITAL:
                flag |= OPENING if fresh else NAME
            fresh = fresh or length >= MAX_SENTENCE_TOKENS
            sink.sentence_start[sentences] = used
            sentences += fresh
            length = 1 if fresh else length + 1
            sink.token[used] = hashed
            sink.flags[used] = flag | QUOTED if opener else flag
            sink.start[used], sink.end[used] = at, stop
            word, word_end, fresh = at, stop, False
            used += 1
        elif kind == NEWLINE:
            fresh, opener = True, np.uint32(0)
        elif kind == STOP:
            is_open = codes[at] == 0x2E and (
                _is_short(codes, kinds, word, word_end) or is_among(hashed, short)
            )
            fresh = fresh or (not is_open and _ends_sentence(codes, kinds, at, end))
        elif kind >= APOSTROPHE:
            opener = _quote_after(codes, kinds, at, end, opener)
        while True:
            look += 1
            at = np.int64(places[look])
            if at >= stop:
                break
    return used, sentences
