"""What of a text is compared: rarity-weighted words by sentence, by text, and shingles.

Everything is laid out flat and sorted by token, so that a pair is compared by merging two runs.
Sentences that a site repeats (`masked`) are left out altogether, where they stand at an edge of the
text: only those are indexed, and a text is compared anew once one of them is masked.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.link.background import Background, bucket_of
from pipelines.link.scan import is_among
from pipelines.link.shingles import SHINGLE_WORDS, hash_run, shingle_hashes
from pipelines.link.sorting import sort_hashes
from pipelines.link.tokens import NAME, OPENING, QUOTED, TokenBatch, tokenise

LEAD: Final = np.uint8(8)
LEAD_WORDS: Final = 60
MIN_ENTRY_IDF: Final = 0.7
"""Words in half of all texts or more say nothing about two of them."""

EDGE_SENTENCES: Final = 6
"""Sentences from each end of a text that can turn out to be a site's own line."""


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
    word_entry: NDArray[np.int64]  # first of its words by sentence; one more than words
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
    kept = _kept_sentences(batch.token, batch.sentence_start, batch.text_sentence, masked)
    tokens = _Tokens(batch.token, batch.flags, batch.sentence_start, batch.text_sentence, kept)
    words = _words(tokens, background.idf)
    entries, distinct = words.entry_start[-1], words.word_start[-1]
    shingle_start, shingle, shingle_quoted = _shingles(tokens)
    full_name_start, full_name, full_name_weight = _full_names(tokens, background.idf)
    features = TextFeatures(
        words.entry_start,
        words.entry_token[:entries],
        words.entry_sentence[:entries],
        words.entry_weight[:entries],
        words.entry_plain[:entries],
        batch.text_sentence,
        words.sentence_mass,
        words.sentence_plain_mass,
        words.word_start,
        words.word_token[:distinct],
        words.word_weight[:distinct],
        words.word_count[:distinct],
        words.word_flags[:distinct],
        words.word_entry[: distinct + 1],
        shingle_start,
        shingle,
        shingle_quoted,
        full_name_start,
        full_name,
        full_name_weight,
        words.kept_words,
    )
    return features, batch


class _Tokens(NamedTuple):
    """Of `TokenBatch` what is compared, and which sentences are not left out."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    sentence_start: NDArray[np.int64]
    text_sentence: NDArray[np.int64]
    kept: NDArray[np.bool_]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def is_at_edge(sentence: Any, begin: Any, end: Any) -> Any:
    """Whether a sentence of a text, which are those from `begin` to `end`, may be its site's."""
    return sentence - begin < EDGE_SENTENCES or end - sentence <= EDGE_SENTENCES


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _kept_sentences(token: Any, sentence_start: Any, text_sentence: Any, masked: Any) -> Any:
    kept = np.ones(len(sentence_start) - 1, np.bool_)
    for text in range(len(text_sentence) - 1 if len(masked) else 0):
        begin, end = text_sentence[text], text_sentence[text + 1]
        for at in range(begin, end):
            if is_at_edge(at, begin, end):
                hashed = hash_run(token, sentence_start[at], sentence_start[at + 1])
                kept[at] = not is_among(np.int64(hashed >> np.uint64(1)), masked)
    return kept


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _word_keys(tokens: Any, text: Any) -> Any:
    """A text's words, sorted: token, sentence, whether quoted, other flags in one number each.

    And how many there are, sentences that are left out aside.
    """
    token, flags, sentence_start = tokens.token, tokens.flags, tokens.sentence_start
    begin, end = tokens.text_sentence[text], tokens.text_sentence[text + 1]
    keys = np.empty(sentence_start[end] - sentence_start[begin], np.uint64)
    length = 0
    for sentence in range(begin, end):
        if not tokens.kept[sentence]:
            continue
        place = np.uint64(sentence - begin) << np.uint64(8)
        for at in range(sentence_start[sentence], sentence_start[sentence + 1]):
            flag = flags[at] | (LEAD if length < LEAD_WORDS else np.uint8(0))
            low = place | np.uint64(flag >> np.uint8(1)) | np.uint64((flag & QUOTED) << np.uint8(7))
            keys[length] = (np.uint64(token[at]) << np.uint64(32)) | low
            length += 1
    return sort_hashes(keys[:length])


class _Words(NamedTuple):
    """Fields of TextFeatures, those by word with room for all tokens."""

    entry_start: NDArray[np.int64]
    entry_token: NDArray[np.uint32]
    entry_sentence: NDArray[np.int32]
    entry_weight: NDArray[np.float32]
    entry_plain: NDArray[np.bool_]
    sentence_mass: NDArray[np.float32]
    sentence_plain_mass: NDArray[np.float32]
    word_start: NDArray[np.int64]
    word_token: NDArray[np.uint32]
    word_weight: NDArray[np.float32]
    word_count: NDArray[np.int32]
    word_flags: NDArray[np.uint8]
    word_entry: NDArray[np.int64]
    kept_words: NDArray[np.int32]


