"""Bytes and characters that break readers, each with the row that must come of it."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

from pipelines import tonight
from pipelines.settings import Settings

from .crashes import TornError
from .runs import Nursery

TEXT = "The river Elm rose by two metres on Monday night, the mayor of Brackwater said.\n"
LONG_LINE = 1_000_000_000


class Case(NamedTuple):
    """A file, and the row it must become: a text with a flag, or a refusal with a reason."""

    data: bytes
    reason: str | None = None
    flag: str | None = None
    text: str | None = TEXT


def _line(inside: str) -> bytes:
    return ("{" + inside + "}\n").encode("utf-8", "surrogatepass")


def _zip_slip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../../../escaped.txt", TEXT)
    return out.getvalue()


def _flagged(text: str, flag: str) -> Case:
    return Case((TEXT + text).encode(), flag=flag, text=text)


CASES: dict[str, Case] = {
    "plain.txt": Case(TEXT.encode()),
    "utf-16.txt": Case(TEXT.encode("utf-16")),
    "utf-16-no-mark.txt": Case(TEXT.encode("utf-16-le")),
    "utf-16-be.txt": Case(b"\xfe\xff" + TEXT.encode("utf-16-be")),
    "utf-32.txt": Case(TEXT.encode("utf-32")),
    "bom.txt": Case(b"\xef\xbb\xbf" + TEXT.encode()),
    "cp1252.txt": Case(
        (TEXT + "Für Größe\n").encode("cp1252"), None, "legacy_encoding", "Für Größe"
    ),
    "bad-utf8.txt": Case(
        f"{TEXT}Für Größe, über Öl, für Käse.\n".encode() + b"caf\xe9\n",
        None,
        "mixed_encoding",
        "café",
    ),
    "nul.txt": _flagged("The bridge\x00 is closed for two weeks, the mayor said.", "nul"),
    "control.txt": _flagged("The bridge\x07 is closed for two weeks, the mayor said.", "control"),
    "bidi.txt": _flagged("The \u202eegdirb\u202c is closed for weeks, the mayor said.", "bidi"),
    "zero-width.txt": _flagged("The brid\u200bge is closed, the mayor said.", "zero_width"),
    "mojibake.txt": _flagged("The brigadeâ€™s chief said it was closed on Monday.", "mojibake"),
    "homoglyph.txt": _flagged("The brіdge is closed for two weeks, the mayor said.", "homoglyph"),
    "replacement.txt": _flagged("The bridge \ufffd is closed, the mayor said.", "replacement"),
    "zeros.txt": Case(bytes(5000), "binary_file"),
    "zip-slip.zip": Case(_zip_slip(), "binary_file"),
    "x..%2f..%2fslip.txt": Case(TEXT.encode() + b"slip\n", text="slip"),
    "bomb.txt.gz": Case(gzip.compress(bytes(40_000_000), mtime=0), "expansion_bomb"),
    "bombs.jsonl.gz": Case(
        gzip.compress(_line('"text": "x"') * 3_000_000, mtime=0), "expansion_bomb"
    ),
    "twice.jsonl.gz": Case(gzip.compress(gzip.compress(_line('"text": "x"'))), "nested_archive"),
    "surrogate.jsonl": Case(_line('"text": "\\ud83d alone"'), "lone_surrogate"),
    "duplicate.jsonl": Case(_line('"text": "one", "text": "two"'), "duplicate_key"),
    "deep.jsonl": Case(_line('"text": "t", "x": ' + "[" * 2000 + "]" * 2000), "invalid_json"),
    "infinite.jsonl": Case(_line('"text": "t", "x": Infinity'), "invalid_json"),
    "huge-number.jsonl": Case(_line(f'"text": {json.dumps(TEXT)}, "x": 1e999'), "invalid_json"),
    "bom.jsonl": Case(b"\xef\xbb\xbf" + _line(f'"text": {json.dumps(TEXT)}')),
    "utf-16.jsonl": Case(_line(f'"text": {json.dumps(TEXT)}').decode().encode("utf-16")),
    "entities.xml": Case(b'<!DOCTYPE rss [<!ENTITY a "aa">]><rss><item/></rss>', "xml_entities"),
    "external.xml": Case(
        b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>'
        b"<rss><item><title>&a;</title></item></rss>",
        "xml_entities",
    ),
    "entities.html": Case(
        f"<html><body><article><p>{TEXT}</p>&#x110000;&#0;&#xD800;&#99999999999;</article>".encode()
    ),
}
"""File name -> its bytes and what must come of them."""

NO_FILES = ("link.txt", "folder-link", "pipe", "dangling")


def _lay_no_files(landing: Path) -> None:
    (landing / "link.txt").symlink_to("/etc/passwd")
    (landing / "folder-link").symlink_to("/etc")
    (landing / "dangling").symlink_to("nowhere")
    os.mkfifo(landing / "pipe")


def _lay_a_device(landing: Path) -> bool:
    """Whether a device file could be made (that takes rights)."""
    try:
        os.mknod(landing / "device", 0o020666, os.makedev(1, 5))
    except PermissionError:
        return False
    return True


def cases(nursery: Nursery, folder: Path, *, with_gigabyte: bool) -> str:
    """One night over all of them."""
    landing, home = folder / "characters", folder / "characters-home"
    landing.mkdir()
    for name, case in CASES.items():
        (landing / name).write_bytes(case.data)
    _lay_no_files(landing)
    odd = [*NO_FILES, *(["device"] if _lay_a_device(landing) else [])]
    if with_gigabyte:
        _write_a_gigabyte(landing / "gigabyte.jsonl")
    ended = nursery.run(landing, home, environment={"COPYDESK_SETTLE_SECONDS": "0"})
    if ended.code not in (0, 3):
        raise TornError(ended.said[-2000:])
    expected = {name: case.reason for name, case in CASES.items()}
    expected |= dict.fromkeys(odd, "not_a_regular_file")
    expected |= {"gigabyte.jsonl": "line_too_long"} if with_gigabyte else {}
    _judge(home, expected)
    _judge_kept(home, landing)
    if (folder / "escaped.txt").exists() or (folder.parent / "escaped.txt").exists():
        raise TornError("a name in an archive became a path")
    return f"{len(expected)} cases, each its row; {len(odd)} of them no regular file"


def _write_a_gigabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(LONG_LINE // 1_000_000):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')


def _judge(home: Path, expected: dict[str, str | None]) -> None:
    lake = tonight.open_lake(Settings(home=home))
    refused = {row["source_uri"]: row for row in lake.read("rejected_documents").to_pylist()}
    taken = {row["source_uri"]: row for row in lake.read("documents").to_pylist()}
    for name, reason in expected.items():
        found = refused.get(name, {}).get("reason")
        if found != reason or (name in taken) == (reason is not None):
            raise TornError(f"{name}: {found} instead of {reason}; taken: {name in taken}")
        if reason is None:
            _judge_text(name, CASES[name], taken[name])


def _judge_text(name: str, case: Case, row: dict[str, str]) -> None:
    if case.text and case.text.strip() not in row["raw_text"]:
        raise TornError(f"{name}: {row['raw_text'][:200]!r}")
    if case.flag and case.flag not in (row["text_flags"] or "").split(","):
        raise TornError(f"{name}: flagged {row['text_flags']}, not {case.flag}")


def _judge_kept(home: Path, landing: Path) -> None:
    """What was refused lies in quarantine byte for byte."""
    rows = tonight.open_lake(Settings(home=home)).read("rejected_documents").to_pylist()
    for row in rows:
        kept = home / row["quarantine_path"]
        if (
            row["source_uri"].endswith(".gz")
            and kept.read_bytes() != (landing / row["source_uri"]).read_bytes()
        ):
            raise TornError(f"{row['source_uri']}: quarantine holds other bytes")
        if row["reason"] != "not_a_regular_file" and kept.stat().st_size == 0:
            raise TornError(f"{row['source_uri']}: quarantine holds nothing")
