"""The SQL models: find them, order them by their parsed dependencies, build them in DuckDB.

A model is one file `sql/<schema>/<table>.sql`: TOML front matter in a leading comment, then one
SELECT. Tables of the lake appear as views in the schema `lake`. Nothing about dependencies is
declared: DuckDB's own parser names the tables that a SELECT reads.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipelines.settings import Settings

_HERE: Final = Path(__file__).resolve().parent
_PACKAGED: Final = _HERE / "sql"
_DEFAULT: Final = _PACKAGED if _PACKAGED.is_dir() else _HERE.parent / "sql"
SQL_FOLDER: Final = Path(os.environ.get("COPYDESK_SQL", _DEFAULT))
"""Where the models lie: `sql/` in the package or the source tree, unless `COPYDESK_SQL` says."""
_FRONT_MATTER: Final = re.compile(r"\A\s*/\*(.*?)\*/", re.DOTALL)
_KNOWN_KEYS: Final = {
    "description", "grain", "columns", "expect", "stage", "grows", "as_written", "materialized",
    "why", "severity",
}  # fmt: skip

ENGINE: Final = f"DuckDB {duckdb.__version__}"

Connection = duckdb.DuckDBPyConnection
DatabaseError = duckdb.Error
LockedError = duckdb.IOException  # among others: another process has the file open for writing


class ModelError(ValueError):
    """A model that cannot be loaded or does not keep its contract; the message names the file."""


@dataclass(frozen=True, slots=True)
class Model:
    """One SELECT with its contract."""

    schema: str
    name: str
    path: Path
    sql: str
    description: str
    grain: tuple[str, ...]
    columns: Mapping[str, str]
    expectations: tuple[Mapping[str, Any], ...]
    stage: str
    why: str
    severity: str
    grows: str
    """Key whose rows, or the rows found, depend on one article's documents only; empty: on any."""
    as_written: bool
    """Whether joins hold in memory what stands on their right, and not what has fewer rows."""
    materialized: str
    """`table`, or `view`, as all of `staging` are."""

    @property
    def full_name(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"


def load_models(*schemas: str, folder: Path = SQL_FOLDER) -> list[Model]:
    """The models of the schemas named (all if none), by name.

    Raises ModelError naming the file whose front matter cannot be read.
    """
    names = schemas or tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    return [load_model(path) for name in names for path in sorted((folder / name).glob("*.sql"))]


def load_model(path: Path) -> Model:
    """One model from its file. Raises ModelError."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not UTF-8: {error}") from error
    found = _FRONT_MATTER.match(text)
    if not found:
        raise ModelError(f"{path}: no front matter; begin the file with /* description = … */")
    try:
        front = tomllib.loads(found[1])
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: front matter is not valid TOML: {error}") from error
    unknown = set(front) - _KNOWN_KEYS
    if unknown or not front.get("description"):
        problem = f"unknown keys {sorted(unknown)}" if unknown else "no description"
        raise ModelError(f"{path}: front matter: {problem}; known keys: {sorted(_KNOWN_KEYS)}")
    return Model(
        schema=path.parent.name,
        name=path.stem,
        path=path,
        sql=text[found.end() :].strip().rstrip(";"),
        description=front["description"],
        grain=tuple(front.get("grain", ())),
        columns=front.get("columns", {}),
        expectations=tuple(front.get("expect", ())),
        stage=front.get("stage", "build"),
        why=front.get("why", ""),
        severity=front.get("severity", "critical"),
        grows=front.get("grows", ""),
        as_written=front.get("as_written", False),
        materialized=front.get(
            "materialized", "view" if path.parent.name == "staging" else "table"
        ),
    )


def connect(settings: Settings, path: Path | None = None, *, read_only: bool = False) -> Connection:
    """A DuckDB connection with the memory and thread limits of the settings, and no network."""
    spill = settings.warehouse / "spill"
    if not read_only:  # who only reads may not be allowed to write
        spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        str(path) if path else ":memory:",
        read_only=read_only,
        config={
            "memory_limit": settings.memory_limit,
            "threads": str(settings.workers),
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        },
    )
    con.execute("set TimeZone = 'UTC'")  # an option of ICU, not known before it is loaded
    return con


def tables_read(con: Connection, sql: str) -> set[str]:
    """`schema.table` of every table that a SELECT reads, by DuckDB's own parser, unbound.

    Raises ModelError if the text is not one SELECT.
    """
    return {f"{schema}.{table}" for schema, table in _names_read(con, sql) if schema}


def names_read(con: Connection, sql: str) -> set[str]:
    """What a SELECT reads, without schemas, its own common tables among it. Raises ModelError."""
    return {table for _, table in _names_read(con, sql)}


def _names_read(con: Connection, sql: str) -> set[tuple[str, str]]:
    row = con.execute("select json_serialize_sql(?)", [sql]).fetchall()[0]
    tree = json.loads(row[0])
    if tree["error"] or len(tree["statements"]) != 1:
        raise ModelError(f"not one SELECT: {tree.get('error_message', 'several or none')}")
    return {
        (node["schema_name"], node["table_name"])
        for node in _nodes(tree)
        if node.get("type") == "BASE_TABLE"
    }


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)


def order(con: Connection, models: Iterable[Model]) -> list[Model]:
    """The models in an order in which each comes after those it reads.

    Raises ModelError for a cycle, or for a model that reads a table of their schemas that is
    neither made nor there.
    """
    by_name = {model.full_name: model for model in models}
    schemas, there = {model.schema for model in by_name.values()}, _tables(con)
    graph = {}
    for name, model in sorted(by_name.items()):
        try:
            read = tables_read(con, model.sql)
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error
        graph[name] = {other for other in read if other in by_name}
        if missing := sorted(
            it for it in read - graph[name] - there if it.partition(".")[0] in schemas
        ):
            raise ModelError(f"{model.path}: reads {missing[0]}, which no model makes")
    try:
        return [by_name[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise ModelError(f"models read each other in a circle: {error.args[1]}") from error


def _tables(con: Connection) -> set[str]:
    """What a model may read, as it names it: `schema.table`, or `database.table`."""
    rows = con.execute("select database_name, schema_name, table_name from duckdb_tables()")
    return {f"{name}.{table}" for *names, table in rows.fetchall() for name in names}


def build(con: Connection, models: Iterable[Model]) -> dict[str, int]:
    """Build models as tables in one transaction, dependencies first, comments and all.

    One call builds in one database: DuckDB does not write to two in one transaction.

    Returns the row count of each. Raises ModelError if a model fails, or if its columns are not
    those of its front matter; then nothing was built.
    """
    counts = {}
    ordered = order(con, models)
    con.execute("begin")
    try:
        for model in ordered:
            counts[model.full_name] = build_one(con, model)
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    return counts


def build_one(con: Connection, model: Model) -> int:
    """Build one model as a table, comments and all, from tables that are there already.

    What belongs to the schema `marts` goes into the database attached by that name, if there is
    one. Returns the row count. Raises ModelError as `build` does.
    """
    name = build_bare(con, model)
    if model.materialized == "table":
        comment(con, name, model)
    return count_rows(con, name)


def build_bare(con: Connection, model: Model) -> str:
    """As `build_one`, without comments, where no client will see them. Returns its name in SQL."""
    name = f'"{model.schema}"."{model.name}"'
    try:
        if not _is_database(con, model.schema):
            con.execute(f'create schema if not exists "{model.schema}"')
        fixed = "build_side_probe_side" if model.as_written else ""
        con.execute(f"set disabled_optimizers = '{fixed}'")
        con.execute(f"create or replace {model.materialized} {name} as {model.sql}")
    except duckdb.Error as error:
        raise ModelError(f"{model.path}: {error}") from error
    built = [row[0] for row in con.execute(f"describe {name}").fetchall()]
    if model.columns and built != list(model.columns):
        wrong = [column for column in built if column not in model.columns]
        lost = [column for column in model.columns if column not in built]
        problem = f"not in the front matter: {wrong}; not built: {lost}"
        raise ModelError(f"{model.path}: columns differ from the front matter ({problem})")
    return name


def _is_database(con: Connection, name: str) -> bool:
    found = con.execute("select 1 from duckdb_databases() where database_name = ?", [name])
    return bool(found.fetchall())


def count_rows(con: Connection, table: str) -> int:
    """Rows of a table or view, by its name in SQL."""
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])  # noqa: S608


def comment(con: Connection, name: str, model: Model) -> None:
    """Write a model's descriptions into the catalog, where any DuckDB client shows them."""
    con.execute(f"comment on table {name} is {literal(model.description)}")
    for column, description in model.columns.items():
        con.execute(f'comment on column {name}."{column}" is {literal(description)}')


def literal(text: str | Path) -> str:
    """A text or a path as SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def query(con: Connection, sql: str) -> pa.Table:
    """The rows of a query, as Arrow."""
    return con.sql(sql).to_arrow_table()


def halve_memory(con: Connection) -> None:
    """Leave the other half of the memory limit to what is done beside the database."""
    size, unit = con.execute("select current_setting('memory_limit')").fetchall()[0][0].split()
    con.execute(f"set memory_limit = '{float(size) / 2} {unit}'")


@contextmanager
def closing(con: Connection) -> Iterator[Connection]:
    """Close a connection at the end of a block."""
    try:
        yield con
    finally:
        con.close()
