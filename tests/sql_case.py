"""Golden cases of the SQL models: `cases/sql/<schema>/<model>/<case>/`.

Each case holds its inputs as `<schema>.<table>.jsonl` (or `<table>.jsonl` for a public table, in
schema `marts`) and the rows that the model must give as `expected.jsonl`, in any order. An input
row may leave out columns: they are null. Types come from the contract by the column's name, else
from the house's words (`_at` is a time, `_count` a number …), else from the values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import contract, warehouse
from pipelines.link.tables import LAKE_TABLES as LINK_TABLES
from pipelines.settings import Settings

CASES = Path(__file__).parent / "cases" / "sql"
STALE = {"stale_documents": pa.schema([("document_id", pa.string())])}
LAKE_TABLES = {**contract.LAKE_TABLES, **LINK_TABLES, **STALE}
_BY_NAME = {item.name: item.type for schema in LAKE_TABLES.values() for item in schema}
_BY_SUFFIX = {
    "_at": contract.TIMESTAMP,
    "_date": pa.date32(),
    "night": pa.date32(),
    "_count": pa.int64(),
    "_chars": pa.int64(),
    "_share": pa.float64(),
    "score": pa.float32(),
    "_id": pa.string(),
    "repeated_lines": pa.list_(pa.string()),
}
_TEXTS = ("headline", "relation", "evidence", "verdict", "measure")

Row = dict[str, Any]


def cases() -> Iterator[Path]:
    """Every case folder."""
    yield from sorted(path.parent for path in CASES.glob("*/*/*/expected.jsonl"))


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def column_type(name: str) -> pa.DataType | None:
    """Type of a column by its name; None if only its values can tell."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(("is_", "has_")):
        return pa.bool_()
    if name.endswith(_TEXTS):
        return pa.string()
    return next((kind for suffix, kind in _BY_SUFFIX.items() if name.endswith(suffix)), None)


def table_of(name: str, rows: list[Row]) -> pa.Table:
    """JSON rows as a typed Arrow table with all columns of `schema.table`."""
    schema, table = name.split(".")
    columns: dict[str, pa.DataType | None] = {}
    if schema in ("lake", "staging") and table in LAKE_TABLES:
        columns |= {item.name: item.type for item in LAKE_TABLES[table]}
    path = warehouse.SQL_FOLDER / schema / f"{table}.sql"
    if path.is_file():
        columns |= {column: column_type(column) for column in warehouse.load_model(path).columns}
    columns |= {key: columns.get(key) or column_type(key) for row in rows for key in row}
    arrays = {
        key: pa.array([_value(row.get(key), kind) for row in rows], kind)
        for key, kind in columns.items()
    }
    return pa.table(arrays)


def _value(value: Any, kind: pa.DataType | None) -> Any:
    if isinstance(value, str) and kind is not None and pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and kind is not None and pa.types.is_date(kind):
        return date.fromisoformat(value)
    return value


def warehouse_of(
    home: Path, tables: Mapping[str, list[Row]], *, settings: Settings | None = None
) -> warehouse.Connection:
    """A warehouse in memory that holds the tables given, by `schema.table`."""
    con = warehouse.connect(settings or Settings(home=home, workers=1, memory_limit="500MB"))
    for schema in ("lake", "learning", "staging", "linkage", "growth", "former", "marts"):
        con.execute(f"create schema if not exists {schema}")
    for name, rows in tables.items():
        con.register("given", table_of(name, rows))
        con.execute(f"create table {name} as select * from given")
        con.unregister("given")
    return con


def plain(rows: Iterable[Row]) -> list[str]:
    """Rows as sorted JSON lines, so that order does not matter and a difference can be read."""
    return sorted(json.dumps(_plain(row), sort_keys=True, ensure_ascii=False) for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return round(float(value), 5)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
