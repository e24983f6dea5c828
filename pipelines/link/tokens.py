"""Texts to tokens: hashed words with their sentence, their place and what they are.

One numba pass over code points. A token is a run of letters or digits, folded (see
`characters`), cut to its first `STEM_CHARS` characters, which serves as a stemmer for every
language at once; scripts without spaces give overlapping character pairs. Sentences end at a
line break, or at a full stop that is followed by white space and a capital and does not follow
an abbreviation or initial. Quoted tokens, names (capitalised inside a sentence) and numbers are
flagged, since independent reports of one event share exactly those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
    character_tables,
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

_ABBREVIATIONS: Final = (
    "mr mrs ms dr st sgt lt col gen gov sen rep capt cpl pfc det prof rev hon jr sr vs no nos inc"
    " corp co ltd dept univ ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec mon tue"
    " wed thu fri sat sun approx est fig ft hr min bzw ca evtl usw zb bspw nr sog mme mlle pp cf"
    " etc sra srta ud uds av art fr dra г гг им ул тыс млн млрд руб т п prov fam prof inz ul godz"
)


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Tokens of n texts, flat. Offsets are code points from the start of their own text."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    sentence_start: NDArray[np.int64]  # first token of each sentence, plus one sentinel
    text_start: NDArray[np.int64]  # int64[n + 1]: first token of each text
    text_sentence: NDArray[np.int64]  # int64[n + 1]: first sentence of each text
    normal: NDArray[np.uint64]  # uint64[n, 2]: hash of all letters and digits, folded


def tokenise(texts: pa.Array) -> TokenBatch:
    """Tokens of a string array of n texts; null counts as empty."""
    filled = pc.fill_null(pc.cast(texts, pa.large_string()), "")
    lengths = pc.utf8_length(filled).to_numpy(zero_copy_only=False)
    starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    codes = _code_points(filled)
    classes, folds = character_tables()
    return _scan_all(codes, starts, classes, folds)


@cache
def abbreviations() -> NDArray[np.uint32]:
    """Sorted hashes of the words after which a full stop does not end a sentence."""
    batch = tokenise_words(_ABBREVIATIONS.split())
    return np.unique(batch)


def tokenise_words(words: list[str]) -> NDArray[np.uint32]:
    """Hash of the first token of each word, as `tokenise` would give it."""
    classes, folds = character_tables()
    filled = pa.array(words, pa.large_string())
    lengths = pc.utf8_length(filled).to_numpy(zero_copy_only=False)
    starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    batch = _scan_all(_code_points(filled), starts, classes, folds, np.zeros(0, np.uint32))
    return batch.token[batch.text_start[:-1]]


def _code_points(texts: pa.Array) -> NDArray[np.uint32]:
    if len(texts) == 0:
        return np.zeros(0, np.uint32)
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    data = texts.buffers()[2]
    if data is None:
        return np.zeros(0, np.uint32)
    text = bytes(data[int(offsets[0]) : int(offsets[-1])]).decode("utf-8")
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _scan_all(
    codes: NDArray[np.uint32],
    starts: NDArray[np.int64],
    classes: NDArray[np.uint8],
    folds: NDArray[np.uint32],
    short: NDArray[np.uint32] | None = None,
) -> TokenBatch:
    room = int(_count_tokens(codes, classes)) + len(starts)  # a word may go over a text's end
    token, flags = np.empty(room, np.uint32), np.empty(room, np.uint8)
    start, end = np.empty(room, np.int32), np.empty(room, np.int32)
    is_first = np.zeros(room + 1, np.bool_)
    text_start = np.zeros(len(starts), np.int64)
    used = 0
    known = abbreviations() if short is None else short
    used = _scan(
        codes, starts, classes, folds, known, token, flags, start, end, is_first, text_start
    )
    is_first[text_start[:-1][np.diff(text_start) > 0]] = True
    sentence_start = np.append(np.flatnonzero(is_first[:used]), used).astype(np.int64)
    text_sentence = np.searchsorted(sentence_start, text_start).astype(np.int64)
    return TokenBatch(
        token[:used],
        flags[:used],
        start[:used],
        end[:used],
        sentence_start,
        text_start,
        text_sentence,
        _normal_hashes(codes, starts, classes, folds),
    )


@numba.njit(cache=True)
def _count_tokens(codes: NDArray[np.uint32], classes: NDArray[np.uint8]) -> int:
    """Upper bound of the number of tokens: word beginnings plus unspaced characters."""
    count, inside = 0, False
    for code in codes:
        kind = classes[code] if code < LIMIT else 0
        is_word = kind == LETTER or kind == CAPITAL or kind == DIGIT
        if kind == UNSPACED or (is_word and not inside):
            count += 1
        inside = is_word
    return count


@numba.njit(cache=True, inline="always")
def _class_at(codes, classes, position, end):  # type: ignore[no-untyped-def]
    if position >= end or codes[position] >= LIMIT:
        return np.uint8(0)
    return classes[codes[position]]


@numba.njit(cache=True, inline="always")
def _is_word(kind):  # type: ignore[no-untyped-def]
    return kind == LETTER or kind == CAPITAL or kind == DIGIT


@numba.njit(cache=True, inline="always")
def _mix(hashed):  # type: ignore[no-untyped-def]
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014), the upper 32 bits."""
    hashed ^= hashed >> np.uint64(30)
    hashed *= np.uint64(0xBF58476D1CE4E5B9)
    hashed ^= hashed >> np.uint64(27)
    hashed *= np.uint64(0x94D049BB133111EB)
    return np.uint32((hashed ^ (hashed >> np.uint64(31))) >> np.uint64(32))


