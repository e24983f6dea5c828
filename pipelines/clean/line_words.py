"""Words and wording of a line: one pass over its code points, then hashed tokens.

A *word* is a run of letters and digits (an ideograph is a word of its own), hashed in folded form
with every run of digits read as `0`, so that "12 comments" and "7 Comments" are the same wording.
Tokens are the wording the line model looks up in its vocabulary: words, their stems, pairs of
neighbours, first and last word and character, and a short line as a whole. Hashes are 32-bit
FNV-1a over code points, finished with the murmur3 mixer.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from pipelines.clean.line_characters import (
    CASELESS,
    DIGIT,
    IDEOGRAPH,
    LOWER,
    UPPER,
    character,
)

HEAD_CHARS: Final = 192
TAIL_CHARS: Final = 64
"""A line longer than both together is read from its two ends only: it is prose anyhow, and a line
of a gigabyte must not cost more than a paragraph."""

MAX_WORDS: Final = HEAD_CHARS + TAIL_CHARS
HEAD_WORDS: Final = 12
TAIL_WORDS: Final = 5
MAX_TOKENS: Final = 3 * (HEAD_WORDS + TAIL_WORDS) + 6
LINE_AS_TOKEN_WORDS: Final = 8
WORD_TOKEN: Final = 5
"""Place of the first word among the tokens of a line of at most LINE_AS_TOKEN_WORDS words."""
STEM_CHARS: Final = 5

WORD_FIELDS: Final = 4
HASH, STEM, LENGTH, SHAPE = range(WORD_FIELDS)
CAPITALISED, UPPER_CASE, NUMERIC = 1, 2, 4

_FNV_OFFSET: Final = np.uint32(2166136261)
_FNV_PRIME: Final = np.uint32(16777619)
_HALF: Final = np.uint32(16)
_FOLDED: Final = np.uint32(0xFFFF)
_ONE: Final = np.uint32(1)
_WORD_CLASSES: Final = np.uint32(DIGIT)
_WORD, _STEM, _PAIR, _FIRST, _LAST, _LINE, _HEAD_CHAR, _TAIL_CHAR = (
    np.uint32(0x9E3779B1 * k & 0xFFFFFFFF) for k in range(1, 9)
)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def mix(value: Any) -> Any:
    """Finishing step of murmur3 (32 bits); never 0, which means "no token"."""
    value = np.uint32(value)
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value ^= value >> np.uint32(13)
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    value ^= value >> np.uint32(16)
    return value if value != 0 else np.uint32(1)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _end_word(words: Any, found: Any, counts: Any, hashes: Any, seen: Any) -> None:
    """Write row `found` of `words` and count its characters."""
    length, first, lowers, uppers, digits = seen
    words[found, HASH] = hashes[0]
    words[found, STEM] = hashes[1]
    words[found, LENGTH] = length
    shape = CAPITALISED * np.uint32(first == UPPER) + NUMERIC * np.uint32(digits > 0)
    words[found, SHAPE] = shape + UPPER_CASE * np.uint32(uppers == length and length > 1)
    counts[LOWER] += lowers
    counts[UPPER] += uppers
    counts[DIGIT] += digits
    counts[IDEOGRAPH if first == IDEOGRAPH else CASELESS] += length - lowers - uppers - digits


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def read_words(codes: Any, start: Any, end: Any, table: Any, counts: Any, words: Any) -> Any:
    """Count the character classes of a line and list its words; how many there are.

    `counts` int32[CLASS_COUNT] is overwritten; `words` uint32[MAX_WORDS, WORD_FIELDS]. One loop
    over the characters: a loop over words with a loop inside it takes more than twice as long.
    """
    counts[:] = 0
    jump = start + HEAD_CHARS if end - start > HEAD_CHARS + TAIL_CHARS else end
    found = 0
    value, stem = _FNV_OFFSET, _FNV_OFFSET
    length = lowers = uppers = digits = first = previous = np.uint32(0)
    at = start
    while at < end:
        read = character(codes[at], table)
        kind = read >> _HALF
        in_word = kind - _ONE < _WORD_CLASSES
        if length > 0 and (not in_word or kind == IDEOGRAPH or first == IDEOGRAPH):
            seen = (length, first, lowers, uppers, digits)
            _end_word(words, found, counts, (value, stem), seen)
            found += 1
            length = np.uint32(0)
        if in_word:
            if length == 0:
                value, first = _FNV_OFFSET, kind
                lowers = uppers = digits = previous = np.uint32(0)
            lowers += np.uint32(kind == LOWER)
            uppers += np.uint32(kind == UPPER)
            digits += np.uint32(kind == DIGIT)
            if not (kind == DIGIT and previous == DIGIT):
                value = np.uint32((value ^ (read & _FOLDED)) * _FNV_PRIME)
                stem = value if length < STEM_CHARS else stem
            previous = kind
            length = np.uint32(length + _ONE)
        else:
            counts[kind] += 1
        at += 1
        if at == jump:
            at = end - TAIL_CHARS if jump < end else end
    if length > 0:
        _end_word(words, found, counts, (value, stem), (length, first, lowers, uppers, digits))
        found += 1
    return found


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _word_tokens(words: Any, low: Any, high: Any, out: Any, found: Any) -> Any:
    for i in range(low, high):
        out[found] = mix(words[i, HASH] ^ _WORD)
        found += 1
        if words[i, LENGTH] > STEM_CHARS:
            out[found] = mix(words[i, STEM] ^ _STEM)
            found += 1
        if i + 1 < high:
            out[found] = mix(words[i, HASH] * np.uint32(31) ^ words[i + 1, HASH] ^ _PAIR)
            found += 1
    return found


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def line_hash(words: Any, count: Any) -> Any:
    """Hash of the line's words in order (at most the first 64)."""
    value = _FNV_OFFSET
    for i in range(min(count, 64)):
        value = np.uint32((value ^ words[i, HASH]) * _FNV_PRIME)
    return mix(value ^ _LINE)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def line_tokens(words: Any, count: Any, edges: Any, out: Any) -> Any:
    """Write the tokens of a line to `out` uint32[MAX_TOKENS]; how many there are.

    `edges` are the folded first and last code point.
    """
    out[0] = mix(edges[0] ^ _HEAD_CHAR)
    out[1] = mix(edges[1] ^ _TAIL_CHAR)
    if count == 0:
        return 2
    out[2] = mix(words[0, HASH] ^ _FIRST)
    out[3] = mix(words[count - 1, HASH] ^ _LAST)
    found = 4
    if count <= LINE_AS_TOKEN_WORDS:
        out[found] = line_hash(words, count)
        found += 1
    head = min(count, HEAD_WORDS)
    found = _word_tokens(words, 0, head, out, found)
    return _word_tokens(words, max(head, count - TAIL_WORDS), count, out, found)
