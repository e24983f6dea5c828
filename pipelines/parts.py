"""The public tables as Parquet: one file each, or, where a table grows, parts that are kept.

    parquet/stories.parquet                              written whole every night
    parquet/documents.parquet/000017.2026-03-04.0.parquet   a part, of 50,000 rows at most

A part of which no row changed is hard-linked from the version before; one of which some did is
copied without them. Small parts are merged with what is new, so that their number follows the rows
and not the nights.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.commits import ParquetSink
from pipelines.durable import make_folder
from pipelines.warehouse import Connection, Model, literal, query

PART_ROWS: Final = 50_000
_ROWS_PER_BATCH: Final = 5_000
"""Rows of a row group: some 15 MB of texts, which a reader holds at a time."""
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

    The count of rows and the sum of DuckDB's 64-bit hashes of them: equal tables have equal
    digests, and the digest of a table is the sum of those of its parts. Another version of DuckDB
    may hash otherwise; against those who want two tables to look the same, files have a SHA-256.
    """
    sql = f"select count(*), sum({_hash(con, table)}::hugeint) from {table}"  # noqa: S608
    row_count, total = con.execute(sql).fetchall()[0]
    return f"{row_count}-{total or 0:x}"


def _hash(con: Connection, rows: str) -> str:
    """SQL for the hash of a row; `rows` is what stands after `from`."""
    columns = [row[0] for row in con.execute(f"describe from {rows}").fetchall()]
    return "hash(" + ", ".join(f'"{name}"' for name in columns if name not in _VOLATILE) + ")"


def _sum(digests: Iterable[str], less: str = "0-0") -> str:
    """Digest of all rows of which there are digests, without those of `less`."""
    row_count, total = (-term for term in _terms(less))
    for digest in digests:
        rows, hashes = _terms(digest)
        row_count, total = row_count + rows, total + hashes
    return f"{row_count}-{total:x}"


def _terms(digest: str) -> tuple[int, int]:
    rows, hashes = digest.split("-")
    return int(rows), int(hashes, 16)


def write_table(
    con: Connection, model: Model, folder: Path, run_id: str, former: Former | None
) -> Facts:
    """Write a table of `marts` below a folder; what the manifest says of it.

    With `former`, a table that grows keeps the parts in which nothing changed.
    """
    path = folder / f"{model.name}.parquet"
    if not model.grows:
        facts = _write(con, model, _all_rows(model), [path])[0]
        return facts | ({"content_digest": None} if model.name in _LOGS else {})
    make_folder(path)
    free = _free_paths(path, run_id, former.tables[model.name] if former else {})
    kept, rows = _kept(con, model, path, free, former) if former else ([], _all_rows(model))
    parts = [*kept, *_write(con, model, rows, free)]
    return {
        "row_count": sum(facts["row_count"] for facts in parts),
        "content_digest": _sum(facts["content_digest"] for facts in parts),
        "byte_count": sum(facts["byte_count"] for facts in parts),
        "parts": parts,
    }


def _free_paths(folder: Path, run_id: str, former: Facts) -> Iterator[Path]:
    """Paths for new parts of a table, none named as one of the version before."""
    taken = {facts["name"] for facts in former.get("parts", ())}
    names = (f"{run_id}.{number}.parquet" for number in count())
    return (folder / name for name in names if name not in taken)


def _kept(
    con: Connection, model: Model, folder: Path, free: Iterator[Path], former: Former
) -> tuple[list[Facts], str]:
    """The parts that stay but for touched rows, and a query for all rows that are not in them."""
    touched = f'delta."touched_{model.grows.removesuffix("_id")}s"'
    keys = query(con, f"from {touched}")[model.grows].combine_chunks()
    kept, merged = [], []
    for facts in former.tables[model.name]["parts"]:
        source = former.folder / f"{model.name}.parquet" / facts["name"]
        left = facts["row_count"] - _count(source, model.grows, keys)
        if left < PART_ROWS // 2:
            rows = f"read_parquet({literal(source)})"
            merged.append(
                f'select * from {rows} where "{model.grows}" not in (from {touched})'  # noqa: S608
            )
        elif left == facts["row_count"]:
            _link(source, folder / facts["name"])
            kept.append(facts)
        else:
            kept.append(_without(con, source, next(free), (model.grows, keys), facts))
    new = f'select * from delta."{model.name}"'  # noqa: S608
    return kept, " union all ".join([*merged, new])


