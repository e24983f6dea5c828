"""The lake: dated Parquet tables, written so that a crash at any moment leaves whole commits only.

A verb writes its files into a staging folder. `Stage.commit` flushes them to disk, moves them to
`<table>/<run_id>/`, and then renames one manifest into `commits/`: that rename is the commit. Files
that no manifest names do not exist for readers and are swept away by the next run. No other module
knows these paths. DuckDB's own `COPY` neither syncs nor survives a kill (docs/decisions/0004).
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipelines.durable import (
    DamagedError,
    file_sha256,
    is_sound,
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
    """Files being written by one verb; nothing is visible before `commit`."""

    lake: Lake
    run_id: str
    verb: str
    replaces: tuple[str, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    _sinks: dict[str, ParquetSink] = field(default_factory=dict)

    @property
    def _folder(self) -> Path:
        return self.lake.root / ".staging" / f"{self.run_id}.{self.verb}"

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
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
            shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, table: str, data: pa.RecordBatch | pa.Table) -> None:
        """Append rows to a table's file of this commit; the schema must be the contract's.

        Raises LakeError if a column is missing, superfluous or of another type.
        """
        schema = self.lake.schemas[table]
        if not data.schema.equals(schema):
            raise LakeError(f"table {table}: not the contract's schema:\n{data.schema}")
        if table not in self._sinks:
            path = self._folder / table / "part-00000.parquet"
            self._sinks[table] = ParquetSink(path, schema)
        self._sinks[table].write(data.cast(schema))

    def commit(self) -> Commit:
        """Make all that was written visible, at once and for good."""
        files = tuple(self._settle(table, sink) for table, sink in sorted(self._sinks.items()))
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
        write_sealed(self.lake.root / "commits" / name, content)
        shutil.rmtree(self._folder, ignore_errors=True)
        return commit

    def _settle(self, table: str, sink: ParquetSink) -> LakeFile:
        sink.close()
        path = f"{table}/{self.run_id}/{self.verb}-00000.parquet"
        target = self.lake.root / path
        make_folder(target.parent)
        digest, size = file_sha256(sink.path), sink.path.stat().st_size
        sink.path.replace(target)
        sync_folder(target.parent)
        return LakeFile(table, path, sink.row_count, size, digest)


class Lake:
    """All committed tables below one folder."""

    def __init__(self, root: Path, schemas: Mapping[str, pa.Schema]) -> None:
        self.root = root
        self.schemas = schemas

    def stage(self, run_id: str, verb: str, *, replaces: tuple[str, ...] = ()) -> Stage:
        """A context manager that commits on success and leaves nothing on failure."""
        return Stage(self, run_id, verb, replaces)

    def commits(self) -> list[Commit]:
        """All commits, in the order in which they happened."""
        return sorted(self._read_commits(), key=lambda it: (it.run_id, VERBS.index(it.verb)))

    def commit_of(self, run_id: str, verb: str) -> Commit | None:
        """The commit of a verb of a run, if it happened."""
        found = [it for it in self._read_commits() if (it.run_id, it.verb) == (run_id, verb)]
        return found[0] if found else None

    def _read_commits(self) -> Iterator[Commit]:
        folder = self.root / "commits"
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            if not _COMMIT_NAME.fullmatch(path.name):
                continue
            yield _read_commit(path)

    def files(self, table: str, *, run_id: str | None = None) -> list[LakeFile]:
        """Committed files of a table, oldest first; of one run only if given.

        What a takedown rewrote counts for the table, but for no run: it is nobody's news.
        """
        found: list[LakeFile] = []
        for commit in self.commits():
            if table in commit.replaces:
                found = []
            if run_id is None or (commit.run_id == run_id and commit.verb != "takedown"):
                found += [file for file in commit.files if file.table == table]
        return found

    def dataset(self, table: str, *, run_id: str | None = None) -> ds.Dataset:
        """A table as an Arrow dataset that verifies page checksums as it is read.

        Raises DamagedError if a committed file is missing or is not what was written.
        """
        paths = [str(self._checked(file)) for file in self.files(table, run_id=run_id)]
        options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
        form = ds.ParquetFileFormat(default_fragment_scan_options=options)
        return ds.dataset(paths, schema=self.schemas[table], format=form)

    def _checked(self, file: LakeFile) -> Path:
        path = self.root / file.path
        if not is_sound(path, file.sha256):
            remedy = "run: copydesk doctor"
            raise DamagedError(f"{path}: missing, or not what its commit says; {remedy}")
        return path

    def read(
        self, table: str, columns: Iterable[str] | None = None, *, run_id: str | None = None
    ) -> pa.Table:
        """A table, or some columns of it, in memory."""
        names = None if columns is None else list(columns)
        return self.dataset(table, run_id=run_id).to_table(columns=names)

    def batches(self, table: str, run_id: str, rows: int) -> Iterator[pa.RecordBatch]:
        """A run's rows of a table as record batches of at most `rows`, in order, streamed."""
        for file in self.files(table, run_id=run_id):
            path = self._checked(file)
            with pq.ParquetFile(path, page_checksum_verification=True) as parquet:
                for batch in parquet.iter_batches(batch_size=rows):
                    yield batch.cast(self.schemas[table])

    def state(self, *, without: Iterable[str]) -> str:
        """Digest of all that is committed, except the tables named."""
        left_out = set(without)
        tables = [table for table in sorted(self.schemas) if table not in left_out]
        lines = [f"{file.path} {file.sha256}" for table in tables for file in self.files(table)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def damage(self) -> list[Path]:
        """Files that count and are missing or not what was written; commits that are not sealed.

        While a commit is damaged, what it names cannot be judged: then only commits are listed.
        """
        commits = sorted((self.root / "commits").glob("*.json"))
        if broken := [path for path in commits if not _is_sealed(path)]:
            return broken
        files = {file.path: file for table in self.schemas for file in self.files(table)}
        return [
            self.root / path
            for path, it in files.items()
            if not is_sound(self.root / path, it.sha256)
        ]

    def sweep(self) -> list[Path]:
        """Remove what no commit names: litter of runs that were cut off. Returns what went."""
        shutil.rmtree(self.root / ".staging", ignore_errors=True)
        for path in (self.root / "commits").glob(".*.tmp"):
            path.unlink()
        kept = {self.root / file.path for table in self.schemas for file in self.files(table)}
        litter = [path for path in self.root.glob("*/*/*.parquet") if path not in kept]
        for path in litter:
            path.unlink()
        return litter


_READ: Final[dict[Path, tuple[tuple[int, int, int], Commit]]] = {}
"""Commits that this process has read, with inode, size and modification time then."""


def _read_commit(path: Path) -> Commit:
    status = path.stat()
    mark = (status.st_ino, status.st_size, status.st_mtime_ns)
    known = _READ.get(path)
    if known is None or known[0] != mark:
        content = read_sealed(path)
        files = tuple(LakeFile(**item) for item in content.pop("files"))
        replaces = tuple(content.pop("replaces"))
        known = _READ[path] = (mark, Commit(files=files, replaces=replaces, **content))
    return known[1]


def _is_sealed(path: Path) -> bool:
    try:
        read_sealed(path)
    except DamagedError:
        return False
    return True