@numba.njit(cache=True)
def _word_end(codes, classes, position, end):  # type: ignore[no-untyped-def]
    """Where the word at `position` ends; keeps 2,500 and 3.5, don't, U.S. and accents together."""
    initials = True
    at = position
    while at < end:
        kind = _class_at(codes, classes, at, end)
        if kind == MARK or _is_word(kind):
            initials = initials and (
                at == position or not _is_word(_class_at(codes, classes, at - 1, end))
            )
            at += 1
            continue
        before, after = (
            _class_at(codes, classes, at - 1, end),
            _class_at(codes, classes, at + 1, end),
        )
        code = codes[at]
        in_number = (code == 0x2C or code == 0x2E) and before == DIGIT and after == DIGIT
        in_word = kind == APOSTROPHE and before != DIGIT and (after == LETTER or after == CAPITAL)
        in_initials = code == 0x2E and initials and before == CAPITAL and after == CAPITAL
        if not (in_number or in_word or in_initials):
            break
        at += 1
    return at


@numba.njit(cache=True)
def _hash_word(codes, classes, folds, start, end):  # type: ignore[no-untyped-def]
    """Hash of a word: possessive dropped, folded, double i collapsed, cut to the stem."""
    if end - start > 2 and _class_at(codes, classes, end - 2, end) == APOSTROPHE:
        if folds[codes[end - 1]] == 0x73:
            end -= 2
    hashed, kept, last, digits = np.uint64(0x9E3779B97F4A7C15), 0, np.uint32(0), False
    for at in range(start, end):
        kind = _class_at(codes, classes, at, end)
        digits = digits or kind == DIGIT
        if not _is_word(kind) and not (digits and codes[at] == 0x2E):
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


@numba.njit(cache=True, inline="always")
def _quote_after(codes, position, end, opener):  # type: ignore[no-untyped-def]
    """The opening quote in force after the character at `position` (0: none)."""
    code = codes[position]
    if code == 0x22:  # "
        return np.uint32(0) if opener else code
    if code == 0x60 and position + 1 < end and codes[position + 1] == 0x60:  # ``
        return np.uint32(0x201C)
    if code == 0x27 and position + 1 < end and codes[position + 1] == 0x27:  # ''
        return np.uint32(0)
    if code == 0x201C or code == 0x201E:  # “ opens, but closes „
        return np.uint32(0) if opener == 0x201E else code
    if code == 0x201D:  # ”
        return np.uint32(0)
    if code == 0xAB:  # « opens, but closes German »
        return np.uint32(0) if opener == 0xBB else code
    if code == 0xBB:  # »
        return np.uint32(0) if opener == 0xAB else code
    if code == 0x300C:  # 「
        return code
    if code == 0x300D:  # 」
        return np.uint32(0)
    return opener