def _count(part: Path, key: str, keys: pa.Array) -> int:
    """Rows of a part whose key is one of `keys`."""
    column = pq.read_table(part, columns=[key])[key]
    return int(pc.sum(pc.is_in(column, keys)).as_py() or 0)


def _without(
    con: Connection, part: Path, target: Path, gone: tuple[str, pa.Array], facts: Facts
) -> Facts:
    """Copy a part without rows of some keys; what the manifest says of the copy.

    Only the rows that go are digested: a digest is a sum.
    """
    key, keys = gone
    left_out = []
    with pq.ParquetFile(part, page_checksum_verification=True, pre_buffer=False) as file:
        sink = ParquetSink(target, file.schema_arrow)
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number)
            is_gone = pc.is_in(rows[key], keys)
            left_out.append(rows.filter(is_gone))
            sink.write(rows.filter(pc.invert(is_gone)))
        sink.close()
    con.register("left_out", pa.concat_tables(left_out))
    digest = _sum([facts["content_digest"]], less=content_digest(con, "left_out"))
    con.unregister("left_out")
    return _fact(sink, digest)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the file system knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write(con: Connection, model: Model, rows: str, paths: Iterable[Path]) -> list[Facts]:
    """Write the rows of a query, columns described: in parts where a table grows, else sorted.

    They are digested as they pass. Returns what the manifest says of each file.
    """
    most, order = (PART_ROWS, "") if model.grows else (sys.maxsize, _order(model))
    hashed = f"select *, {_hash(con, f'({rows})')} from ({rows}) {order}"  # noqa: S608
    reader = con.sql(hashed).to_arrow_reader(_ROWS_PER_BATCH)
    schema = _described(pa.schema(list(reader.schema)[:-1]), model.columns)
    free = iter(paths)
    sink, digest, written = ParquetSink(next(free), schema), _sum([]), []
    for batch in reader:
        if sink.row_count + batch.num_rows > most:
            sink.close()
            written.append(_fact(sink, digest))
            sink, digest = ParquetSink(next(free), schema), _sum([])
        *columns, hashes = batch.columns
        sink.write(pa.RecordBatch.from_arrays(columns, schema=schema))
        digest = _sum([digest, _digest(hashes)])
    sink.close()
    return [*written, _fact(sink, digest)]


def _digest(hashes: pa.Array) -> str:
    """`content_digest` of rows, by their hashes: uint64[n], whose sum may take 128 bits."""
    upper, lower = (int(half.sum()) for half in np.divmod(np.asarray(hashes), np.uint64(1 << 32)))
    return f"{len(hashes)}-{(upper << 32) + lower:x}"


def _described(schema: pa.Schema, descriptions: Mapping[str, str]) -> pa.Schema:
    return pa.schema(
        [
            column.with_metadata({"description": descriptions.get(column.name, "")})
            for column in schema
        ]
    )


def _fact(sink: ParquetSink, digest: str) -> Facts:
    return {
        "name": sink.path.name,
        "row_count": sink.row_count,
        "content_digest": digest,
        "byte_count": sink.path.stat().st_size,
    }


def _all_rows(model: Model) -> str:
    return f'select * from marts."{model.name}"'  # noqa: S608


def _order(model: Model) -> str:
    return "order by " + (", ".join(f'"{column}"' for column in model.grain) or "all")
