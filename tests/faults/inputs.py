"""Input that is damaged, or still being written."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipelines import tonight
from pipelines.settings import Settings

from .crashes import TornError
from .runs import Nursery

NIGHT = ("--date", "2026-03-01")
STORY = """{title}

The {place} bridge was closed on Monday after engineers found cracks in {number} of its pillars.
The mayor, Ada Moss, said the repairs would take {number} weeks and cost {number} million crowns.
"We would rather be slow than sorry in {place}," she told reporters at the town hall.
"""


def texts(start: int, count: int) -> list[str]:
    """Fictional articles, each with a number of its own."""
    return [
        STORY.format(title=f"Bridge {n} closed", place=f"Elm{n}", number=n)
        for n in range(start, start + count)
    ]


def _lines(start: int) -> bytes:
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts(start, 5))


def _parquet(start: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": texts(start, 5)}), out, write_page_checksum=True)
    return out.getvalue()


def _warc(start: int) -> bytes:
    records = []
    for number, text in enumerate(texts(start, 5)):
        page = f"<html><body><article><p>{text}</p></article></body></html>".encode()
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
        head = (
            "WARC/1.0\r\nWARC-Type: response\r\n"
            f"WARC-Target-URI: https://e.example/{start}/{number}\r\n"
            f"WARC-Date: 2026-03-01T00:00:00Z\r\nWARC-Record-ID: <urn:x:{start}-{number}>\r\n"
            f"Content-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        records.append(gzip.compress(head.encode() + body + b"\r\n\r\n", mtime=0))
    return b"".join(records)


MAKERS = {
    "lines.jsonl.gz": lambda start: gzip.compress(_lines(start), mtime=0),
    "lines.jsonl.zst": lambda start: zstandard.ZstdCompressor(write_checksum=True).compress(
        _lines(start)
    ),
    "crawl.warc.gz": _warc,
    "table.parquet": _parquet,
    "lines.jsonl": _lines,
}


def damage_files(landing: Path, count: int, seed: int) -> Iterator[tuple[Path, str]]:
    """Files cut short or with one byte changed, and which of the two."""
    chosen = random.Random(seed)
    for number in range(count):
        name = list(MAKERS)[number % len(MAKERS)]
        data = bytearray(MAKERS[name](10 * number))
        place = chosen.randrange(len(data) // 10, len(data))
        how = chosen.choice(("cut", "changed"))
        data[place:] = b"" if how == "cut" else bytes([data[place] ^ 0x55]) + data[place + 1 :]
        path = landing / f"{number:03}.{name}"
        path.write_bytes(data)
        yield path, how


def damaged_inputs(nursery: Nursery, folder: Path, count: int, seed: int) -> dict[str, int]:
    """A night of damaged files: the ledger balances, no row of an archive counts before its end."""
    landing, home = folder / "damaged", folder / "damaged-home"
    landing.mkdir()
    damaged = list(damage_files(landing, count, seed))
    (landing / "sound.txt").write_text(texts(9_000, 1)[0], "utf-8")
    ended = nursery.run(landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])
    lake = tonight.open_lake(Settings(home=home))
    ledger = lake.read("runs").to_pylist()[0]
    parts = [ledger[f"{name}_count"] for name in ("accepted", "known", "rejected")]
    if ledger["document_count_in"] != sum(parts):
        raise TornError(f"the ledger does not balance: {ledger}")
    accepted = lake.read("documents", ["source_uri"])["source_uri"].to_pylist()
    refused = lake.read("rejected_documents").to_pylist()
    for path, how in damaged:
        if path.name.endswith((".jsonl.gz", ".jsonl.zst")) and path.name in accepted:
            raise TornError(f"{path.name} ({how}): rows counted though the archive is not whole")
        if path.name not in accepted and path.name not in {row["source_uri"] for row in refused}:
            raise TornError(f"{path.name} ({how}): silently lost")
    for row in refused:
        kept = home / row["quarantine_path"]
        if kept.stat().st_size != row["byte_count"]:
            raise TornError(f"{row['source_uri']}: quarantine does not hold what was refused")
    return {"files": count, "accepted": len(accepted), "rejected": len(refused)}


def half_written(nursery: Nursery, folder: Path, count: int, seed: int) -> int:
    """Files that grow while a night reads are whole in the tables, or not there yet.

    Ten files grow in each of the rounds; then all are finished, and one more night takes them.
    """
    landing, home = folder / "growing", folder / "growing-home"
    shutil.rmtree(home, ignore_errors=True)
    landing.mkdir(exist_ok=True)
    chosen = random.Random(seed)
    texts_of = dict(enumerate(texts(0, count)))
    for start in range(0, count, 10):
        rest = {f"{it}.txt": texts_of[it] for it in range(start, min(start + 10, count))}
        _grow_through_a_night(nursery, landing, home, rest, chosen)
    ended = nursery.run(landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])
    documents = tonight.open_lake(Settings(home=home)).read("documents").to_pylist()
    whole = set(texts_of.values())
    parts = [row["source_uri"] for row in documents if row["raw_text"] not in whole]
    if parts or len(documents) != count:
        raise TornError(f"partial: {parts[:5]}; {len(documents)} documents of {count}")
    return count


def _grow_through_a_night(
    nursery: Nursery, landing: Path, home: Path, whole: dict[str, str], chosen: random.Random
) -> None:
    over = threading.Event()

    def write_on() -> None:
        while not over.is_set():
            for name, text in whole.items():
                have = (landing / name).stat().st_size if (landing / name).exists() else 0
                with (landing / name).open("a", encoding="utf-8") as file:
                    file.write(text[have : have + chosen.randrange(1, 4)])
            over.wait(0.2)

    writer = threading.Thread(target=write_on)
    writer.start()
    nursery.run(landing, home, *NIGHT)
    over.set()
    writer.join()
    for name, text in whole.items():
        (landing / name).write_text(text, "utf-8")
        os.utime(landing / name, (1_700_000_000, 1_700_000_000))
