"""The public tables as Parquet: one file each, or, where a table grows, parts that are kept.

    parquet/stories.parquet                              written whole every night
    parquet/documents.parquet/000017.2026-03-04.0.parquet   a part, of 50,000 rows at most

A part of which no row changed is hard-linked from the version before. Small parts are merged with
what is new, so that their number follows the rows and not the nights.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipelines.commits import ParquetSink
from pipelines.durable import make_folder
from pipelines.warehouse import Connection, Model, count_rows, literal

PART_ROWS: Final = 50_000
_ROWS_PER_BATCH: Final = 20_000
_VOLATILE: Final = frozenset(
    {"run_id", "cleaned_at", "rejected_at", "quarantine_path", "first_seen_at", "last_seen_at"}
)
_LOGS: Final = frozenset({"runs", "checks"})

Facts = dict[str, Any]
"""What the manifest says of a table or of one of its parts."""


@dataclass(frozen=True, slots=True)
class Former:
    """The version that tables are grown from: its Parquet folder, and its tables' facts.

    What is new since lies in the database attached as `delta`.
    """

    folder: Path
    tables: Mapping[str, Facts]


def content_digest(con: Connection, table: str) -> str:
    """Digest of a table's rows, whatever their order, without the columns that stamp a run.

    Two sums of 64-bit halves of the MD5 of each row: equal tables have equal digests, and the
    digest of a table is the sum of those of its parts.
    """
    columns = [row[0] for row in con.execute(f"describe from {table}").fetchall()]
    fields = ", ".join(f'"{name}"' for name in columns if name not in _VOLATILE)
    sql = f"""
        select count(*),
            sum((digest >> 64)::hugeint), sum((digest & 18446744073709551615::uhugeint)::hugeint)
        from (select md5_number(cast(row({fields}) as varchar)) as digest from {table})
    """  # noqa: S608 (names come from our own models)
    row_count, lower, upper = con.execute(sql).fetchall()[0]
    return f"{row_count}-{lower or 0:x}-{upper or 0:x}"


def _sum(digests: list[str]) -> str:
    terms = [digest.split("-") for digest in digests]
    rows = sum(int(term[0]) for term in terms)
    lower, upper = (sum(int(term[place], 16) for term in terms) for place in (1, 2))
    return f"{rows}-{lower:x}-{upper:x}"


def write_table(
    con: Connection, model: Model, folder: Path, run_id: str, former: Former | None
) -> Facts:
    """Write a table of `marts` below a folder; what the manifest says of it.

    With `former`, a table that grows keeps the parts in which nothing changed.
    """
    path = folder / f"{model.name}.parquet"
    if not model.grows:
        facts = _facts(con, _write(con, model, _sorted_rows(model), [path], sys.maxsize))[0]
        return facts | ({"content_digest": None} if model.name in _LOGS else {})
    make_folder(path)
    kept, rows = _kept(con, model, path, former) if former else ([], f'from marts."{model.name}"')
    names = {facts["name"] for facts in kept}
    free = (name for number in count() if (name := f"{run_id}.{number}.parquet") not in names)
    parts = [*kept, *_facts(con, _write(con, model, rows, (path / name for name in free)))]
    return {
        "row_count": sum(facts["row_count"] for facts in parts),
        "content_digest": _sum([facts["content_digest"] for facts in parts]),
        "byte_count": sum(facts["byte_count"] for facts in parts),
        "parts": parts,
    }


def _kept(con: Connection, model: Model, folder: Path, former: Former) -> tuple[list[Facts], str]:
    """The parts that stay as they are, linked, and a query for all rows that are not in them."""
    is_touched = f'"{model.grows}" in (from delta."touched_{model.grows.removesuffix("_id")}s")'
    kept, merged = [], []
    for facts in former.tables[model.name]["parts"]:
        source = former.folder / folder.name / facts["name"]
        rows = f"read_parquet({literal(source)})"
        is_whole = not count_rows(con, f"{rows} where {is_touched}")
        if is_whole and facts["row_count"] >= PART_ROWS // 2:
            _link(source, folder / facts["name"])
            kept.append(facts)
        else:
            merged.append(f"select * from {rows} where not {is_touched}")  # noqa: S608
    new = f'select * from delta."{model.name}"'  # noqa: S608
    return kept, " union all ".join([*merged, new])


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the file system knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write(
    con: Connection, model: Model, rows: str, paths: Iterable[Path], most: int = PART_ROWS
) -> list[ParquetSink]:
    """Write the rows of a query, columns described, to as many of the files as that takes."""
    reader = con.sql(rows).to_arrow_reader(_ROWS_PER_BATCH)
    schema = _described(reader.schema, model.columns)
    free = iter(paths)
    sinks = [ParquetSink(next(free), schema)]
    for batch in reader:
        if sinks[-1].row_count + batch.num_rows > most:
            sinks[-1].close()
            sinks.append(ParquetSink(next(free), schema))
        sinks[-1].write(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
    sinks[-1].close()
    return sinks


def _described(schema: pa.Schema, descriptions: Mapping[str, str]) -> pa.Schema:
    return pa.schema(
        [
            column.with_metadata({"description": descriptions.get(column.name, "")})
            for column in schema
        ]
    )


def _facts(con: Connection, sinks: Iterable[ParquetSink]) -> list[Facts]:
    return [
        {
            "name": sink.path.name,
            "row_count": sink.row_count,
            "content_digest": content_digest(con, f"read_parquet({literal(sink.path)})"),
            "byte_count": sink.path.stat().st_size,
        }
        for sink in sinks
    ]


def _sorted_rows(model: Model) -> str:
    order = ", ".join(f'"{column}"' for column in model.grain) or "all"
    return f'select * from marts."{model.name}" order by {order}'  # noqa: S608
