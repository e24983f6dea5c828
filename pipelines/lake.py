"""The lake: dated Parquet tables, written so that a crash at any moment leaves whole commits only.

A verb writes its files into a staging folder. `Stage.commit` flushes them to disk, moves them to
`<table>/<run_id>/`, and then renames one manifest into `commits/`: that rename is the commit. Files
that no manifest names do not exist for readers and are swept away by the next run. No other module
knows these paths. DuckDB's own `COPY` neither syncs nor survives a kill (docs/decisions/0004).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem

from pipelines.commits import Commit, LakeFile, Stage, history, is_sealed
from pipelines.durable import DamagedError, is_sound


@dataclass(frozen=True, slots=True)
class Retiring:
    """How rows of a table cease to count: `by` names a table of this key and the run_id of rows."""

    by: str
    key: str


WRITTEN_IN: Final = "written_in"
"""Column of `Lake.dataset`: the run whose commit holds the row."""

_READING: Final[Mapping[str, bool]] = {"page_checksum_verification": True, "pre_buffer": False}
"""A file read bit by bit would stay in memory whole as it was compressed, were it pre-buffered."""


class Lake:
    """All committed tables below one folder.

    A row of a table in `retiring` no longer counts once the table that retires it names its key
    and its run: what was written anew later takes its place, and no old file is rewritten.
    """

    def __init__(
        self,
        root: Path,
        schemas: Mapping[str, pa.Schema],
        retiring: Mapping[str, Retiring] | None = None,
    ) -> None:
        self.root = root
        self.schemas = schemas
        self.retiring = retiring or {}

    def stage(self, run_id: str, verb: str, *, replaces: tuple[str, ...] = ()) -> Stage:
        """A context manager that commits on success and leaves nothing on failure."""
        return Stage(self.root, self.schemas, run_id, verb, replaces)

    def commits(self) -> list[Commit]:
        """All commits, in the order in which they happened."""
        return list(history(self.root).commits)

    def commit_of(self, run_id: str, verb: str) -> Commit | None:
        """The commit of a verb of a run, if it happened."""
        found = [it for it in self.commits() if (it.run_id, it.verb) == (run_id, verb)]
        return found[0] if found else None

    def files(self, table: str, *, run_id: str | None = None) -> list[LakeFile]:
        """Committed files of a table, oldest first; of one run only if given.

        What a takedown rewrote counts for the table, but for no run: it is nobody's news.
        """
        files = history(self.root).files.get(table, ())
        return [file for file in files if run_id is None or file.written_in == run_id]

    def paths(self, table: str, run_id: str | None) -> list[Path]:
        """Files of a table (of a run), each with the digest that its commit says.

        Raises DamagedError for one that has not.
        """
        return [self._checked(file) for file in self.files(table, run_id=run_id)]

    def dataset(self, table: str, *, run_id: str | None = None) -> ds.Dataset:
        """Rows of a table that count, as an Arrow dataset that verifies page checksums.

        It has the table's columns and WRITTEN_IN. Raises DamagedError if a committed file is
        missing or is not what was written.
        """
        disk = LocalFileSystem()
        options = ds.ParquetFragmentScanOptions(**_READING)
        form = ds.ParquetFileFormat(default_fragment_scan_options=options)
        column = pa.field(WRITTEN_IN, pa.string())
        files = self.files(table, run_id=run_id)
        fragments = [
            form.make_fragment(
                str(self._checked(file)),
                disk,
                partition_expression=ds.field(WRITTEN_IN) == file.written_in,
            )
            for file in files
        ]
        schema = self.schemas[table].append(column)
        whole = ds.FileSystemDataset(fragments, schema, form, disk)
        return _without(whole, self._retired(table, {file.written_in for file in files}))

    def _retired(self, table: str, runs: set[str]) -> Mapping[str, tuple[str, pa.Array]]:
        """By run: the key's column, and the keys of rows that no longer count."""
        if table not in self.retiring:
            return {}
        by, key = self.retiring[table].by, self.retiring[table].key
        gone = self.read(by) if self.files(by) else None
        dead = {} if gone is None else _keys_by_run(gone, key)
        return {run: (key, keys) for run, keys in dead.items() if run in runs}

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
        names = self.schemas[table].names if columns is None else list(columns)
        return self.dataset(table, run_id=run_id).to_table(columns=names)

    def batches(self, table: str, run_id: str | None, rows: int) -> Iterator[pa.RecordBatch]:
        """Rows of a table (of a run) as record batches of at most `rows`, in order, streamed."""
        for parquet, alive in self._opened(table, run_id):
            for batch in parquet.iter_batches(batch_size=rows):
                yield alive(batch).cast(self.schemas[table])

    def matching(
        self, table: str, column: str, values: pa.Array, schema: pa.Schema | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a table whose `column` is one of `values`; other row groups are not decoded.

        `schema` names the columns wanted, `column` among them, where not all are.
        """
        wanted = schema or self.schemas[table]
        for parquet, alive in self._opened(table, None):
            for group in range(parquet.num_row_groups):
                found = pc.is_in(parquet.read_row_group(group, [column])[column], values)
                if pc.any(found).as_py():
                    rows = parquet.read_row_group(group, wanted.names).filter(found)
                    for batch in rows.cast(wanted).to_batches():
                        yield alive(batch)

    def dead_keys(self, table: str) -> dict[Path, pa.Array]:
        """Each file of a table, sound, with the keys of its rows that no longer count.

        The keys are of the column `retiring[table].key`. Raises DamagedError as `dataset` does.
        """
        files = self.files(table)
        dead = self._retired(table, {file.written_in for file in files})
        none = pa.array([], pa.string())
        return {self._checked(it): dead.get(it.written_in, ("", none))[1] for it in files}

    def _opened(
        self, table: str, run_id: str | None
    ) -> Iterator[tuple[pq.ParquetFile, Callable[[pa.RecordBatch], pa.RecordBatch]]]:
        """Each file of a table, page checksums verified, with what takes dead rows out of it."""
        files = self.files(table, run_id=run_id)
        dead = self._retired(table, {file.written_in for file in files})
        for file in files:
            with pq.ParquetFile(self._checked(file), **_READING) as parquet:
                yield parquet, partial(_alive, dead=dead.get(file.written_in))

    def state(self, tables: Iterable[str], *, until: str | None = None) -> str:
        """Digest of all that counts in the tables named, or of what runs to `until` wrote of it."""
        lines = [
            f"{file.path} {file.sha256}"
            for table in sorted(tables)
            for file in self.files(table)
            if until is None or file.written_in[: len(until)] <= until
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def damage(self) -> list[Path]:
        """Files that count and are missing or not what was written; commits that are not sealed.

        While a commit is damaged, what it names cannot be judged: then only commits are listed.
        """
        commits = sorted((self.root / "commits").glob("*.json"))
        if broken := [path for path in commits if not is_sealed(path)]:
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


def _without(whole: ds.Dataset, dead: Mapping[str, tuple[str, pa.Array]]) -> ds.Dataset:
    """A dataset without dead keys of runs; a file of another run is not looked through for them."""
    for run, (key, keys) in sorted(dead.items()):
        whole = whole.filter((ds.field(WRITTEN_IN) != run) | ~ds.field(key).isin(keys))
    return whole


def _keys_by_run(gone: pa.Table, key: str) -> dict[str, pa.Array]:
    """Keys of the rows that no longer count, by the run that wrote them."""
    lists = gone.group_by("run_id").aggregate([(key, "list")])
    runs, keys = lists["run_id"].to_pylist(), lists[f"{key}_list"].combine_chunks()
    return {run: keys[row].values for row, run in enumerate(runs)}


def _alive(batch: pa.RecordBatch, dead: tuple[str, pa.Array] | None) -> pa.RecordBatch:
    """The rows of a batch that count."""
    return batch.filter(pc.invert(pc.is_in(batch[dead[0]], dead[1]))) if dead else batch
