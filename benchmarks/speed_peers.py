"""Tools beside copydesk's steps, in an environment of their own, for `speed.py`.

    PYTHON speed_peers.py datatrove LANDING OUTPUT      line filter (C4) and MinHash, two workers
    PYTHON speed_peers.py rensa|datasketch LANDING      fingerprints of 5-word shingles, 128 values
    PYTHON speed_peers.py trafilatura|resiliparse|turbohtml LANDING   pages, in a pool of two

Exits with 3 where the tool is not installed.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

WORD = re.compile(r"\w+")


def records(landing: str) -> Iterator[dict[str, str]]:
    import zstandard

    for path in sorted(Path(landing).rglob("*.jsonl.zst")):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as plain:
            yield from map(json.loads, io.TextIOWrapper(plain, "utf-8"))


def shingles(text: str) -> list[str]:
    words = WORD.findall(text.lower())
    return [" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))]


def rensa(landing: str) -> None:
    from rensa import RMinHash

    for row in records(landing):
        sketch = RMinHash(num_perm=128, seed=1)
        sketch.update(shingles(row["text"]))
        sketch.digest()


def datasketch(landing: str) -> None:
    from datasketch import MinHash

    for row in records(landing):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in shingles(row["text"])])


def datatrove(landing: str, output: str) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.filters import C4QualityFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    folder = Path(output)

    def run(*pipeline: object, tasks: int) -> None:
        LocalPipelineExecutor(
            pipeline=list(pipeline), tasks=tasks, workers=2, skip_completed=False,
            logging_dir=str(folder / "logs" / type(pipeline[-1]).__name__),
        ).run()  # fmt: skip

    kept, signatures = str(folder / "kept"), str(folder / "signatures")
    buckets, removed = str(folder / "buckets"), str(folder / "removed")
    run(
        JsonlReader(landing, compression="zstd", glob_pattern="**/*.jsonl.zst"),
        C4QualityFilter(),
        JsonlWriter(kept),
        tasks=2,
    )
    run(JsonlReader(kept), MinhashDedupSignature(signatures, config=config), tasks=2)
    run(MinhashDedupBuckets(signatures, buckets, config=config), tasks=14)
    run(MinhashDedupCluster(buckets, removed, config=config), tasks=1)
    run(
        JsonlReader(kept),
        MinhashDedupFilter(removed),
        JsonlWriter(str(folder / "output")),
        tasks=2,
    )


def _trafilatura(page: str) -> str:
    from trafilatura import extract

    return extract(page, include_comments=False) or ""


def _resiliparse(page: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(page, main_content=True)


def _turbohtml(page: str) -> str:
    import turbohtml

    return turbohtml.parse(page).main_text() or ""


PAGES: dict[str, Callable[[str], str]] = {
    "trafilatura": _trafilatura,
    "resiliparse": _resiliparse,
    "turbohtml": _turbohtml,
}


def pages(tool: str, landing: str) -> None:
    with ProcessPoolExecutor(2) as pool:
        texts = pool.map(PAGES[tool], (row["html"] for row in records(landing)), chunksize=20)
        print(sum(map(len, texts)))


def main() -> None:
    tool, landing, *more = sys.argv[1:]
    try:
        if tool in PAGES:
            PAGES[tool]("<p>A page of one paragraph, to see that the tool is there.</p>")
            pages(tool, landing)
        else:
            {"rensa": rensa, "datasketch": datasketch, "datatrove": datatrove}[tool](landing, *more)
    except ImportError as error:
        print(error, file=sys.stderr)
        raise SystemExit(3) from error


if __name__ == "__main__":
    main()
