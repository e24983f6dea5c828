"""Kernels, compiled once for an installation, by processes of their own, before its first night.

Numba keeps what it has compiled beside the code, or below `NUMBA_CACHE_DIR`. Compiling takes a
minute of CPU time and 400 MB, which the process that compiled does not give back. So two processes
that end first take a few texts of the samples through the verbs that have kernels.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numba
import pyarrow as pa

from pipelines import linking, steps
from pipelines.clean.hashing import fnv
from pipelines.contract import ARTICLES, DOCUMENTS, text_id
from pipelines.settings import Settings
from pipelines.tonight import Night

_LOG: Final = logging.getLogger(__name__)
_HERE: Final = Path(__file__).resolve().parent
_RUN_ID: Final = "000001.2026-03-02"
_TEXTS: Final = 40
"""Of the samples, by name: enough for every kernel to be called (`tests/test_kernels.py`)."""


def folder() -> Path:
    """Where the kernels are kept; a mark beside them says that they are compiled."""
    return Path(fnv.stats.cache_path)


def are_compiled(kept: Path) -> bool:
    """Whether the kernels of this code were compiled, as a mark in the folder says."""
    return _mark(kept).is_file()


def compile_once(settings: Settings, samples: Path, kept: Path) -> None:
    """Compile all kernels, unless that was done before; another process that is at it is awaited.

    `samples`: a folder with texts. What fails here fails again, and is told, where it is needed.
    """
    if are_compiled(kept):
        return
    with _alone(kept):
        if not are_compiled(kept) and _compiled(settings, samples):
            _mark(kept).touch()


def compile_cleaning(home: Path, samples: Path) -> None:
    """Clean some samples in an empty home folder."""
    night = _night(home)
    with night.lake.stage(night.run_id, "ingest") as stage:
        stage.write("documents", _documents(night, samples))
    steps.clean(night)


def compile_linking(home: Path, samples: Path) -> None:
    """Link some samples, uncleaned, in an empty home folder."""
    night = _night(home)
    documents = _documents(night, samples)
    with night.lake.stage(night.run_id, "ingest") as stage:
        stage.write("documents", documents)
    with night.lake.stage(night.run_id, "clean") as stage:
        stage.write("articles", _uncleaned(documents))
    linking.link(night)


def _night(home: Path) -> Night:
    settings = Settings(home=home, workers=1)
    return Night(settings, _RUN_ID, date.fromisoformat(_RUN_ID[7:]), datetime.now(UTC))


def _documents(night: Night, samples: Path) -> pa.Table:
    """The first texts of the samples by name, as `contract.DOCUMENTS`."""
    rows = [
        {
            "document_id": text_id(path.name),
            "source_uri": path.name,
            "source_format": "txt",
            "site": path.parent.name,
            "content_sha256": text_id(path.name),
            "raw_text": path.read_text("utf-8"),
            "run_id": night.run_id,
            "ingested_at": night.started_at,
        }
        for path in sorted(samples.rglob("*.txt"))[:_TEXTS]
    ]
    return _rows(rows, DOCUMENTS)


def _uncleaned(documents: pa.Table) -> pa.Table:
    """Documents as `contract.ARTICLES`, nothing removed."""
    rows = [
        {
            "document_id": row["document_id"],
            "in_language": "und",
            "captions": [],
            "article_body": row["raw_text"],
            "word_count": 0,
            "raw_chars": 0,
            "removed_chars": 0,
            "removed_line_count": 0,
            "rules_version": "",
            "run_id": row["run_id"],
            "cleaned_at": row["ingested_at"],
        }
        for row in documents.to_pylist()
    ]
    return _rows(rows, ARTICLES)


def _rows(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    whole = [{name: row.get(name) for name in schema.names} for row in rows]
    return pa.Table.from_pylist(whole, schema=schema)


def _compiled(settings: Settings, samples: Path) -> bool:
    """Have each half compiled, both at once where there are two workers."""
    scratch = settings.warehouse / "kernels"
    shutil.rmtree(scratch, ignore_errors=True)
    commands = [
        [sys.executable, "-m", "pipelines.kernels", half, str(scratch / half), str(samples)]
        for half in _HALVES
    ]
    with ExitStack() as under_way:
        started = []
        for command in commands:
            started.append(under_way.enter_context(_started(command)))
            if settings.workers < 2:
                started[-1].wait()
        failed = [command for command, it in zip(commands, started, strict=True) if it.wait()]
    shutil.rmtree(scratch, ignore_errors=True)
    for command in failed[:1]:
        how = " ".join(command)
        _LOG.warning("kernels are compiled by the night itself; run `%s` to see why", how)
    return not failed


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """A process that ends when this one does, however that ends: nobody holds its input then."""
    kept, root = os.environ.get("PYTHONPATH"), str(_HERE.parent)
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{kept}" if kept else root},
    )


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def _mark(kept: Path) -> Path:
    """A file in the folder of the kernels; another for other code."""
    names = (path for part in ("clean", "link") for path in sorted((_HERE / part).glob("*.py")))
    seen = (f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in names)
    digest = hashlib.sha256("\n".join([numba.__version__, *seen]).encode()).hexdigest()
    return kept / f"kernels-{digest[:16]}"


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Hold the lock of the folder of kernels; it ends with its process."""
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "kernels.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


_HALVES: Final[Mapping[str, Callable[[Path, Path], None]]] = {
    "cleaning": compile_cleaning,
    "linking": compile_linking,
}

if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    half, home, samples = sys.argv[1:]
    _HALVES[half](Path(home), Path(samples))
