"""Input that is damaged, hostile in its names, still being written, or surrounded by secrets."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipelines import publish, tonight
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


HOSTILE = (
    "'; drop table documents; --", '"; attach \'x\' as y; --', "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-rf", "--help",
    "*", "?", "[a]", "a[1]", "{a,b}", "$(touch pwned)", "`touch pwned`", ";touch pwned", "|cat",
    "&", "%2e%2e%2f", "..%2f", "...", "~", "~root", "con", "nul", "a\nb", "a\tb", "a\rb",
    "\x1b[31m", "\u202egnp.exe", "\u200b", "é", "e\u0301", "日本語", "🙈", "a" * 180, " lead",
    "trail ", "{{7*7}}",
    "${jndi:ldap://x}", "%s%n", "\x7f", "\\", "\\..\\..", "C:x", "''", '"', "#", "\ufeff",
)  # fmt: skip


def hostile_names(nursery: Nursery, folder: Path, count: int) -> int:
    """Files and folders of hostile names are documents like others, and nothing else happens."""
    sandbox = folder / "names"
    landing, home = sandbox / "landing", sandbox / "home"
    chosen = random.Random(5)
    taken = 0
    for number in range(count):
        name = f"{chosen.choice(HOSTILE)[:50]}{number}{chosen.choice(HOSTILE)[:50]}"
        name, site = (it.replace("/", "\\") for it in (name, chosen.choice(HOSTILE)[:100]))
        inner = landing / "2026-03-01" / f"{site}.example"
        inner.mkdir(parents=True, exist_ok=True)
        taken += not (name.startswith(".") or site.startswith("."))  # hidden: still being written
        (inner / f"{name}.txt").write_text(texts(number, 1)[0], "utf-8")
    before = {path for path in folder.rglob("*") if home not in path.parents}
    ended = nursery.run(landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])
    after = {path for path in folder.rglob("*") if home not in path.parents}
    strangers = {it for it in after - before - {home} if not it.name.startswith("run.log")}
    if strangers:
        raise TornError(f"written outside the home folder: {strangers}")
    unsafe = [path for path in home.rglob("*") if not path.name.isascii() or " " in path.name]
    if unsafe:
        raise TornError(f"an input chose a path: {unsafe[:5]}")
    _judge_names(home, taken)
    return count


def _judge_names(home: Path, count: int) -> None:
    with publish.open_published(home / "published" / "copydesk.duckdb") as con:
        found = con.execute("select count(*) from documents").fetchall()[0][0]
        tables = con.execute("select count(*) from duckdb_tables()").fetchall()[0][0]
    manifest = publish.manifest(Settings(home=home)) or {}
    if found != count or tables != len(manifest["tables"]):
        raise TornError(f"{found} documents of {count}, {tables} tables")
    page = (home / "published" / "dashboard.html").read_text("utf-8")
    if "<script>alert" in page or "<img src=x" in page:
        raise TornError("a name became markup")


CANARY = "canary-7f3e91"


def canaries(nursery: Nursery, folder: Path) -> int:
    """Secrets in the environment are in no file, table, page or message, of a good or bad run."""
    landing, home = folder / "quiet", folder / "quiet-home"
    landing.mkdir()
    (landing / "a.txt").write_text(texts(1, 1)[0], "utf-8")
    names = ("AWS_SECRET_ACCESS_KEY", "PREFECT_API_KEY", "COPYDESK_PASSWORD", "DATABASE_URL")
    secrets = {name: f"{CANARY}-{number}" for number, name in enumerate(names)}
    good = nursery.run(landing, home, environment=secrets)
    (landing / "b.jsonl.gz").write_bytes(b"\x1f\x8b broken")
    bad = nursery.run(landing, home, environment=secrets)
    wrong = nursery.run(landing, home, "--date", "no-date", environment=secrets)
    stopped = nursery.run(landing, home, environment=secrets, fail_at=20)
    if (good.code, bad.code, wrong.code, stopped.code) != (0, 0, 2, 1):
        raise TornError(f"ended with {(good.code, bad.code, wrong.code, stopped.code)}")
    said = [ended.said for ended in (good, bad, wrong, stopped)]
    where = [text for text in said if CANARY in text]
    where += [str(path) for path in home.rglob("*") if path.is_file() and _holds(path)]
    where += [f"table {name}" for name, rows in _tables(home) if CANARY in json.dumps(rows)]
    if where:
        raise TornError(f"a secret was told: {where}")
    return len(names)


def _holds(path: Path) -> bool:
    return CANARY.encode() in path.read_bytes()


def _tables(home: Path) -> Iterator[tuple[str, list[dict[str, str]]]]:
    lake = tonight.open_lake(Settings(home=home))
    for name in lake.schemas:
        yield name, [{key: str(value) for key, value in row.items()} for row in _rows(lake, name)]


def _rows(lake: Any, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(name).to_pylist()
    return rows


def half_written(nursery: Nursery, folder: Path, count: int, seed: int) -> int:
    """Files that grow while the night reads are whole in the tables, or not there yet."""
    landing, home = folder / "growing", folder / "growing-home"
    landing.mkdir()
    chosen = random.Random(seed)
    whole = {f"{number}.txt": text for number, text in enumerate(texts(0, count))}
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
    ended = nursery.run(landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])
    documents = tonight.open_lake(Settings(home=home)).read("documents").to_pylist()
    parts = [row["source_uri"] for row in documents if row["raw_text"] not in whole.values()]
    if parts or len(documents) != count:
        raise TornError(f"partial: {parts[:5]}; {len(documents)} documents of {count}")
    return count
