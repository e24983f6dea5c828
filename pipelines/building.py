"""The public tables of a night: grown from those published last, or built anew.

What readers see is copied, and of it only the rows of articles that tonight touches are made anew,
from the rows of their documents alone; tables that hold sums are small and built whole. That is
possible while every row that was published still stands in the lake: a takedown, damage that was
mended otherwise, or another model ends it, and everything is built anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds

from pipelines import publish, views, warehouse
from pipelines.lake import WRITTEN_IN
from pipelines.tonight import BY_DOCUMENT, Night, delta_file, night_file, origin
from pipelines.warehouse import Connection, Model

_LEFT_OUT: Final = "raw_text"
"""Of documents: no model reads it."""


def build_tables(night: Night) -> dict[str, int]:
    """Build the night's file; rows of each model, or rows that were made anew where it grew."""
    for file in (night_file(night.settings), delta_file(night.settings)):
        file.parent.mkdir(parents=True, exist_ok=True)
        for path in (file, file.with_name(file.name + ".wal")):
            path.unlink(missing_ok=True)
    models = [it for it in warehouse.load_models() if it.stage == "build"]
    marts = [it for it in models if it.schema == "marts"]
    with warehouse.closing(warehouse.connect(night.settings)) as con:
        views.show_lake(con, night.lake)
        inner = [it for it in models if it.schema in ("staging", "linkage")]
        counts = warehouse.build(con, inner)
        if _may_grow(con, night, [it for it in models if it.schema == "growth"]):
            counts |= _grow(con, night, marts)
        else:
            con.execute("set threads = 1")  # two leave row groups half full, which are written anew
            publish.attach(con, night_file(night.settings), "marts")
            counts |= warehouse.build(con, marts)
    return counts


@contextmanager
def tonights_tables(night: Night) -> Iterator[Connection]:
    """A connection that has the tables of `build_tables` as `marts`."""
    with warehouse.closing(warehouse.connect(night.settings)) as con:
        warehouse.halve_memory(con)
        publish.attach(con, night_file(night.settings), "marts")
        yield con


def _may_grow(con: Connection, night: Night, models: list[Model]) -> bool:
    """Whether most of what is published stands; if so, `growth` says what does not."""
    former = _former(night)
    if former is None or not publish.attach_published(con, night.settings, "former"):
        return False
    for name, rows in _written_since(night, former["run_id"]).items():
        views.show_table(con, name, rows)
    touched = warehouse.build(con, models)["growth.touched_documents"]
    return 2 * touched < int(former["tables"]["documents"]["row_count"])


def _former(night: Night) -> dict[str, Any] | None:
    """The manifest of what is published, if all it was made of still stands."""
    if publish.damage(night.settings):
        return None
    now = publish.manifest(night.settings)
    stands = now is not None and now.get("origin") == origin(night.lake, now["run_id"])
    return now if stands else None


def _written_since(night: Night, run_id: str) -> dict[str, pa.Table]:
    """Documents that later runs have cleaned, and pairs of texts that they have explained."""
    later, of = ds.field(WRITTEN_IN) > run_id, night.lake.dataset
    return {
        "cleaned": of("articles").to_table(["document_id"], later),
        "explained": of("evidence").to_table(["text_id", "other_text_id"], later),
    }


def _grow(con: Connection, night: Night, marts: list[Model]) -> dict[str, int]:
    """Make the touched rows in a file of their own, and put them in the place of the old ones."""
    delta, target = delta_file(night.settings), night_file(night.settings)
    growing = [it for it in marts if it.grows]
    _show_touched(con, night)
    publish.attach(con, delta, "marts")
    counts = warehouse.build(con, growing)
    for name in ("touched_documents", "touched_articles"):
        con.execute(f"create table marts.{name} as from growth.{name}")
    con.execute("create table marts.grown_from (run_id varchar, sha256 varchar)")
    former = stamp(publish.manifest(night.settings) or {})
    con.execute("insert into marts.grown_from values (?, ?)", former)
    con.execute("detach marts")
    publish.attach(con, delta, "delta", read_only=True)
    shutil.copyfile(night.settings.published / "copydesk.duckdb", target)
    publish.attach(con, target, "marts")
    for model in warehouse.load_models("marts"):
        if not model.grows:  # the ledger of the night before too: a candidate has none yet
            con.execute(f'drop table marts."{model.name}"')
    for model in growing:
        _replace_rows(con, model)
    return counts | warehouse.build(con, (it for it in marts if not it.grows))


def stamp(manifest: dict[str, Any]) -> tuple[str, str]:
    """What tells one published database from all others: its run, and its digest."""
    return manifest["run_id"], manifest["files"]["copydesk.duckdb"]


def _show_touched(con: Connection, night: Night) -> None:
    """Of tables with a row per document, line or pair, show those of touched documents."""
    pairs, touched = "linkage.linked_documents", "from growth.touched_documents"
    con.execute(f"delete from {pairs} where document_id not in ({touched})")  # noqa: S608
    touched = warehouse.query(con, touched)["document_id"]
    for table in BY_DOCUMENT:
        schema = pa.schema(it for it in night.lake.schemas[table] if it.name != _LEFT_OUT)
        rows = night.lake.matching(table, "document_id", touched.combine_chunks(), schema)
        con.register("rows", pa.RecordBatchReader.from_batches(schema, rows))
        con.execute(f'drop view lake."{table}"')
        con.execute(f'create table lake."{table}" as from rows')
        con.unregister("rows")


def _replace_rows(con: Connection, model: Model) -> None:
    key, touched = model.grows, f"delta.touched_{model.grows.removesuffix('_id')}s"
    con.execute(f'delete from marts."{model.name}" where {key} in (from {touched})')  # noqa: S608
    con.execute(f'insert into marts."{model.name}" from delta."{model.name}"')
