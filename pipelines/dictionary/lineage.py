"""Where columns come from: types and sources of all models, read off the SQL itself.

The models that the public tables need are built over an empty lake; DuckDB then knows every type,
and sqlglot traces each column to the columns its SELECT takes it from. Nothing is declared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipelines import contract, views, warehouse
from pipelines.link import tables as link_tables
from pipelines.settings import Settings
from pipelines.warehouse import Connection, Model

LAKE: Final[Mapping[str, pa.Schema]] = {**contract.LAKE_TABLES, **link_tables.LAKE_TABLES}

Column = tuple[str, str]
"""`schema.table` and column."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake or of a model: its columns with their types, and what it reads."""

    name: str
    description: str
    columns: Mapping[str, str]
    reads: tuple[str, ...]
    sources: Mapping[str, tuple[Column, ...]]

    @property
    def schema(self) -> str:
        """lake, staging, linkage or marts."""
        return self.name.split(".")[0]


@cache
def tables() -> Mapping[str, Table]:
    """All tables that the marts are made of, the marts included, by `schema.table`.

    Raises ModelError if a model cannot be built over an empty lake.
    """
    models = {model.full_name: model for model in warehouse.load_models()}
    with (
        tempfile.TemporaryDirectory() as folder,
        warehouse.closing(warehouse.connect(Settings(home=Path(folder)))) as con,
    ):
        reads = _reads(con, models)
        for name in sorted(reads):
            if name.startswith("lake."):
                views.show_table(con, name[5:], LAKE[name[5:]].empty_table())
        warehouse.build(con, (models[name] for name in reads if name in models))
        types = {name: _types(con, name) for name in reads}
    return {
        name: Table(
            name,
            _description(name, models),
            types[name],
            tuple(sorted(reads[name])),
            _sources(models[name], reads[name], types) if name in models else {},
        )
        for name in sorted(reads)
    }


def _reads(con: Connection, models: Mapping[str, Model]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    wanted = [name for name in models if name.startswith("marts.")]
    while wanted:
        name = wanted.pop()
        if name not in found:
            model = models.get(name)
            found[name] = warehouse.tables_read(con, model.sql) if model else set()
            wanted += found[name]
    return found


def _types(con: Connection, name: str) -> dict[str, str]:
    rows = con.execute(f"describe {name}").fetchall()
    return {row[0]: str(row[1]).lower() for row in rows}


def _description(name: str, models: Mapping[str, Model]) -> str:
    return models[name].description if name in models else "A table of the lake."


def _sources(
    model: Model, reads: set[str], types: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Column, ...]]:
    from sqlglot import parse_one  # 0.3 CPU-s: only where lineage is asked for
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    nested: dict[str, Any] = {}
    for name in reads:
        schema, _, table = name.partition(".")
        nested.setdefault(schema, {})[table] = dict(types[name])
    tree = parse_one(model.sql, dialect="duckdb")
    qualified = qualify(tree, schema=nested, dialect="duckdb", validate_qualify_columns=False)
    scope = build_scope(qualified)
    return {column: _leaves(column, qualified, scope) for column in types[model.full_name]}


def _leaves(column: str, tree: Any, scope: Any) -> tuple[Column, ...]:
    from sqlglot import exp
    from sqlglot.lineage import lineage

    found = set()
    traced = lineage(column, tree, {}, scope=scope, dialect="duckdb", copy=False)
    for node in traced.walk():
        if isinstance(node.source, exp.Table) and not node.downstream:
            found.add((f"{node.source.db}.{node.source.name}", node.name.split(".")[-1].strip('"')))
    return tuple(sorted(found))