def _words(tokens: _Tokens, idf: NDArray[np.float32]) -> _Words:
    room, texts, sentences = len(tokens.token), len(tokens.text_sentence) - 1, len(tokens.kept)
    words = _Words(
        np.zeros(texts + 1, np.int64),
        np.empty(room, np.uint32),
        np.empty(room, np.int32),
        np.empty(room, np.float32),
        np.empty(room, np.bool_),
        np.zeros(sentences, np.float32),
        np.zeros(sentences, np.float32),
        np.zeros(texts + 1, np.int64),
        np.empty(room, np.uint32),
        np.empty(room, np.float32),
        np.zeros(room, np.int32),
        np.zeros(room, np.uint8),
        np.zeros(room + 1, np.int64),
        np.zeros(texts, np.int32),
    )
    _fill_words(tokens, idf, words)
    return words


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_words(tokens: Any, idf: Any, words: Any) -> Any:
    """Words by sentence and distinct words of each text, in one pass over its sorted words."""
    entry, word = 0, -1
    for text in range(len(words.kept_words)):
        keys, begin = _word_keys(tokens, text), tokens.text_sentence[text]
        last, last_place = np.uint64(1) << np.uint64(32), np.int64(-1)
        for key in keys:
            token, low = key >> np.uint64(32), key & np.uint64(0xFFFFFFFF)
            place, is_quoted = np.int64(low >> np.uint64(8)), low & np.uint64(0x80) != 0
            if token != last:
                last, last_place, word = token, np.int64(-1), word + 1
                words.word_token[word] = token
                words.word_weight[word] = idf[bucket_of(np.uint32(token))]
                words.word_entry[word] = entry
            words.word_count[word] += 1
            words.word_flags[word] |= np.uint8(low << np.uint64(1)) | np.uint8(is_quoted)
            rarity = words.word_weight[word]
            if place != last_place and rarity >= MIN_ENTRY_IDF:
                words.entry_token[entry], words.entry_sentence[entry] = token, place
                words.entry_weight[entry], words.entry_plain[entry] = rarity, not is_quoted
                words.sentence_mass[begin + place] += rarity
                words.sentence_plain_mass[begin + place] += np.float32(0) if is_quoted else rarity
                entry += 1
            last_place = place
        words.entry_start[text + 1], words.word_start[text + 1] = entry, word + 1
        words.kept_words[text] = len(keys)
    words.word_entry[word + 1] = entry


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shingles(tokens: Any) -> Any:
    sentence_start, text_sentence = tokens.sentence_start, tokens.text_sentence
    room, used = len(tokens.token) + len(text_sentence), 0
    shingle, quoted = np.empty(room, np.uint64), np.empty(room, np.bool_)
    start = np.zeros(len(text_sentence), np.int64)
    for text in range(len(text_sentence) - 1):
        words = sentence_start[text_sentence[text + 1]] - sentence_start[text_sentence[text]]
        run, marks, length = np.empty(words, np.uint32), np.zeros(words + 1, np.int32), 0
        for sentence in range(text_sentence[text], text_sentence[text + 1]):
            if tokens.kept[sentence]:
                for at in range(sentence_start[sentence], sentence_start[sentence + 1]):
                    run[length] = tokens.token[at]
                    marks[length + 1] = marks[length] + (tokens.flags[at] & QUOTED)
                    length += 1
        hashes = shingle_hashes(run[:length])
        width = min(SHINGLE_WORDS, length)
        for at in range(len(hashes)):  # the last bit says whether a quoted word is in it
            is_quoted = np.uint64(marks[at + width] > marks[at])
            hashes[at] = (hashes[at] & ~np.uint64(1)) | is_quoted
        first = used
        for hashed in sort_hashes(hashes):
            if used > first and shingle[used - 1] == hashed >> np.uint64(1):
                continue
            shingle[used], quoted[used] = hashed >> np.uint64(1), hashed & np.uint64(1) == 1
            used += 1
        start[text + 1] = used
    return start, shingle[:used].copy(), quoted[:used].copy()


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _full_names(tokens: Any, idf: Any) -> Any:
    token, flags = tokens.token, tokens.flags
    sentence_start, text_sentence = tokens.sentence_start, tokens.text_sentence
    room, used = len(token), 0
    full_name, weight = np.empty(room, np.uint64), np.empty(room, np.float32)
    start = np.zeros(len(text_sentence), np.int64)
    for text in range(len(text_sentence) - 1):
        words = sentence_start[text_sentence[text + 1]] - sentence_start[text_sentence[text]]
        keys, length = np.empty(words, np.uint64), 0
        for sentence in range(text_sentence[text], text_sentence[text + 1]):
            if not tokens.kept[sentence]:
                continue
            for at in range(sentence_start[sentence], sentence_start[sentence + 1] - 1):
                if flags[at] & (NAME | OPENING) and flags[at + 1] & NAME:
                    pair = (np.uint64(token[at]) << np.uint64(32)) | np.uint64(token[at + 1])
                    keys[length] = pair
                    length += 1
        first = used
        for key in sort_hashes(keys[:length]):
            if used > first and full_name[used - 1] == key:
                continue
            one, two = np.uint32(key >> np.uint64(32)), np.uint32(key & np.uint64(0xFFFFFFFF))
            full_name[used] = key
            weight[used] = min(idf[bucket_of(one)], idf[bucket_of(two)])
            used += 1
        start[text + 1] = used
    return start, full_name[:used].copy(), weight[:used].copy()
