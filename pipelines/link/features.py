"""What of a text is compared: rarity-weighted words by sentence, by text, and shingles.

Everything is laid out flat and sorted by token, so that a pair is compared by merging two runs.
Sentences that a site repeats (`masked`) are left out altogether.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.link.background import Background, bucket_of
from pipelines.link.fingerprint import SHINGLE_WORDS, hash_run
from pipelines.link.scan import is_among
from pipelines.link.tokens import NAME, OPENING, QUOTED, TokenBatch, tokenise

LEAD: Final = np.uint8(8)
LEAD_WORDS: Final = 60
MIN_ENTRY_IDF: Final = 0.7
"""Words in half of all texts or more say nothing about two of them."""


class TextFeatures(NamedTuple):
    """Features of n texts, flat; `x_start[i]:x_start[i + 1]` are those of text i."""

    entry_start: NDArray[np.int64]  # words by sentence, sorted by token
    entry_token: NDArray[np.uint32]
    entry_sentence: NDArray[np.int32]
    entry_weight: NDArray[np.float32]
    entry_plain: NDArray[np.bool_]  # whether it stands there outside quotation marks
    sentence_start: NDArray[np.int64]
    sentence_mass: NDArray[np.float32]
    sentence_plain_mass: NDArray[np.float32]
    word_start: NDArray[np.int64]  # distinct words of the text, sorted by token
    word_token: NDArray[np.uint32]
    word_weight: NDArray[np.float32]
    word_count: NDArray[np.int32]
    word_flags: NDArray[np.uint8]
    shingle_start: NDArray[np.int64]  # distinct shingles, sorted
    shingle: NDArray[np.uint64]
    shingle_quoted: NDArray[np.bool_]
    full_name_start: NDArray[np.int64]  # distinct runs of two capitalised words, sorted
    full_name: NDArray[np.uint64]
    full_name_weight: NDArray[np.float32]
    kept_words: NDArray[np.int32]


def text_features(
    texts: pa.Array, masked: NDArray[np.int64], background: Background
) -> tuple[TextFeatures, TokenBatch]:
    """Features of n texts. `masked` are the sorted hashes of sentences to leave out."""
    batch = tokenise(texts)
    kept = _kept_sentences(batch.token, batch.sentence_start, masked)
    entries = _entries(
        batch.token, batch.flags, batch.sentence_start, batch.text_sentence, kept, background.idf
    )
    words = _words(
        batch.token, batch.flags, batch.sentence_start, batch.text_sentence, kept, background.idf
    )
    shingles = _shingles(batch.token, batch.flags, batch.sentence_start, batch.text_sentence, kept)
    full_names = _full_names(
        batch.token, batch.flags, batch.sentence_start, batch.text_sentence, kept, background.idf
    )
    fields = (*entries, *words[:5], *shingles, *full_names, words[5])
    return TextFeatures._make(fields), batch


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _kept_sentences(token: Any, sentence_start: Any, masked: Any) -> Any:
    kept = np.ones(len(sentence_start) - 1, np.bool_)
    for at in range(len(kept)):
        hashed = np.int64(
            hash_run(token, sentence_start[at], sentence_start[at + 1]) >> np.uint64(1)
        )
        kept[at] = not is_among(hashed, masked)
    return kept


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _entry_keys(token: Any, flags: Any, sentence_start: Any, kept: Any, span: Any) -> Any:
    """A text's words, sorted: token, sentence and whether it is quoted in one number each."""
    begin, stop = span
    keys = np.empty(sentence_start[stop] - sentence_start[begin], np.uint64)
    length = 0
    for sentence in range(begin, stop):
        if kept[sentence]:
            for at in range(sentence_start[sentence], sentence_start[sentence + 1]):
                low = (np.uint64(sentence - begin) << np.uint64(1)) | np.uint64(flags[at] & QUOTED)
                keys[length] = (np.uint64(token[at]) << np.uint64(32)) | low
                length += 1
    return np.sort(keys[:length])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _entries(
    token: Any, flags: Any, sentence_start: Any, text_sentence: Any, kept: Any, idf: Any
) -> Any:
    room = len(token)
    entry_token, entry_sentence = np.empty(room, np.uint32), np.empty(room, np.int32)
    weight, plain = np.empty(room, np.float32), np.empty(room, np.bool_)
    mass = np.zeros(len(kept), np.float32)
    plain_mass = np.zeros(len(kept), np.float32)
    start = np.zeros(len(text_sentence), np.int64)
    used = 0
    for text in range(len(text_sentence) - 1):
        begin, first = text_sentence[text], used
        span = (begin, text_sentence[text + 1])
        for key in _entry_keys(token, flags, sentence_start, kept, span):
            word = np.uint32(key >> np.uint64(32))
            place = np.int32((key & np.uint64(0xFFFFFFFF)) >> np.uint64(1))
            rarity = idf[bucket_of(word)]
            again = (
                used > first and entry_token[used - 1] == word and entry_sentence[used - 1] == place
            )
            if again or rarity < MIN_ENTRY_IDF:
                continue
            entry_token[used], entry_sentence[used] = word, place
            weight[used], plain[used] = rarity, key & np.uint64(1) == 0
            mass[begin + place] += rarity
            plain_mass[begin + place] += rarity if plain[used] else np.float32(0)
            used += 1
        start[text + 1] = used
    return (
        start,
        entry_token[:used].copy(),
        entry_sentence[:used].copy(),
        weight[:used].copy(),
        plain[:used].copy(),
        text_sentence,
        mass,
        plain_mass,
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _words(
    token: Any, flags: Any, sentence_start: Any, text_sentence: Any, kept: Any, idf: Any
) -> Any:
    room, used = len(token), 0
    word_token, count = np.empty(room, np.uint32), np.empty(room, np.int32)
    weight, word_flags = np.empty(room, np.float32), np.empty(room, np.uint8)
    start = np.zeros(len(text_sentence), np.int64)
    total = np.zeros(len(text_sentence) - 1, np.int32)
    for text in range(len(text_sentence) - 1):
        words = sentence_start[text_sentence[text + 1]] - sentence_start[text_sentence[text]]
        keys, length = np.empty(words, np.uint64), 0
        for sentence in range(text_sentence[text], text_sentence[text + 1]):
            if not kept[sentence]:
                continue
            for at in range(sentence_start[sentence], sentence_start[sentence + 1]):
                flag = flags[at] | (LEAD if length < LEAD_WORDS else np.uint8(0))
                keys[length] = (np.uint64(token[at]) << np.uint64(32)) | np.uint64(flag)
                length += 1
        first = used
        for key in np.sort(keys[:length]):
            word, flag = np.uint32(key >> np.uint64(32)), np.uint8(key & np.uint64(0xFF))
            if used > first and word_token[used - 1] == word:
                count[used - 1] += 1
                word_flags[used - 1] |= flag
                continue
            word_token[used], count[used], word_flags[used] = word, 1, flag
            weight[used] = idf[bucket_of(word)]
            used += 1
        start[text + 1], total[text] = used, length
    return (
        start,
        word_token[:used].copy(),
        weight[:used].copy(),
        count[:used].copy(),
        word_flags[:used].copy(),
        total,
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _shingles(token: Any, flags: Any, sentence_start: Any, text_sentence: Any, kept: Any) -> Any:
    room, used = len(token) + len(text_sentence), 0
    shingle, quoted = np.empty(room, np.uint64), np.empty(room, np.bool_)
    start = np.zeros(len(text_sentence), np.int64)
    for text in range(len(text_sentence) - 1):
        words = sentence_start[text_sentence[text + 1]] - sentence_start[text_sentence[text]]
        run, marks, length = np.empty(words, np.uint32), np.zeros(words + 1, np.int32), 0
        for sentence in range(text_sentence[text], text_sentence[text + 1]):
            if kept[sentence]:
                for at in range(sentence_start[sentence], sentence_start[sentence + 1]):
                    run[length] = token[at]
                    marks[length + 1] = marks[length] + (flags[at] & QUOTED)
                    length += 1
        width = min(SHINGLE_WORDS, length)
        hashes = np.empty(max(length - width + 1, 0) if width else 0, np.uint64)
        for at in range(len(hashes)):  # the last bit says whether a quoted word is in it
            is_quoted = np.uint64(marks[at + width] > marks[at])
            hashes[at] = (hash_run(run, at, at + width) & ~np.uint64(1)) | is_quoted
        first = used
        for hashed in np.sort(hashes):
            if used > first and shingle[used - 1] == hashed >> np.uint64(1):
                continue
            shingle[used], quoted[used] = hashed >> np.uint64(1), hashed & np.uint64(1) == 1
            used += 1
        start[text + 1] = used
    return start, shingle[:used].copy(), quoted[:used].copy()


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _full_names(
    token: Any, flags: Any, sentence_start: Any, text_sentence: Any, kept: Any, idf: Any
) -> Any:
    room, used = len(token), 0
    full_name, weight = np.empty(room, np.uint64), np.empty(room, np.float32)
    start = np.zeros(len(text_sentence), np.int64)
    for text in range(len(text_sentence) - 1):
        words = sentence_start[text_sentence[text + 1]] - sentence_start[text_sentence[text]]
        keys, length = np.empty(words, np.uint64), 0
        for sentence in range(text_sentence[text], text_sentence[text + 1]):
            if not kept[sentence]:
                continue
            for at in range(sentence_start[sentence], sentence_start[sentence + 1] - 1):
                if flags[at] & (NAME | OPENING) and flags[at + 1] & NAME:
                    keys[length] = (np.uint64(token[at]) << np.uint64(32)) | np.uint64(
                        token[at + 1]
                    )
                    length += 1
        first = used
        for key in np.sort(keys[:length]):
            if used > first and full_name[used - 1] == key:
                continue
            one, two = np.uint32(key >> np.uint64(32)), np.uint32(key & np.uint64(0xFFFFFFFF))
            full_name[used] = key
            weight[used] = min(idf[bucket_of(one)], idf[bucket_of(two)])
            used += 1
        start[text + 1] = used
    return start, full_name[:used].copy(), weight[:used].copy()
