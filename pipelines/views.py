"""Tables of the lake, and Arrow tables beside them, as views `lake.<table>` of a database.

DuckDB reads the files itself: by row group, what a query asks for, within its own limit on memory.
Arrow's scanner in between read ahead whole files and took half as long again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from pipelines.lake import Lake
from pipelines.warehouse import Connection, literal


def show_lake(con: Connection, lake: Lake, tables: Iterable[str] | None = None) -> None:
    """Make the tables of the lake readable as `lake.<table>`.

    Raises DamagedError if a committed file is missing or is not what was written.
    """
    for table in tables or lake.schemas:
        show_as(con, lake, table, table)


def show_as(con: Connection, lake: Lake, table: str, name: str) -> None:
    """Make a table of the lake readable as `lake.<name>`. Raises DamagedError."""
    _show(con, name, _rows(con, lake, table))


def show_table(con: Connection, name: str, data: pa.Table | pa.RecordBatchReader) -> None:
    """Make Arrow data readable as `lake.<name>`."""
    con.register(f"lake_{name}", data)
    _show(con, name, f'from "lake_{name}"')


def show_file(con: Connection, name: str, path: Path) -> None:
    """Make a Parquet file readable as `lake.<name>`."""
    _show(con, name, f"from {_files([path])}")


def show_grown(con: Connection, lake: Lake, table: str, new: pa.Table) -> None:
    """Make a table of the lake readable with rows that are not yet committed to it."""
    con.register(f"new_{table}", new)
    _show(con, table, f'{_rows(con, lake, table)} union all from "new_{table}"')


def _show(con: Connection, name: str, rows: str) -> None:
    con.execute("create schema if not exists lake")
    con.execute(f'create or replace view lake."{name}" as {rows}')


def _rows(con: Connection, lake: Lake, table: str) -> str:
    """A query for the rows of a table that count."""
    schema, dead = lake.schemas[table], lake.dead_keys(table)
    names = ", ".join(f'"{name}"' for name in schema.names)
    whole = [path for path, keys in dead.items() if not len(keys)]
    parted = {path: keys for path, keys in dead.items() if len(keys)}
    rows = [f"select {names} from {_files(whole)}"] if whole else []  # noqa: S608
    if parted:
        key = lake.retiring[table].key
        con.register(f"dead_{table}", _places_and_keys(parted))
        rows.append(
            f"select {names} from {_files(parted)} as written "  # noqa: S608
            f'anti join "dead_{table}" as dead '
            f'on dead.key = written."{key}" and dead.place = written.file_index'
        )
    if not rows:
        con.register(f"empty_{table}", schema.empty_table())
        rows = [f'select * from "empty_{table}"']  # noqa: S608
    return " union all ".join(rows)


def _files(paths: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(map(literal, paths))}])"


def _places_and_keys(dead: Mapping[Path, pa.Array]) -> pa.Table:
    """Keys with the place of their file among those read: a number, which is joined faster."""
    tables = [
        pa.table({"place": pa.repeat(place, len(keys)), "key": keys})
        for place, keys in enumerate(dead.values())
    ]
    return pa.concat_tables(tables)
