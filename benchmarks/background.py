"""Build `pipelines/link/background.npz`: in how many news texts each word bucket occurs.

Reads the texts of the bench folder (`COPYDESK_BENCH`) and, if installed, the stop-word lists of
`stopwordsiso` (MIT), which stand in for the languages the bench hardly has. Writes counts of
hash buckets only, never text. Run: python -m benchmarks.background
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

from pipelines.link import background, tokens

BENCH = Path(os.environ.get("COPYDESK_BENCH", "../shared/bench"))
STOP_WORD_SHARE = 0.25
"""A stop word is taken to stand in a quarter of the texts."""
GVA_TEXTS = 300
"""Texts on one topic (gun violence) are sampled, so that its words do not look common."""


def texts() -> Iterator[str]:
    for path in sorted((BENCH / "cleaning" / "full").glob("*.jsonl.gz")):
        for page in rows(path):
            yield " \n".join(line["text"] for line in page["lines"] if line["label"] == "keep")
    for path in sorted((BENCH / "linkage").glob("story_*.jsonl.gz")):
        limit = GVA_TEXTS if "gva" in path.name else None
        yield from [row["text"] for row in rows(path)][:limit]


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


def main() -> None:
    batch = tokens.tokenise(pa.array(texts()))
    counted = background.count_documents(batch)
    counts = np.zeros(background.BUCKETS + 1, np.int64)
    counts[counted["bucket"].to_numpy()] = counted["document_count"].to_numpy()
    documents = int(counts[-1])
    counts = counts[:-1]
    stops = tokens.tokenise_words(stop_words()) % background.BUCKETS
    floor = int(documents * STOP_WORD_SHARE / 4)
    counts[stops] = np.maximum(counts[stops], floor)
    counts[counts < 2] = 0
    used = np.flatnonzero(counts)
    path = Path(background.__file__).with_name("background.npz")
    np.savez_compressed(
        path,
        bucket=used.astype(np.int32),
        count=counts[used].astype(np.uint16),
        documents=documents,
    )
    print(f"{path.name}: {documents} texts, {len(used)} buckets, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
