"""The lake: dated Parquet tables, written so that a crash at any moment leaves whole commits only.

A verb writes its files into a staging folder. `Stage.commit` flushes them to disk, moves them to
`<table>/<run_id>/`, and then renames one manifest into `commits/`: that rename is the commit. Files
that no manifest names do not exist for readers and are swept away by the next run. No other module
knows these paths. DuckDB's own `COPY` neither syncs nor survives a kill (docs/decisions/0004).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

VERBS: Final = ("ingest", "clean", "link", "validate", "publish", "takedown")
_COMMIT_NAME: Final = re.compile(r"(\d{6}\.\d{4}-\d{2}-\d{2})\.([a-z]+)\.json")
_COMPRESSION_LEVEL: Final = (
    1  # zstd-1 writes 50-57k documents per CPU-second, zstd-3 half (stack.md)
)


class LakeError(RuntimeError):
    """The lake on disk is not what its manifests say; the message names the file."""


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


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it survives a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Flush a file's content to disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: write beside it, fsync, rename, fsync the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        data = json.dumps(content, indent=1, sort_keys=True).encode()
        write_atomically(self.lake.root / "commits" / name, data)
        shutil.rmtree(self._folder, ignore_errors=True)
        return commit

    def _settle(self, table: str, sink: ParquetSink) -> LakeFile:
        sink.close()
        path = f"{table}/{self.run_id}/{self.verb}-00000.parquet"
        target = self.lake.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = file_sha256(sink.path), sink.path.stat().st_size
        sink.path.replace(target)
        for folder in (target.parent, target.parent.parent, self.lake.root):
            sync_folder(folder)
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
            try:
                content = json.loads(path.read_bytes())
                files = tuple(LakeFile(**item) for item in content["files"])
                yield Commit(
                    content["run_id"],
                    content["verb"],
                    files,
                    tuple(content["replaces"]),
                    content["summary"],
                )
            except (ValueError, KeyError, TypeError) as error:
                raise LakeError(f"{path}: damaged commit manifest: {error}") from error

    def files(self, table: str, *, run_id: str | None = None) -> list[LakeFile]:
        """Committed files of a table, oldest first; of one run only if given."""
        found: list[LakeFile] = []
        for commit in self.commits():
            if table in commit.replaces:
                found = []
            if run_id is None or commit.run_id == run_id:
                found += [file for file in commit.files if file.table == table]
        return found

    def dataset(self, table: str, *, run_id: str | None = None) -> ds.Dataset:
        """A table as an Arrow dataset that verifies page checksums as it is read.

        Raises LakeError if a committed file is missing or has another size.
        """
        paths = [str(self._checked(file)) for file in self.files(table, run_id=run_id)]
        options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
        form = ds.ParquetFileFormat(default_fragment_scan_options=options)
        return ds.dataset(paths, schema=self.schemas[table], format=form)

    def _checked(self, file: LakeFile) -> Path:
        path = self.root / file.path
        if not path.is_file() or path.stat().st_size != file.byte_count:
            remedy = "restore it from a backup, or remove the lake folder and run again"
            raise LakeError(f"{path}: missing or of another size than its manifest says; {remedy}")
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

    def sweep(self) -> list[Path]:
        """Remove what no commit names: litter of runs that were cut off. Returns what went."""
        shutil.rmtree(self.root / ".staging", ignore_errors=True)
        kept = {self.root / file.path for table in self.schemas for file in self.files(table)}
        litter = [path for path in self.root.glob("*/*/*.parquet") if path not in kept]
        for path in litter:
            path.unlink()
        return litter
