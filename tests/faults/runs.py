"""Homes to do harm to, runs to be harmed, and what a reader then sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq

from pipelines import parts, publish
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent

SAMPLES = ROOT / "data" / "samples"
SITES = ("brackwater-gazette", "halven-post", "kelmar-times", "lumar-hoy", "newsdrift")
FIRST, SECOND, THIRD = ("2026-03-02", "2026-03-03", "2026-03-04")
BAD_LINES = b'{"text": "A short notice about the ferry from Skerrin to Port Halven."}\n{"te\n'


def fill_landing(landing: Path, night: str) -> None:
    """The plain texts of five sites in one night of the samples, and a line that is no JSON."""
    for site in SITES:
        folder = f"{night}/{site}.example"
        shutil.copytree(SAMPLES / folder, landing / folder, ignore=lambda _, names: _other(names))
    (landing / night / "newsdrift.example" / "lines.jsonl").write_bytes(BAD_LINES)


def _other(names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".txt")]


def build_shim(folder: Path) -> Path | None:
    """The failing-write shim, compiled; None where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(HERE / "shim.c")]
    subprocess.run([*command, "-ldl"], check=True, capture_output=True)
    return library


@dataclass
class Ended:
    """How a run ended: exit code (or -signal), what it said, how many events it made.

    Seconds on the wall and of processor time; `children` are its page workers.
    """

    code: int
    said: str
    events: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    children_seconds: float = 0.0
    children_bytes: int = 0


class Nursery:
    """The process that forks runs; a context manager."""

    def __init__(self, folder: Path, shim: Path | None = None) -> None:
        self._folder = folder
        self._shim = shim
        self.cpu_seconds = 0.0

    @property
    def has_shim(self) -> bool:
        """Whether writes can be made to fail, and the clock be moved."""
        return self._shim is not None

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        if self._shim:
            environment["LD_PRELOAD"] = str(self._shim)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=self._folder,
        )
        self._answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery died"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, landing: Path, home: Path, *more: str, **harm: Any) -> Ended:
        """One `copydesk run`, harmed as `nursery` describes."""
        arguments = ["run", "--landing", str(landing), "--home", str(home), *more]
        return self.do(arguments, root=str(home), **harm)

    def do(self, arguments: list[str], *, root: str = "", **harm: Any) -> Ended:
        """Any command of copydesk; harm is done to what lies below `root`."""
        log = self._folder / "run.log"
        facts = Path(f"{log}.facts")
        facts.unlink(missing_ok=True)
        order = {"arguments": arguments, "root": root or "\0", "log": str(log), **harm}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        more_facts = json.loads(facts.read_text("ascii")) if facts.is_file() else {}
        self.cpu_seconds += answer["cpu_seconds"]
        return Ended(said=log.read_text("utf-8", "replace"), **answer, **more_facts)


Seen = dict[str, str] | None


def seen(home: Path) -> Seen:
    """What a reader sees: the content digest of each table, read from the tables themselves.

    None if nothing is published. Raises AssertionError if what is published is torn: a file that
    is not what the manifest says, or tables that are not those of the manifest.
    """
    settings = Settings(home=home)
    manifest = publish.manifest(settings)
    if manifest is None:
        assert not (settings.published / "copydesk.duckdb").exists()
        assert not (settings.published / "parquet").exists()
        return None
    assert publish.damage(settings) == []
    with publish.open_published(settings) as con:
        names = [row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()]
        digests = {name: parts.content_digest(con, f'"{name}"') for name in sorted(names)}
    assert sorted(digests) == sorted(manifest["tables"])
    for name, table in manifest["tables"].items():
        if table["content_digest"] is None:
            del digests[name]  # the log of runs: as long as there were runs
        else:
            assert digests[name] == table["content_digest"]
            assert _parquet_rows(settings, name) == table["row_count"]
    return digests


def _parquet_rows(settings: Settings, name: str) -> int:
    path = settings.published / "parquet" / f"{name}.parquet"
    files = path.iterdir() if path.is_dir() else [path]
    return sum(int(pq.read_metadata(file).num_rows) for file in files)


@dataclass
class Scene:
    """A home after its first night, and what the second night must make of it."""

    folder: Path
    nursery: Nursery
    first_landing: Path
    landing: Path
    first: Path
    old: Seen
    new: Seen
    events: int
    seconds: float
    has_shim: bool = True

    def home(self) -> Path:
        """A fresh copy of the home after its first night."""
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.first, home, symlinks=True)
        return home


def prepare(folder: Path, nursery: Nursery) -> Scene:
    """Run the first night, and the second one undisturbed, to know what it gives."""
    early, landing = folder / "landing-1", folder / "landing-2"
    first, second = folder / "first", folder / "second"
    fill_landing(early, FIRST)
    ended = nursery.run(early, first, "--date", FIRST)
    assert ended.code == 0, ended.said
    shutil.copytree(early, landing)
    fill_landing(landing, SECOND)
    shutil.copytree(first, second, symlinks=True)
    ended = nursery.run(landing, second, "--date", SECOND)
    assert ended.code == 0, ended.said
    old, new = seen(first), seen(second)
    assert old != new
    return Scene(
        folder,
        nursery,
        early,
        landing,
        first,
        old,
        new,
        ended.events,
        ended.seconds,
        nursery.has_shim,
    )