@numba.njit(cache=True)
def _ends_sentence(codes, classes, position, end, last_word, word_chars, short):  # type: ignore[no-untyped-def]
    """Whether the stop at `position` ends a sentence."""
    code = codes[position]
    if code > 0x2FFF:
        return True
    at = position + 1
    while at < end and not _is_word(_class_at(codes, classes, at, end)):
        kind = _class_at(codes, classes, at, end)
        if kind == SPACE or kind == NEWLINE:
            break
        at += 1
    if at < end and _is_word(_class_at(codes, classes, at, end)):
        return False
    while at < end and not _is_word(_class_at(codes, classes, at, end)):
        if _class_at(codes, classes, at, end) == UNSPACED:
            return True
        at += 1
    if at < end and _class_at(codes, classes, at, end) == LETTER and codes[at] < 0x500:
        return False  # a lower-case letter of a script that has capitals
    if code != 0x2E:
        return True
    if word_chars <= 1:
        return False
    found = np.searchsorted(short, last_word)
    return not (found < len(short) and short[found] == last_word)


@numba.njit(cache=True)
def _scan(codes, starts, classes, folds, short, token, flags, first, last, is_first, text_start):  # type: ignore[no-untyped-def]
    used = 0
    for text in range(len(starts) - 1):
        text_start[text] = used
        used = _scan_text(
            codes,
            starts[text],
            starts[text + 1],
            classes,
            folds,
            short,
            token,
            flags,
            first,
            last,
            is_first,
            used,
        )
    text_start[len(starts) - 1] = used
    return used


@numba.njit(cache=True)
def _scan_text(codes, begin, end, classes, folds, short, token, flags, first, last, is_first, used):  # type: ignore[no-untyped-def]
    at, opener, fresh, length, word_chars = begin, np.uint32(0), True, 0, 0
    limit = used + MAX_TEXT_TOKENS
    while at < end and used < limit:
        kind = _class_at(codes, classes, at, end)
        stop = at + 1
        if _is_word(kind) or kind == UNSPACED:
            flag = QUOTED if opener else np.uint8(0)
            if kind == UNSPACED:
                pair = _class_at(codes, classes, at + 1, end) == UNSPACED
                hashed = _pair_hash(codes, at, pair)
            else:
                stop = _word_end(codes, classes, at, end)
                hashed, digits = _hash_word(codes, classes, folds, at, stop)
                flag |= NUMBER if digits else np.uint8(0)
                if kind == CAPITAL:
                    flag |= OPENING if fresh else NAME
            fresh = fresh or length >= MAX_SENTENCE_TOKENS
            is_first[used] = fresh
            length = 1 if fresh else length + 1
            token[used], flags[used] = hashed, flag
            first[used], last[used] = at - begin, stop - begin
            word_chars, fresh = stop - at, False
            used += 1
        elif kind == NEWLINE:
            fresh, opener = True, np.uint32(0)
        elif kind == STOP:
            previous = token[used - 1] if used else np.uint32(0)
            fresh = fresh or _ends_sentence(codes, classes, at, end, previous, word_chars, short)
        else:
            opener = _quote_after(codes, at, end, opener)
        at = stop
    return used


@numba.njit(cache=True)
def _normal_hashes(codes, starts, classes, folds):  # type: ignore[no-untyped-def]
    """Two 64-bit hashes of each text's letters and digits: case, spaces and marks do not count."""
    normal = np.zeros((len(starts) - 1, 2), np.uint64)
    for text in range(len(starts) - 1):
        first, second = np.uint64(0xCBF29CE484222325), np.uint64(0x9E3779B97F4A7C15)
        for at in range(starts[text], starts[text + 1]):
            kind = _class_at(codes, classes, at, starts[text + 1])
            if _is_word(kind) or kind == UNSPACED:
                folded = np.uint64(folds[codes[at]])
                first = (first ^ folded) * np.uint64(0x100000001B3)
                second = (second + folded) * np.uint64(0xD6E8FEB86659FD93)
                second ^= second >> np.uint64(32)
        normal[text, 0], normal[text, 1] = first, second
    return normal


@numba.njit(cache=True)
def _pair_hash(codes, at, pair):  # type: ignore[no-untyped-def]
    hashed = np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(codes[at])
    if pair:
        hashed = (hashed * np.uint64(0x100000001B3)) ^ np.uint64(codes[at + 1])
    return _mix(hashed * np.uint64(0x100000001B3))
