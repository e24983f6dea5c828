"""Write a version of the public tables beside the old one, then switch readers over.

    published/copydesk.duckdb    the serving file, a hard link into versions/
    published/parquet/           the same tables, a link into versions/
    published/dashboard.html     the morning page
    published/manifest.json      run, state, row counts, digests
    published/versions/<run_id>/ the last nights, for rollback

A version is written into a staging folder, flushed, and renamed into place whole. Switching is one
rename per entry, the serving file first, so that a reader never waits and never sees half a night.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipelines import warehouse
from pipelines.lake import ParquetSink, file_sha256, sync_file, sync_folder, write_atomically
from pipelines.settings import Settings
from pipelines.warehouse import Connection, Model

STORAGE_VERSION: Final = "v1.4.0"
"""Read by DuckDB 1.4 and 1.5 clients too; the default of 2.0 is not."""

_VOLATILE: Final = frozenset(
    {"run_id", "cleaned_at", "rejected_at", "first_seen_at", "last_seen_at"}
)
_LOGS: Final = frozenset({"runs", "checks"})
_ROWS_PER_BATCH: Final = 20_000


def manifest(settings: Settings) -> dict[str, Any] | None:
    """What is published now, or None."""
    path = settings.published / "manifest.json"
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


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
    count, lower, upper = con.execute(sql).fetchall()[0]
    return f"{count}-{lower or 0:x}-{upper or 0:x}"


def write_version(
    con: Connection, settings: Settings, models: Iterable[Model], *, run_id: str, state: str
) -> Path:
    """Write the marts of a warehouse as a version that is not yet switched to.

    `con` holds the built tables in schema `marts`. Returns the folder of the version, flushed.
    """
    staging = settings.published / "versions" / f".{run_id}"
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "parquet").mkdir(parents=True)
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
    data = json.dumps(content, indent=1, sort_keys=True).encode()
    write_atomically(staging / "manifest.json", data)
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
    """Let readers see a version: rename it into place, then one rename per public entry.

    Returns the serving file. Every file is on disk before any name points to it.
    """
    for path in sorted(staging.rglob("*")):
        (sync_folder if path.is_dir() else sync_file)(path)
    sync_folder(staging)
    version = staging.with_name(staging.name.removeprefix("."))
    shutil.rmtree(version, ignore_errors=True)
    staging.rename(version)
    sync_folder(version.parent)
    _replace_link(version / "copydesk.duckdb", settings.published / "copydesk.duckdb")
    _replace_symlink(Path("versions") / version.name / "parquet", settings.published / "parquet")
    for name in ("dashboard.html", "manifest.json"):
        if (version / name).exists():
            _replace_link(version / name, settings.published / name)
    sync_folder(settings.published)
    prune(settings)
    return settings.published / "copydesk.duckdb"


def _replace_link(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    os.link(source, beside)
    beside.replace(target)
    sync_folder(target.parent)


def _replace_symlink(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(source, target_is_directory=True)
    beside.replace(target)
    sync_folder(target.parent)


def prune(settings: Settings) -> list[Path]:
    """Remove versions beyond `keep_versions`, and litter of publishing that was cut off."""
    folder = settings.published / "versions"
    litter = [path for path in folder.glob(".*") if path.is_dir()]
    versions = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    old = versions[: -settings.keep_versions] if settings.keep_versions > 0 else []
    for path in old + litter:
        shutil.rmtree(path)
    return old + litter


def open_published(path: Path) -> Connection:
    """The serving file, read-only. Raises FileNotFoundError with the remedy."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: nothing is published yet; run `copydesk run` first")
    return duckdb.connect(str(path), read_only=True)
