"""How fast linkage is, in how much memory: invented news, the night's own code, whole processes.

Each measure runs in a process of its own, one thread: `candidates` (index rows and the models up
to `candidate_pairs`, then pairs scored), `rebuild` (the link verb on a lake, all in one night) and
`increment` (the last 5 % on a night of their own; must equal the rebuild). Peers, if
`COPYDESK_PEERS` names a Python that has them, get 20,000 of the same texts.
Run: python benchmarks/linkage_speed.py [--documents 20000]
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "tests")]

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import speed_corpus  # noqa: E402

FOLDER = Path(os.environ.get("COPYDESK_SPEED", tempfile.gettempdir()))
PEERS = os.environ.get("COPYDESK_PEERS", "")
BATCH = 20_000
WARM = 500

Figures = dict[str, float]


def corpus(count: int) -> Path:
    """A Parquet file of so many invented articles, as the link verb takes them."""
    from linkage_nights import ARTICLES

    path = FOLDER / f"articles-{count}.parquet"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path.with_suffix(".part"), ARTICLES, compression="zstd") as writer:
        for begin in range(0, count, BATCH):
            rows = [article(n) for n in range(begin, min(begin + BATCH, count))]
            writer.write_table(pa.Table.from_pylist(rows, schema=ARTICLES))
    path.with_suffix(".part").rename(path)
    return path


def article(number: int) -> dict[str, Any]:
    """An invented article; a thousand of them bear the same date."""
    story = speed_corpus.document(number).story
    day = story.published + datetime.timedelta(days=number // 1000)
    moment = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return {
        "document_id": f"{number:08}",
        "article_body": "\n".join(" ".join(paragraph) for paragraph in story.paragraphs),
        "site": f"site{number % 200}.example",
        "date_published": moment,
        "retrieved_at": moment,
        "info_source": story.agency,
        "night": day,
    }


def candidates(path: Path) -> Figures:
    """Index rows and candidate pairs of all at once; then those pairs scored."""
    from linkage_bench import MemoryBench

    from pipelines.link import steps
    from pipelines.link.background import load_background
    from pipelines.link.fingerprint import Fingerprints, fingerprint_batch
    from pipelines.link.verify import shelf_of, verify_pairs

    articles, clock = pq.read_table(path), Clock()
    made = [fingerprint_batch(batch, load_background()) for batch in articles.to_batches(BATCH)]
    whole = {
        name: pa.Table.from_batches([getattr(part, name) for part in made])
        for name in made[0].__dataclass_fields__
    }
    bench = MemoryBench(memory_limit="700MB")
    one = (rows.combine_chunks().to_batches()[0] for rows in whole.values())
    steps.put_index(bench, Fingerprints(*one))
    bench.put("masked_before", steps.first_night().masked_sentences)
    indexed = clock.seconds()
    steps.search(bench)
    sought = clock.seconds() - indexed
    asked = bench.rows("candidate_pairs").slice(0, 100_000)
    shelf = shelf_of(steps.distinct_texts(articles))
    began = clock.seconds()
    verify_pairs(asked, shelf, pa.array([], pa.int64()), load_background())
    return {
        "index rows, documents per CPU s": articles.num_rows / indexed,
        "candidates in SQL, documents per CPU s": articles.num_rows / sought,
        "both, documents per CPU s": articles.num_rows / (indexed + sought),
        "candidate pairs": bench.rows("candidate_pairs").num_rows,
        "verified pairs per CPU s": asked.num_rows / (clock.seconds() - began),
    }


def nights(path: Path, cuts: list[int]) -> Figures:
    """The link verb itself on a lake, the articles split at `cuts` into nights."""
    from linkage_lake import night_of

    from pipelines import linking

    figures: Figures = {}
    with tempfile.TemporaryDirectory(dir=FOLDER) as home:
        ends = [0, *cuts, pq.ParquetFile(path).metadata.num_rows]
        for number, (begin, end) in enumerate(pairwise(ends), start=1):
            given = (Path(home), number, path, begin, end)
            before = multiprocessing.get_context("spawn").Process(target=delivered, args=given)
            before.start()
            before.join()
            night = night_of(Path(home), number)
            clock = Clock()
            done = linking.link(night)
            figures[f"night {number} of {end - begin}, CPU s"] = clock.seconds()
        figures["pairs compared on the last night"] = done["compared"]
        clusters = night.lake.read("clusters").sort_by("document_id").to_pylist()
        stories = night.lake.read("story_members").sort_by("article_id").to_pylist()
    told = json.dumps([clusters, stories]).encode()
    figures["digest"] = int.from_bytes(hashlib.sha256(told).digest()[:6], "big")
    return figures


def delivered(home: Path, number: int, path: Path, begin: int, end: int) -> None:
    """What comes before the link verb, in a process of its own: its memory is not measured."""
    from linkage_lake import deliver, night_of

    deliver(night_of(home, number), pq.read_table(path).slice(begin, end - begin))


class Clock:
    """CPU seconds of this process and all its threads since it was made."""

    def __init__(self) -> None:
        self._begun = time.process_time()

    def seconds(self) -> float:
        """Spent so far."""
        return time.process_time() - self._begun


def measure(what: str, path: Path) -> Figures:
    """One measure, in this process."""
    count = pq.ParquetFile(path).metadata.num_rows
    if what == "candidates":
        return candidates(path)
    return nights(path, [] if what == "rebuild" else [count * 19 // 20])


def measured(what: str, path: Path) -> Figures:
    """One measure, in a process of its own; with its peak memory."""
    command = [sys.executable, __file__, "--measure", what, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(done.stdout))


def peers(path: Path, limit: int) -> Iterator[tuple[str, float]]:
    """(tool, documents per CPU second) of each peer that can be run, on at most `limit` texts."""
    if not PEERS:
        print("peers skipped: COPYDESK_PEERS names no Python that has them", file=sys.stderr)
        return
    texts = pq.read_table(path, columns=["article_body"])["article_body"].slice(0, limit)
    lines = "\n".join(json.dumps(text) for text in texts.to_pylist())
    for tool in ("datasketch", "rensa", "gaoya"):
        command = [PEERS, str(HERE / "linkage_peers.py"), tool, "0.5"]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{tool} skipped: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        yield tool, len(texts) / json.loads(done.stdout)["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--measure", choices=["candidates", "rebuild", "increment"])
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.measure:
        figures = measure(asked.measure, asked.file)
        figures["peak GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps(figures))
        return
    path, digests = corpus(asked.documents), set()
    for what in ("candidates", "rebuild"):
        measured(what, corpus(WARM))  # kernels are compiled once per installation
    for what in ("candidates", "rebuild", "increment"):
        figures = measured(what, path)
        digests.add(figures.pop("digest", None))
        for name, figure in figures.items():
            print(f"{what:11} {name:40} {figure:12.2f}")
    print(f"increment equals rebuild: {len(digests - {None}) == 1}")
    for tool, figure in peers(path, 20_000):
        print(f"{tool:11} {'documents per CPU s':40} {figure:12.2f}")


if __name__ == "__main__":
    main()
