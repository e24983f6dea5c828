"""Write a version of the public tables beside the old one, then switch readers over.

    published/versions/<run_id>/ the last nights whole, for rollback
    published/current            the version that readers see: one symbolic link
    published/copydesk.duckdb    the serving file, through `current`
    published/parquet/           the same tables, through `current`
    published/dashboard.html     the morning page, through `current`
    published/manifest.json      run, state, row counts, digests, through `current`

A version is written into a staging folder, flushed, and renamed into place whole. Switching is one
rename, of `current`: whatever reader opens next, and whenever the power fails, all four entries
are of the same night.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipelines import warehouse
from pipelines.commits import ParquetSink
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
from pipelines.settings import Settings
from pipelines.warehouse import Connection, Model

STORAGE_VERSION: Final = "v1.4.0"
"""Read by DuckDB 1.4 and 1.5 clients too; the default of 2.0 is not."""

_VOLATILE: Final = frozenset(
    {"run_id", "cleaned_at", "rejected_at", "quarantine_path", "first_seen_at", "last_seen_at"}
)
_LOGS: Final = frozenset({"runs", "checks"})
_ROWS_PER_BATCH: Final = 20_000
_ENTRIES: Final = ("copydesk.duckdb", "parquet", "dashboard.html", "manifest.json")
"""What readers open, below `published/`."""


def manifest(settings: Settings) -> dict[str, Any] | None:
    """What is published now, or None. Raises DamagedError if it is not as written."""
    path = settings.published / "manifest.json"
    return read_sealed(path) if path.is_file() else None


def damage(settings: Settings) -> list[Path]:
    """Published files that are missing or not what the manifest says; the manifest itself too."""
    try:
        now = manifest(settings)
    except DamagedError:
        return [settings.published / "manifest.json"]
    files = now["files"] if now else {}
    current = settings.published / "current"
    return [current / name for name, it in files.items() if not is_sound(current / name, it)]


def content_digest(con: Connection, table: str) -> str:
    """Digest of a table's rows, whatever their order, without the columns that stamp a run.

    Two sums of 64-bit halves of the MD5 of each row: equal tables have equal digests.
    """
    columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    fields = ", ".join(f'"{name}"' for name in columns if name not in _VOLATILE)
    sql = f"""
        select count(*),
            sum(md5_number_lower(row_text)::hugeint), sum(md5_number_upper(row_text)::hugeint)
        from (select cast(row({fields}) as varchar) as row_text from {table})
    """  # noqa: S608 (names come from our own models)
    row_count, lower, upper = con.execute(sql).fetchall()[0]
    return f"{row_count}-{lower or 0:x}-{upper or 0:x}"


def write_version(
    con: Connection, settings: Settings, models: Iterable[Model], *, run_id: str, state: str
) -> Path:
    """Write the marts of a warehouse as a version that is not yet switched to.

    `con` holds the built tables in schema `marts`. Returns the folder of the version; more files
    may be laid into it before `switch`.
    """
    staging = settings.published / "versions" / f".{run_id}"
    shutil.rmtree(staging, ignore_errors=True)
    make_folder(staging / "parquet")
    models = sorted(models, key=lambda model: model.name)
    _write_database(con, staging / "copydesk.duckdb", models)
    tables = {model.name: _write_parquet(con, staging / "parquet", model) for model in models}
    database = staging / "copydesk.duckdb"
    content = {
        "run_id": run_id,
        "state": state,
        "database": {"sha256": file_sha256(database), "byte_count": database.stat().st_size},
        "tables": tables,
    }
    write_sealed(staging / "manifest.json", content)
    return staging


def _write_database(con: Connection, path: Path, models: Iterable[Model]) -> None:
    literal = "'" + str(path).replace("'", "''") + "'"
    con.execute(f"attach {literal} as serving (storage_version '{STORAGE_VERSION}')")
    try:
        for model in models:
            name = f'serving.main."{model.name}"'
            con.execute(f"create table {name} as {_sorted_rows(model)}")
            warehouse.comment(con, name, model)
        con.execute("checkpoint serving")
    finally:
        con.execute("detach serving")
    sync_file(path)


def _sorted_rows(model: Model) -> str:
    order = ", ".join(f'"{column}"' for column in model.grain) or "all"
    return f'select * from marts."{model.name}" order by {order}'  # noqa: S608


def _write_parquet(con: Connection, folder: Path, model: Model) -> dict[str, Any]:
    path = folder / f"{model.name}.parquet"
    reader = con.sql(_sorted_rows(model)).to_arrow_reader(_ROWS_PER_BATCH)
    schema = _described(reader.schema, model.columns)
    sink = ParquetSink(path, schema)
    for batch in reader:
        sink.write(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    sink.close()
    digest = None if model.name in _LOGS else content_digest(con, f'marts."{model.name}"')
    return {
        "row_count": sink.row_count,
        "content_digest": digest,
        "sha256": file_sha256(path),
        "byte_count": path.stat().st_size,
    }


def _described(schema: pa.Schema, descriptions: Mapping[str, str]) -> pa.Schema:
    return pa.schema(
        [
            column.with_metadata({"description": descriptions.get(column.name, "")})
            for column in schema
        ]
    )


def switch(settings: Settings, staging: Path) -> Path:
    """Let readers see a version: rename it into place, then point `current` to it.

    Returns the serving file. Every file is in the manifest and on disk before a name leads to it.
    """
    _complete_manifest(staging)
    for path in sorted(staging.rglob("*")):
        (sync_folder if path.is_dir() else sync_file)(path)
    sync_folder(staging)
    version = _free_name(staging.with_name(staging.name.removeprefix(".")))
    staging.rename(version)
    sync_folder(version.parent)
    for name in _ENTRIES:
        _point(settings.published / name, Path("current") / name)
    _point(settings.published / "current", Path("versions") / version.name)
    prune(settings)
    return settings.published / "copydesk.duckdb"


def _complete_manifest(staging: Path) -> None:
    path = staging / "manifest.json"
    content = read_sealed(path)
    files = [it for it in sorted(staging.rglob("*")) if it.is_file() and it != path]
    content["files"] = {it.relative_to(staging).as_posix(): file_sha256(it) for it in files}
    write_sealed(path, content)


def _free_name(version: Path) -> Path:
    """A name of its own for a run that publishes twice: readers may be in the first version."""
    names = (version.with_name(f"{version.name}.{number}") for number in count(1))
    return version if not version.exists() else next(it for it in names if not it.exists())


def _point(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target` with one rename, flushed."""
    if link.is_symlink() and link.readlink() == target:
        return
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)
    sync_folder(link.parent)


def prune(settings: Settings) -> list[Path]:
    """Remove versions beyond `keep_versions`, and litter of publishing that was cut off.

    The version that readers see is never removed. Returns what went.
    """
    folder = settings.published / "versions"
    current = (settings.published / "current").resolve()
    litter = [path for path in folder.glob(".*") if path.is_dir()]
    versions = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    old = versions[: -settings.keep_versions] if settings.keep_versions > 0 else []
    gone = [path for path in old if path.resolve() != current] + litter
    for path in gone:
        shutil.rmtree(path)
    return gone


def open_published(path: Path) -> Connection:
    """The serving file, read-only. Raises FileNotFoundError with the remedy."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: nothing is published yet; run `copydesk run` first")
    return duckdb.connect(str(path), read_only=True)
