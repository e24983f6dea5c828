"""Per document: its identity as a text, and the index rows by which others find it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.background import Background, bucket_of
from pipelines.link.tables import FINGERPRINTS, SENTENCES, SHINGLES, TERMS
from pipelines.link.tokens import TokenBatch, tokenise

SHINGLE_WORDS: Final = 5
SHINGLES_KEPT: Final = 24
"""A text keeps 24–48 of its shingles (all, if it has fewer): a power of two of the hash space, so
that the samples of a short and a long text are subsets of one another."""
TERMS_KEPT: Final = 24
MIN_TERM_IDF: Final = 2.5
EDGE_SENTENCES: Final = 6
"""Sentences from each end of a text that can turn out to be a site's own line."""
MIN_SENTENCE_WORDS: Final = 3
_CHUNK: Final = 2_000  # texts tokenised at a time, so that code points stay below 100 MB


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The index rows of a batch; every field follows its schema in `tables`."""

    fingerprints: pa.RecordBatch
    shingles: pa.RecordBatch
    terms: pa.RecordBatch
    sentences: pa.RecordBatch


def fingerprint_batch(articles: pa.RecordBatch, background: Background) -> Fingerprints:
    """Index rows of n articles.

    `articles` has the columns document_id, article_body, site, date_published, retrieved_at,
    info_source (see `contract.ARTICLES` and `contract.DOCUMENTS`) and night (date32). Rows
    of the same body give one fingerprint each, and their shingles, terms and sentences once.
    """
    texts = pc.fill_null(articles["article_body"], "")
    text_id = np.fromiter(map(text_id_of, texts.to_pylist()), np.int64, len(texts))
    _, first = np.unique(text_id, return_index=True)
    parts = []
    normal = np.zeros((len(texts), 2), np.uint64)
    words = np.zeros(len(texts), np.int32)
    for begin in range(0, max(len(texts), 1), _CHUNK):
        rows = np.arange(begin, min(begin + _CHUNK, len(texts)))
        batch = tokenise(texts.slice(begin, len(rows)), with_normal=True)
        normal[rows], words[rows] = batch.normal, np.diff(batch.text_start)
        fresh = np.isin(rows, first)
        parts.append(_index_rows(batch, text_id[rows], fresh, background))
    merged = [
        pa.Table.from_batches(list(same)).combine_chunks() for same in zip(*parts, strict=True)
    ]
    fingerprints = _fingerprint_rows(articles, text_id, normal, words)
    return Fingerprints(fingerprints, *(_single(table) for table in merged))


def text_id_of(body: str) -> int:
    """The text_id of a clean body: the first 63 bits of its SHA-256."""
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _single(table: pa.Table) -> pa.RecordBatch:
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _fingerprint_rows(
    articles: pa.RecordBatch,
    text_id: NDArray[np.int64],
    normal: NDArray[np.uint64],
    words: NDArray[np.int32],
) -> pa.RecordBatch:
    day = pc.coalesce(_days(articles["date_published"]), _days(articles["retrieved_at"]))
    columns = [
        articles["document_id"],
        pa.array(text_id),
        pa.array([row.tobytes().hex() for row in normal], pa.string()),
        pc.cast(articles["site"], pa.string()),
        day,
        pc.is_valid(articles["info_source"]),
        pc.is_valid(articles["date_published"]),
        pa.array(words),
        articles["night"],
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FINGERPRINTS)


def _days(times: pa.Array) -> pa.Array:
    dates = pc.cast(pc.floor_temporal(times, unit="day"), pa.date32(), safe=False)
    return pc.cast(dates, pa.int32())


def _index_rows(
    batch: TokenBatch,
    text_id: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    background: Background,
) -> tuple[pa.RecordBatch, ...]:
    text, shingle = _sample_shingles(batch.token, batch.text_start, fresh)
    owner, term = _rare_terms(batch.token, batch.text_start, fresh, background.idf)
    speaker, sentence, context = _edge_sentences(
        batch.token, batch.sentence_start, batch.text_sentence, batch.text_start, fresh
    )
    return (
        _rows(SHINGLES, text_id[text], shingle),
        _rows(TERMS, text_id[owner], term.view(np.int32)),
        _rows(SENTENCES, text_id[speaker], sentence, context),
    )


def _rows(schema: pa.Schema, *columns: NDArray[np.generic]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=schema)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def mix64(hashed: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    hashed = (hashed ^ (hashed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashed = (hashed ^ (hashed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashed ^ (hashed >> np.uint64(31))


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def hash_run(token: Any, start: Any, end: Any) -> Any:
    """Hash of the tokens in [start, end), in order."""
    hashed = np.uint64(end - start)
    for at in range(start, end):
        hashed = (hashed + np.uint64(token[at])) * np.uint64(0x9E3779B97F4A7C15)
        hashed ^= hashed >> np.uint64(32)
    return mix64(hashed)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sampling_level(words: Any) -> Any:
    level = np.uint64(0)
    while words >= 2 * SHINGLES_KEPT:
        words >>= 1
        level += np.uint64(1)
    return level


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sample_shingles(token: Any, text_start: Any, fresh: Any) -> Any:
    text = np.empty(len(token) + len(fresh), np.int64)
    shingle = np.empty(len(token) + len(fresh), np.int64)
    used = 0
    for row in range(len(fresh)):
        begin, end = text_start[row], text_start[row + 1]
        if not fresh[row] or begin == end:
            continue
        width = min(SHINGLE_WORDS, end - begin)
        mask = (np.uint64(1) << _sampling_level(end - begin)) - np.uint64(1)
        first = used
        for at in range(begin, end - width + 1):
            hashed = hash_run(token, at, at + width)
            if hashed & mask == 0:
                text[used], shingle[used] = row, np.int64(hashed >> np.uint64(1))
                used += 1
        kept = np.unique(shingle[first:used])
        shingle[first : first + len(kept)] = kept
        used = first + len(kept)
    return text[:used], shingle[:used]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _rare_terms(token: Any, text_start: Any, fresh: Any, idf: Any) -> Any:
    room = TERMS_KEPT * len(fresh)
    text, term, used = np.empty(room, np.int64), np.empty(room, np.uint32), 0
    for row in range(len(fresh)):
        if not fresh[row]:
            continue
        words = np.sort(token[text_start[row] : text_start[row + 1]])
        score, distinct = np.zeros(len(words), np.float32), 0
        at = 0
        while at < len(words):
            word, count = words[at], 0
            while at < len(words) and words[at] == word:
                at, count = at + 1, count + 1
            rarity = idf[bucket_of(word)]
            if rarity >= MIN_TERM_IDF:
                words[distinct] = word
                score[distinct] = -rarity * np.sqrt(min(count, 4))
                distinct += 1
        for best in np.argsort(score[:distinct], kind="mergesort")[:TERMS_KEPT]:
            text[used], term[used] = row, words[best]
            used += 1
    return text[:used], term[:used]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _edge_sentences(
    token: Any, sentence_start: Any, text_sentence: Any, text_start: Any, fresh: Any
) -> Any:
    room = 2 * EDGE_SENTENCES * len(fresh)
    text, sentence = np.empty(room, np.int64), np.empty(room, np.int64)
    context, used = np.empty(room, np.int64), 0
    for row in range(len(fresh)):
        begin, end = text_sentence[row], text_sentence[row + 1]
        if not fresh[row] or begin == end:
            continue
        about = _smallest_shingle(token, text_start[row], text_start[row + 1])
        for at in range(begin, end):
            first, last = sentence_start[at], sentence_start[at + 1]
            is_edge = at - begin < EDGE_SENTENCES or end - at <= EDGE_SENTENCES
            if is_edge and last - first >= MIN_SENTENCE_WORDS:
                hashed = hash_run(token, first, last)
                text[used], sentence[used] = row, np.int64(hashed >> np.uint64(1))
                context[used] = about
                used += 1
    return text[:used], sentence[:used], context[:used]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _smallest_shingle(token: Any, begin: Any, end: Any) -> Any:
    width = min(SHINGLE_WORDS, end - begin)
    smallest = np.uint64(0xFFFFFFFFFFFFFFFF)
    for at in range(begin, end - width + 1):
        smallest = min(smallest, hash_run(token, at, at + width))
    return np.int64(smallest >> np.uint64(1))
