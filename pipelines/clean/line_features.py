"""What the line model sees of a line: shape, place, repetition and wording.

Everything is computed by compiled kernels over the code points of a `LineBatch`, document by
document; nothing depends on what else is in the batch. `FEATURES` names the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

from pipelines.clean.line_characters import (
    BRACKET,
    CASELESS,
    CHARACTERS,
    CLASS_COUNT,
    COLON,
    COMMA,
    DASH,
    DIGIT,
    DIVIDER,
    ELLIPSIS,
    IDEOGRAPH,
    LOWER,
    QUOTE,
    SPACE,
    SYMBOL,
    TERMINAL,
    character,
)
from pipelines.clean.line_place import (
    FACT_CHARS,
    FACT_END_HASH,
    FACT_IS_PROSE,
    FACT_KEPT,
    FACT_LAST_CLASS,
    FACT_LINE_HASH,
    FACT_START_HASH,
    FACT_WORDS,
    FACTS,
    PLACE_FEATURES,
    empty_table,
    find_alike,
    find_repeats,
    log1p,
    place_after,
    place_before,
    share_words,
)
from pipelines.clean.line_words import (
    CAPITALISED,
    HASH,
    LENGTH,
    MAX_TOKENS,
    MAX_WORDS,
    NUMERIC,
    SHAPE,
    UPPER_CASE,
    WORD_FIELDS,
    line_hash,
    line_tokens,
    mix,
    read_words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.clean.segment import LineBatch

SHAPE_FEATURES: Final = (
    "log_chars", "log_words", "word_length", "capitalised_share", "upper_case_share",
    "numeric_share", "short_word_share", "long_word_share", "starts_capitalised",
    "share_space", "share_lower", "share_upper", "share_caseless", "share_ideograph",
    "share_digit", "share_terminal", "share_ellipsis", "share_colon", "share_comma",
    "share_quote", "share_bracket", "share_dash", "share_divider", "share_currency",
    "share_address", "share_symbol",
    "count_terminal", "count_comma", "count_colon", "count_digit", "count_quote",
    "ends_terminal", "ends_ellipsis", "ends_colon", "ends_quote", "ends_comma", "ends_letter",
    "ends_digit", "ends_bracket", "starts_lower", "starts_quote", "starts_digit", "starts_dash",
    "starts_divider", "starts_bracket",
    "words_1", "words_2", "words_3_4", "words_5_8", "words_9_14", "words_15_25", "words_26_50",
    "is_prose",
)  # fmt: skip
FEATURES: Final = SHAPE_FEATURES + PLACE_FEATURES
"""Names of the dense columns, in order."""

_PIECE: Final = 2048
"""Lines of a document looked at together for repetition and shared words."""
_OVERLAP_WORDS: Final = 40
_LONG_WORD: Final = 4
_BUCKETS: Final = (1, 2, 4, 8, 14, 25, 50)


@dataclass(frozen=True, slots=True)
class LineFeatures:
    """Features of some lines."""

    dense: NDArray[np.float32]
    """Shape (lines, len(FEATURES)); roughly within [-1, 2]."""
    tokens: NDArray[np.uint32]
    """Hashed wording, shape (lines, MAX_TOKENS)."""
    token_count: NDArray[np.int32]
    """How many tokens each line has, shape (lines,)."""


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _word_shape(words: Any, count: Any, out: Any) -> Any:
    letters = capitalised = upper = numeric = short = long = np.int64(0)
    for i in range(count):
        shape = np.int64(words[i, SHAPE])
        length = np.int64(words[i, LENGTH])
        letters += length
        capitalised += (shape & CAPITALISED) > 0
        upper += (shape & UPPER_CASE) > 0
        numeric += (shape & NUMERIC) > 0
        short += length <= 3 and shape == 0
        long += length >= 9
    share = np.float32(1) / np.float32(max(count, 1))
    out[1] = log1p(count) / np.float32(4)
    out[2] = np.float32(letters) * share / np.float32(8)
    out[3] = np.float32(capitalised) * share
    out[4] = np.float32(upper) * share
    out[5] = np.float32(numeric) * share
    out[6] = np.float32(short) * share
    out[7] = np.float32(long) * share
    out[8] = count > 0 and (words[0, SHAPE] & CAPITALISED) > 0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _character_shape(counts: Any, out: Any) -> Any:
    share = np.float32(1) / np.float32(max(counts.sum(), 1))
    for kind in range(CLASS_COUNT):
        out[9 + kind] = np.float32(counts[kind]) * share
    out[26] = log1p(counts[TERMINAL]) / np.float32(2)
    out[27] = log1p(counts[COMMA]) / np.float32(2)
    out[28] = log1p(counts[COLON])
    out[29] = log1p(counts[DIGIT]) / np.float32(2)
    out[30] = log1p(counts[QUOTE])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _edge_shape(first: Any, last: Any, out: Any) -> Any:
    out[31] = last == TERMINAL
    out[32] = last == ELLIPSIS
    out[33] = last == COLON
    out[34] = last == QUOTE
    out[35] = last == COMMA
    out[36] = LOWER <= last <= IDEOGRAPH
    out[37] = last == DIGIT
    out[38] = last == BRACKET
    out[39] = first == LOWER
    out[40] = first == QUOTE
    out[41] = first == DIGIT
    out[42] = first == DASH
    out[43] = first == DIVIDER or first == SYMBOL
    out[44] = first == BRACKET


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _closes(kind: Any) -> Any:
    return kind == TERMINAL or kind == ELLIPSIS or kind == COLON or kind == QUOTE


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _size_shape(chars: Any, count: Any, counts: Any, last: Any, out: Any) -> Any:
    """Length and its buckets; whether the line reads as prose."""
    out[0] = log1p(chars) / np.float32(6)
    bucket = 0
    while bucket < 7 and count > _BUCKETS[bucket]:
        bucket += 1
    for i in range(7):
        out[45 + i] = i == bucket
    closed = _closes(last) or counts[TERMINAL] > 1
    long = count >= 12 or counts[IDEOGRAPH] >= 22
    flowing = counts[LOWER] + counts[CASELESS] + counts[IDEOGRAPH] > 0.6 * (
        counts.sum() - counts[SPACE]
    )
    out[52] = long and flowing and (closed or count >= 25)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _keep_words(words: Any, count: Any, kept: Any) -> Any:
    """Long words (pairs of ideographs) of a line, names marked by an even hash; how many."""
    found = 0
    for i in range(count):
        if found == _OVERLAP_WORDS:
            break
        value = np.uint32(0)
        if words[i, LENGTH] >= _LONG_WORD:
            value = words[i, HASH]
        elif i + 1 < count and words[i, HASH] != words[i + 1, HASH] and words[i, SHAPE] == 0:
            if words[i, LENGTH] == 1 and words[i + 1, LENGTH] == 1:
                value = words[i, HASH] * np.uint32(31) ^ words[i + 1, HASH]
        if value != 0:
            is_name = i > 0 and (words[i, SHAPE] & CAPITALISED) > 0
            kept[found] = (mix(value) & np.uint32(0xFFFFFFFE)) | np.uint32(is_name)
            found += 1
    return found


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _read_lines(
    codes: Any,
    spans: Any,
    table: Any,
    dense: Any,
    tokens: Any,
    token_count: Any,
    facts: Any,
    kept: Any,
) -> None:
    """Shape, tokens and facts of consecutive lines."""
    words = np.empty((MAX_WORDS, WORD_FIELDS), dtype=np.uint32)
    counts = np.empty(CLASS_COUNT, dtype=np.int32)
    edges = np.empty(2, dtype=np.uint32)
    for i in range(len(spans)):
        start, end = spans[i, 0], spans[i, 1]
        count = read_words(codes, start, end, table, counts, words)
        first = character(codes[start], table)
        last = character(codes[end - 1], table)
        edges[0] = first & np.uint32(0xFFFF)
        edges[1] = last & np.uint32(0xFFFF)
        first >>= np.uint32(16)
        last >>= np.uint32(16)
        out = dense[i]
        _word_shape(words, count, out)
        _character_shape(counts, out)
        _edge_shape(first, last, out)
        _size_shape(end - start, count, counts, last, out)
        token_count[i] = line_tokens(words, count, edges, tokens[i])
        facts[i, FACT_CHARS] = end - start
        facts[i, FACT_WORDS] = count
        facts[i, FACT_IS_PROSE] = out[52] > 0
        facts[i, FACT_LINE_HASH] = line_hash(words, count) ^ edges[0]
        facts[i, FACT_START_HASH] = (
            mix(words[0, HASH] * np.uint32(31) ^ words[min(count, 2) - 1, HASH]) if count else 0
        )
        facts[i, FACT_END_HASH] = (
            mix(words[count - 1, HASH] * np.uint32(31) ^ words[max(count, 2) - 2, HASH])
            if count
            else 0
        )
        facts[i, FACT_LAST_CLASS] = last
        facts[i, FACT_KEPT] = _keep_words(words, count, kept[i])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _read_documents(
    codes: Any, spans: Any, bounds: Any, table: Any, dense: Any, tokens: Any, token_count: Any
) -> None:
    longest = min(_PIECE, (bounds[1:] - bounds[:-1]).max())
    kept = np.empty((longest, _OVERLAP_WORDS), dtype=np.uint32)
    facts = np.empty((len(spans), FACTS), dtype=np.int64)
    words_seen = empty_table(longest * _OVERLAP_WORDS)
    lines_seen = empty_table(longest * 3)
    place = dense[:, len(SHAPE_FEATURES) :]
    base = np.int32(0)
    for document in range(len(bounds) - 1):
        low, high = bounds[document], bounds[document + 1]
        for a in range(low, high, _PIECE):
            b = min(a + _PIECE, high)
            _read_lines(
                codes,
                spans[a:b],
                table,
                dense[a:b],
                tokens[a:b],
                token_count[a:b],
                facts[a:b],
                kept,
            )
            share_words(facts[a:b], kept, words_seen, base, place[a:b])
            find_repeats(facts[a:b], lines_seen, base, place[a:b])
            find_alike(facts[a:b], place[a:b])
            base = np.int32(base + _PIECE)
        if high > low:
            totals = place_before(facts[low:high], place[low:high])
            place_after(facts[low:high], place[low:high], totals)


def read_features(lines: LineBatch, first: int, after: int) -> LineFeatures:
    """Features of lines `first` to `after`, which must begin and end with whole documents."""
    count = after - first
    spans = np.stack([lines.start[first:after], lines.end[first:after]], axis=1)
    document = lines.document[first:after]
    inner = np.flatnonzero(document[1:] != document[:-1]) + 1
    bounds = np.concatenate([[0], inner, [count]]).astype(np.int64)
    dense = np.zeros((count, len(FEATURES)), dtype=np.float32)
    tokens = np.empty((count, MAX_TOKENS), dtype=np.uint32)
    token_count = np.empty(count, dtype=np.int32)
    _read_documents(lines.codes, spans, bounds, CHARACTERS, dense, tokens, token_count)
    return LineFeatures(dense, tokens, token_count)
