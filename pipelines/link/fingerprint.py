"""Per document: its identity as a text, and the index rows by which others find it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.background import Background, bucket_of
from pipelines.link.features import EDGE_SENTENCES, is_at_edge
from pipelines.link.shingles import hash_run, shingle_hashes
from pipelines.link.sorting import sort_hashes
from pipelines.link.tables import FINGERPRINTS, SENTENCES, SHINGLES, TERMS
from pipelines.link.tokens import TokenBatch, tokenise

SHINGLES_KEPT: Final = 24
"""A text keeps 24–48 of its shingles (all, if it has fewer): a power of two of the hash space, so
that the samples of a short and a long text are subsets of one another."""
TERMS_KEPT: Final = 24
MIN_TERM_IDF: Final = 2.5
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
    text_id = text_ids_of(texts)
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


def text_ids_of(bodies: pa.Array) -> NDArray[np.int64]:
    """The `text_id_of` each of n strings, none of them null; Python sees no text for it."""
    large = pc.cast(bodies, pa.large_string())
    edges = np.frombuffer(large.buffers()[1], np.int64, len(large) + 1, 8 * large.offset).tolist()
    data = memoryview(large.buffers()[2] or b"")
    digests = [hashlib.sha256(data[a:b]).digest()[:8] for a, b in pairwise(edges)]
    return (np.frombuffer(b"".join(digests), ">u8") >> 1).astype(np.int64)


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
    text, shingle, context = _sample_shingles(batch.token, batch.text_start, fresh)
    owner, term = _rare_terms(batch.token, batch.text_start, fresh, background.idf)
    speaker, sentence = _edge_sentences(
        batch.token, batch.sentence_start, batch.text_sentence, fresh
    )
    return (
        _rows(SHINGLES, text_id[text], shingle),
        _rows(TERMS, text_id[owner], term.view(np.int32)),
        _rows(SENTENCES, text_id[speaker], sentence, context[speaker]),
    )


def _rows(schema: pa.Schema, *columns: NDArray[np.generic]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=schema)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sampling_level(words: Any) -> Any:
    level = np.uint64(0)
    while words >= 2 * SHINGLES_KEPT:
        words >>= 1
        level += np.uint64(1)
    return level


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sample_shingles(token: Any, text_start: Any, fresh: Any) -> Any:
    """Text and sampled shingle, distinct; and the smallest of all shingles of each text."""
    text = np.empty(len(token) + len(fresh), np.int64)
    shingle = np.empty(len(token) + len(fresh), np.int64)
    smallest = np.zeros(len(fresh), np.int64)
    used = 0
    for row in range(len(fresh)):
        begin, end = text_start[row], text_start[row + 1]
        if not fresh[row] or begin == end:
            continue
        hashes = shingle_hashes(token[begin:end])
        smallest[row] = np.int64(hashes.min() >> np.uint64(1))
        mask = (np.uint64(1) << _sampling_level(end - begin)) - np.uint64(1)
        first = used
        for hashed in sort_hashes(hashes[hashes & mask == 0]):
            kept = np.int64(hashed >> np.uint64(1))
            if used == first or shingle[used - 1] != kept:
                text[used], shingle[used] = row, kept
                used += 1
    return text[:used], shingle[:used], smallest


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rare_terms(token: Any, text_start: Any, fresh: Any, idf: Any) -> Any:
    """Text and term: the TERMS_KEPT distinct words of highest score of each text."""
    room = TERMS_KEPT * len(fresh)
    text, term, used = np.empty(room, np.int64), np.empty(room, np.uint32), 0
    best, score = np.empty(TERMS_KEPT, np.uint32), np.empty(TERMS_KEPT, np.float32)
    for row in range(len(fresh)):
        if not fresh[row]:
            continue
        words = sort_hashes(_rare_words(token[text_start[row] : text_start[row + 1]], idf))
        kept, at = 0, 0
        while at < len(words):
            word, count = words[at], 0
            while at < len(words) and words[at] == word:
                at, count = at + 1, count + 1
            name = np.uint32(word >> np.uint64(32))
            value = idf[bucket_of(name)] * np.sqrt(min(count, 4))
            kept = _insert_term(best, score, kept, name, np.float32(value))
        text[used : used + kept], term[used : used + kept] = row, best[:kept]
        used += kept
    return text[:used], term[:used]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rare_words(token: Any, idf: Any) -> Any:
    """Tokens that are rare enough for a term, in the upper half of uint64[n]."""
    words, count = np.empty(len(token), np.uint64), np.uint64(0)
    for word in token:
        words[count] = np.uint64(word) << np.uint64(32)
        count += np.uint64(idf[bucket_of(word)] >= MIN_TERM_IDF)
    return words[: np.int64(count)]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _insert_term(best: Any, score: Any, kept: Any, word: Any, value: Any) -> Any:
    """Put a word among the `kept` best, after those of its score; returns how many there are."""
    if kept == TERMS_KEPT:
        if value <= score[kept - 1]:
            return kept
        kept -= 1
    at = kept
    while at > 0 and score[at - 1] < value:
        best[at], score[at] = best[at - 1], score[at - 1]
        at -= 1
    best[at], score[at] = word, value
    return kept + 1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _edge_sentences(token: Any, sentence_start: Any, text_sentence: Any, fresh: Any) -> Any:
    """Text and hash of the sentences at its edges."""
    room = 2 * EDGE_SENTENCES * len(fresh)
    text, sentence, used = np.empty(room, np.int64), np.empty(room, np.int64), 0
    for row in range(len(fresh)):
        begin, end = text_sentence[row], text_sentence[row + 1]
        for at in range(begin, end if fresh[row] else begin):
            first, last = sentence_start[at], sentence_start[at + 1]
            if is_at_edge(at, begin, end) and last - first >= MIN_SENTENCE_WORDS:
                hashed = hash_run(token, first, last)
                text[used], sentence[used] = row, np.int64(hashed >> np.uint64(1))
                used += 1
    return text[:used], sentence[:used]
