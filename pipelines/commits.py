"""What a verb of a run leaves in the lake: Parquet files, and the sealed manifest that names them.

`Stage` writes them so that a crash at any moment leaves whole commits only; see `pipelines.lake`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.durable import (
    DamagedError,
    file_sha256,
    make_folder,
    read_sealed,
    sync_file,
    sync_folder,
    write_sealed,
)

VERBS: Final = ("takedown", "ingest", "clean", "link", "validate", "publish")
_COMMIT_NAME: Final = re.compile(r"(\d{6}\.\d{4}-\d{2}-\d{2})\.([a-z]+)\.json")
_COMPRESSION_LEVEL: Final = 1  # zstd-1 writes 50-57k documents per CPU-second, zstd-3 half


class LakeError(RuntimeError):
    """Rows that are not what the contract says; the message names the table."""


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One committed Parquet file, with what the manifest says of it."""

    table: str
    path: str
    row_count: int
    byte_count: int
    sha256: str

    @property
    def written_in(self) -> str:
        """The run whose commit names it; what its takedown rewrote is no row of its other verbs."""
        _, run_id, name = self.path.split("/")
        return f"{run_id}.takedown" if name.startswith("takedown-") else run_id


@dataclass(frozen=True, slots=True)
class Commit:
    """What one verb of one run wrote."""

    run_id: str
    verb: str
    files: tuple[LakeFile, ...]
    replaces: tuple[str, ...]
    summary: Mapping[str, Any]


class ParquetSink:
    """A Parquet file with page checksums, opened at the first batch."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.row_count = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            write_page_checksum=True,
        )

    def write(self, data: pa.RecordBatch | pa.Table) -> None:
        """Append rows."""
        self.row_count += data.num_rows
        if isinstance(data, pa.RecordBatch):
            self._writer.write_batch(data)
        else:
            self._writer.write_table(data)

    def close(self) -> None:
        """Finish the file and flush it to disk."""
        self._writer.close()
        sync_file(self.path)


@dataclass(slots=True)
class Stage:
    """Files being written by one verb below the lake's `root`; unseen before `commit`."""

    root: Path
    schemas: Mapping[str, pa.Schema]
    run_id: str
    verb: str
    replaces: tuple[str, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    _sinks: dict[str, ParquetSink] = field(default_factory=dict)
    _adopted: list[tuple[str, Path, int]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where files wait for the commit; it is emptied before and after."""
        return self.root / ".staging" / f"{self.run_id}.{self.verb}"

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.commit()
        else:
            for sink in self._sinks.values():
                with suppress(OSError):  # of a full disk: what stopped the block is told instead
                    sink.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, table: str, data: pa.RecordBatch | pa.Table) -> None:
        """Append rows to a table's file of this commit; the schema must be the contract's.

        Raises LakeError if a column is missing, superfluous or of another type.
        """
        schema = self.schemas[table]
        if not data.schema.equals(schema):
            raise LakeError(f"table {table}: not the contract's schema:\n{data.schema}")
        if table not in self._sinks:
            path = self.folder / table / "part-00000.parquet"
            self._sinks[table] = ParquetSink(path, schema)
        self._sinks[table].write(data.cast(schema))

    def adopt(self, table: str, path: Path, row_count: int) -> None:
        """Make a file that another process has written with a ParquetSink part of this commit."""
        self._adopted.append((table, path, row_count))

    def commit(self) -> Commit:
        """Make all that was written visible, at once and for good."""
        for sink in self._sinks.values():
            sink.close()
        own = [(table, sink.path, sink.row_count) for table, sink in sorted(self._sinks.items())]
        files = tuple(
            self._settle(*each, number) for number, each in enumerate([*own, *self._adopted])
        )
        commit = Commit(self.run_id, self.verb, files, self.replaces, self.summary)
        content = {
            "run_id": commit.run_id,
            "verb": commit.verb,
            "replaces": list(commit.replaces),
            "summary": commit.summary,
            "files": [
                {name: getattr(file, name) for name in LakeFile.__dataclass_fields__}
                for file in files
            ],
        }
        name = f"{self.run_id}.{self.verb}.json"
        write_sealed(self.root / "commits" / name, content)
        shutil.rmtree(self.folder, ignore_errors=True)
        return commit

    def _settle(self, table: str, written: Path, row_count: int, number: int) -> LakeFile:
        path = f"{table}/{self.run_id}/{self.verb}-{number:05d}.parquet"
        target = self.root / path
        make_folder(target.parent)
        digest, size = file_sha256(written), written.stat().st_size
        written.replace(target)
        sync_folder(target.parent)
        return LakeFile(table, path, row_count, size, digest)


@dataclass(frozen=True, slots=True)
class History:
    """All commits of a lake, in the order in which they happened, and what counts after them."""

    commits: tuple[Commit, ...]
    files: Mapping[str, tuple[LakeFile, ...]]
    """Files by table, oldest first."""

    @classmethod
    def of(cls, commits: Iterable[Commit]) -> History:
        """The commits in their order, and the files that none of them replaces."""
        ordered = tuple(sorted(commits, key=lambda it: (it.run_id, VERBS.index(it.verb))))
        files: defaultdict[str, list[LakeFile]] = defaultdict(list)
        for commit in ordered:
            for table in commit.replaces:
                files.pop(table, None)
            for file in commit.files:
                files[file.table].append(file)
        return cls(ordered, {table: tuple(these) for table, these in files.items()})


_Mark = tuple[str, int, int, int]
"""Name, inode, size and modification time of a commit's file."""

_READ: Final[dict[Path, tuple[dict[_Mark, Commit], History]]] = {}
"""Commits that this process has read, by folder: asked for some hundred times a night."""


def history(root: Path) -> History:
    """What happened to the lake below `root`; files that changed are read. Raises DamagedError."""
    folder = root / "commits"
    marks = _marks(folder)
    read, told = _READ.get(folder, ({}, History.of([])))
    if read.keys() != marks:
        read = {mark: read.get(mark) or _read_commit(folder / mark[0]) for mark in marks}
        told = History.of(read.values())
        _READ[folder] = read, told
    return told


def _marks(folder: Path) -> set[_Mark]:
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as scan:
        found = [(it.name, it.stat()) for it in scan if _COMMIT_NAME.fullmatch(it.name)]
    return {(name, it.st_ino, it.st_size, it.st_mtime_ns) for name, it in found}


def _read_commit(path: Path) -> Commit:
    content = read_sealed(path)
    files = tuple(LakeFile(**item) for item in content.pop("files"))
    return Commit(files=files, replaces=tuple(content.pop("replaces")), **content)


def is_sealed(path: Path) -> bool:
    """Whether a commit's file is what was written."""
    try:
        read_sealed(path)
    except DamagedError:
        return False
    return True
