"""Coverage-guided fuzzing: one target for each reader, for archives, and for what loads our files.

    python -m tests.faults.fuzz feed -max_total_time=60 CORPUS

Any bytes in: documents and refusals out that can be stored, or the one error that the loader
promises; anything else is a crash. `atheris` sees which branches of copydesk an input took, and
keeps those that took a new one.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .crashes import Skipped, TornError
from .runs import ROOT

SEEDS = ROOT / "tests" / "cases" / "ingest"
FAULTY = ROOT / "data" / "samples" / "2026-03-04" / "faults.example"
LONGEST = 4096
INSTRUMENTED = [
    *("pipelines.ingest", "pipelines.clean.rulebook", "pipelines.clean.patterns"),
    *("pipelines.warehouse", "pipelines.settings", "tomllib"),
]
"""Whose branches are watched. (Numba cannot compile what is instrumented: it is switched off.)"""
_NOW = datetime(2026, 3, 5, tzinfo=UTC)
_STATS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def _content(data: bytes) -> Any:
    from pipelines.ingest.contents import Content
    from pipelines.ingest.model import InputFile, Source

    raw = io.BytesIO(data)
    file = InputFile("input", Path("input"), len(data), 0, "0" * 64, 0, 0)
    return Content(Source("input", Path("input")), file, raw, raw, len(data))


def _reader(name: str) -> Callable[[bytes], None]:
    """All items of a reader; those that are documents become rows."""
    from pipelines.ingest import REASONS
    from pipelines.ingest.collect import Collector
    from pipelines.ingest.model import Draft, Page, Rejection
    from pipelines.ingest.read import READERS
    from pipelines.settings import Settings

    read, settings = READERS[name], Settings(max_document_bytes=50_000)

    def target(data: bytes) -> None:
        items = list(read(_content(data), settings))
        assert all(isinstance(item, Draft | Page | Rejection) for item in items)
        drafts = [item for item in items if isinstance(item, Draft)]
        for item in items:
            assert not isinstance(item, Rejection) or item.reason in REASONS
        for batch in Collector("run", _NOW, 100).batches(drafts):
            batch.documents.validate(full=True)

    return target


def _parquet() -> Callable[[bytes], None]:
    """Decoding and rows. What would end the process ends a fork of it: the pipeline has a guard."""
    import pyarrow as pa

    from pipelines.ingest.model import Source
    from pipelines.ingest.parquet import rows
    from pipelines.ingest.parquet_worker import pieces

    source = Source("input", Path("input"))

    def read(data: bytes) -> None:
        for message, packed in pieces(io.BytesIO(data), 200, 100_000_000):
            if packed:
                with pa.ipc.open_stream(pa.py_buffer(packed)) as stream:
                    list(rows(stream.read_next_batch(), message["start"], source))

    def target(data: bytes) -> None:
        process = os.fork()
        if process == 0:
            signal.alarm(20)
            with suppress(BaseException):
                read(data)
            os._exit(0)
        if os.waitpid(process, 0)[1] == 0:
            read(data)

    return target


def _page() -> Callable[[bytes], None]:
    from pipelines.ingest.encoding import decode_page
    from pipelines.ingest.extract import extract

    def target(data: bytes) -> None:
        decoded = decode_page(data)
        if decoded is not None:
            extract(decoded.text)["text"].encode("utf-8")

    return target


def _archive() -> Callable[[bytes], None]:
    from pipelines.ingest.unpack import DamagedError, packing, unpack

    def target(data: bytes) -> None:
        for kind in {packing(data) or "gzip", "zstd"}:
            try:
                size = sum(map(len, unpack(io.BytesIO(data), kind, len(data), 10, 1_000_000)))
            except DamagedError:
                continue
            assert size <= 17_000_000

    return target


def _rules(folder: Path) -> Callable[[bytes], None]:
    from pipelines.clean.rulebook import Rulebook, RuleError, load_rules

    def target(data: bytes) -> None:
        (folder / "any.toml").write_bytes(data)
        try:
            book = Rulebook(load_rules(folder))
        except RuleError:
            return
        _ = book.phrases, book.whole, book.cased, book.starts, book.ends

    return target


def _front_matter(folder: Path) -> Callable[[bytes], None]:
    from pipelines.warehouse import ModelError, load_model

    def target(data: bytes) -> None:
        (folder / "model.sql").write_bytes(data)
        try:
            assert load_model(folder / "model.sql").description
        except ModelError:
            return

    return target


def _settings(folder: Path) -> Callable[[bytes], None]:
    from pipelines.settings import SettingsError, load

    def target(data: bytes) -> None:
        (folder / "copydesk.toml").write_bytes(data)
        try:
            load(environment={}, file=folder / "copydesk.toml")
        except SettingsError:
            return

    return target


READERS = {"txt": "txt", "jsonl": "jsonl", "json": "json", "parquet": "parquet", "feed": "xml",
           "warc": "warc"}  # fmt: skip
"""Reader -> ending of the files it begins with."""

TARGETS = (*READERS, "html", "archive", "rules", "front_matter", "settings")


def target_of(name: str, folder: Path) -> Callable[[bytes], None]:
    """What a target does with bytes; `folder` is for files that a loader is to read."""
    if name in READERS and name != "parquet":
        return _reader(name)
    plain = {"html": _page, "archive": _archive, "parquet": _parquet}
    if name in plain:
        return plain[name]()
    return {"rules": _rules, "front_matter": _front_matter, "settings": _settings}[name](folder)


def seeds(name: str) -> list[bytes]:
    """Sound and faulty files of the kind that a target reads."""
    if name == "rules":
        whole = (ROOT / "pipelines/clean/rules/any.toml").read_text("utf-8")
        return [f"[[rule]]{part}".encode() for part in whole.split("[[rule]]")[1:40]]
    if name == "front_matter":
        return [path.read_bytes() for path in sorted((ROOT / "sql").glob("*/*.sql"))]
    if name == "settings":
        return [b'landing = "a"\nworkers = 4\nhtml_timeout = 2.5\n[sites."a.example"]\nx = 1\n']
    endings = {"html": ("html",), "archive": ("gz", "zst")}.get(name, (READERS.get(name, ""),))
    if name == "json":
        return [b'[{"text": "The river rose."}, {"text": "It fell again.", "x": [1, null]}]', b"{}"]
    found = (path for at in (SEEDS, FAULTY) for end in endings for path in at.glob(f"*.{end}"))
    return [path.read_bytes() for path in sorted(found)]


def fuzz(name: str, seconds: int, folder: Path) -> str:
    """Fuzz one target in a process of its own. Raises TornError with the input that broke it."""
    if find_spec("atheris") is None:
        raise Skipped("atheris is not installed: install the dev dependencies")
    corpus = folder / f"corpus-{name}"
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(data[:LONGEST])
    command = [sys.executable, "-m", "tests.faults.fuzz", name, f"-max_total_time={seconds}"]
    limits = [f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=3000", "-print_final_stats=1"]
    done = subprocess.run(
        [*command, *limits, f"-artifact_prefix={folder}/", str(corpus)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = _STATS.search(done.stderr)
    if done.returncode or not found:
        raise TornError(f"{name}: {_crash(done.stdout + done.stderr)}")
    return f"{int(found[1]):,} inputs in {seconds} s: 0 crashes"


def _crash(said: str) -> str:
    noise = ("#", "INFO", "stat::", " - leaked", "nanobind", "WARNING: Failed to find")
    kept = [line for line in said.splitlines() if not line.startswith(noise)]
    return "\n".join(kept[-40:])


def main() -> None:
    """Fuzz the target named; libFuzzer's own options follow."""
    import atheris

    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        with atheris.instrument_imports(include=INSTRUMENTED):
            target = target_of(name, Path(folder))
        atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
