"""Build `pipelines/link/background.npz`: how common each word is within the topics of the news.

A word tells two reports of one topic apart only if it is rare within that topic: "deputies" is
rare in the news and in every second crime report. The count of a word is therefore its share in
the topic that uses it most, not in all texts. Topics come from spherical k-means (Dhillon and
Modha 2001) over the labelled texts of the bench folder (`COPYDESK_BENCH`), one text of each event;
a topic's share is smoothed by that of all texts. In other languages a word is as common as in the
pages of its language. If `stopwordsiso` (MIT) is installed, its stop words stand in for the
languages the bench hardly has. Writes counts of hash buckets only, never
text. Run: python -m benchmarks.background
"""

from __future__ import annotations

import gzip
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.clean.language import languages
from pipelines.clean.segment import segment
from pipelines.link import background, tokens

BENCH = Path(os.environ.get("COPYDESK_BENCH", "../shared/bench"))
STOP_WORD_SHARE = 1 / 16
"""A stop word is taken to stand in at least this share of the texts."""
GVA_EVENTS = 400
"""Events of one topic (gun violence) are sampled, so that it is one topic among others."""
TOPICS = 8
"""5 to 16 gave the same links; 8 kept the most of stories (docs/decisions/0014)."""
MIN_TOPIC = 40
MIN_LANGUAGE = 100
COMMON_ABROAD = 8
"""Texts of a language that must have a word before its share is believed."""
SMOOTHING = 20


def texts() -> Iterator[str]:
    for path in sorted((BENCH / "cleaning" / "full").glob("*.jsonl.gz")):
        for page in rows(path):
            yield body(page)
    names = ["story_ecbplus", "story_fnc", "story_seesaw", "wiremini", "story_gva"]
    for name in names:
        yield from events(BENCH / "linkage" / f"{name}.jsonl.gz")


def foreign_texts() -> list[str]:
    """Articles that are not in English: Chinese, Greek, Polish, Russian and a few of others."""
    folders = [BENCH / "cleaning" / name for name in ("full", "region")]
    pages = [
        page for folder in folders for it in sorted(folder.glob("*.jsonl.gz")) for page in rows(it)
    ]
    bodies = {page["id"]: body(page) for page in pages if page["lang"] != "en"}
    return list(bodies.values())


def body(page: dict) -> str:
    return " \n".join(line["text"] for line in page["lines"] if line["label"] == "keep")


def events(path: Path) -> list[str]:
    """The first text of each event; machine-made copies are left out."""
    firsts: dict[str, str] = {}
    for row in rows(path):
        if row.get("edit", "orig") in {"orig", "distractor"}:
            firsts.setdefault(row["cluster"], row["text"])
    return list(firsts.values())[: GVA_EVENTS if "gva" in path.name else None]


def rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def stop_words() -> list[str]:
    try:
        lists = importlib.import_module("stopwordsiso")
    except ModuleNotFoundError:
        print("stopwordsiso is not installed: only the bench's languages are weighed")
        return []
    return sorted(
        word for name in lists.langs() for word in lists.stopwords(name) if word.isalpha()
    )


def presence(bodies: list[str]) -> sp.csr_matrix:
    """Which text has a word of which bucket: 0 or 1, float32[n, BUCKETS], sparse."""
    batch = tokens.tokenise(pa.array(bodies))
    row = np.repeat(np.arange(len(bodies)), np.diff(batch.text_start))
    ones = np.ones(len(row), np.float32)
    shape = (len(bodies), background.BUCKETS)
    matrix = sp.csr_matrix((ones, (row, batch.token % background.BUCKETS)), shape=shape)
    matrix.data[:] = 1
    return matrix


def topics(matrix: sp.csr_matrix, count: int, rounds: int = 25) -> np.ndarray:
    """Topic of each text: spherical k-means over tf-idf, from texts drawn with a fixed seed."""
    uses = np.asarray(matrix.sum(0)).ravel()
    idf = np.where(uses < 3, 0, np.log(matrix.shape[0] / np.maximum(uses, 1)))
    weighed = matrix.multiply(idf).tocsr()
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(1)).ravel())
    weighed = sp.diags(1 / np.maximum(length, 1e-9)) @ weighed
    drawn = np.random.default_rng(0).choice(matrix.shape[0], count, replace=False)
    centres = weighed[drawn].toarray()
    for _ in range(rounds):
        topic = np.asarray((weighed @ centres.T).argmax(1))
        members = sp.csr_matrix((np.ones(len(topic)), (topic, np.arange(len(topic)))))
        sums = (members @ weighed).toarray()
        centres[: len(sums)] = sums
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return topic


def shares(matrix: sp.csr_matrix, topic: np.ndarray) -> np.ndarray:
    """Share of each bucket in the topic that uses it most, at least its share in all texts."""
    share = np.asarray(matrix.sum(0)).ravel() / matrix.shape[0]
    most = share.copy()
    for number in np.unique(topic):
        inside = topic == number
        if inside.sum() >= MIN_TOPIC:
            uses = np.asarray(matrix[inside].sum(0)).ravel()
            most = np.maximum(most, (uses + SMOOTHING * share) / (inside.sum() + SMOOTHING))
    return most


def shares_abroad() -> np.ndarray:
    """Share of each bucket in the pages of the language, not English, that uses it most."""
    bodies = foreign_texts()
    lines = segment(pa.array(bodies))
    bounds = np.stack([lines.document_start[:-1], lines.document_start[1:]], axis=1)
    spoken = np.array(languages(lines.codes, bounds))
    matrix, most = presence(bodies), np.zeros(background.BUCKETS)
    for language in sorted(set(spoken) - {"en", "und"}):
        inside = spoken == language
        if inside.sum() >= MIN_LANGUAGE:
            uses = np.asarray(matrix[inside].sum(0)).ravel()
            most = np.maximum(most, np.where(uses < COMMON_ABROAD, 0, uses / inside.sum()))
            print(f"{language}: {inside.sum()} texts")
    return most


def main() -> None:
    matrix = presence(list(texts()))
    documents = matrix.shape[0]
    uses = np.asarray(matrix.sum(0)).ravel()
    used = np.flatnonzero(uses)
    most = shares(matrix[:, used].tocsr(), topics(matrix[:, used].tocsr(), TOPICS))
    counts = np.zeros(background.BUCKETS, np.int64)
    counts[used] = np.where(uses[used] < 2, 0, np.round(most * documents))
    counts = np.maximum(counts, np.round(shares_abroad() * documents).astype(np.int64))
    stops = tokens.tokenise_words(stop_words()) % background.BUCKETS
    counts[stops] = np.maximum(counts[stops], int(documents * STOP_WORD_SHARE))
    kept = np.flatnonzero(counts)
    path = Path(background.__file__).with_name("background.npz")
    np.savez_compressed(
        path,
        bucket=kept.astype(np.int32),
        count=counts[kept].astype(np.uint16),
        documents=documents,
    )
    print(f"{path.name}: {documents} texts, {len(kept)} buckets, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
