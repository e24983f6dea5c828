"""What each site repeats, learned every night from its own pages, in SQL.

What is known of a line depends on the documents alone, not on when they were delivered: documents
of earlier runs of which tonight tells something new are cleaned anew (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import views, warehouse
from pipelines.beside import in_order
from pipelines.clean import sites
from pipelines.clean.sightings import nights, sightings
from pipelines.commits import ParquetSink, Stage
from pipelines.contract import DOCUMENTS, SITE_LINES, SUPERSEDED, TIMESTAMP
from pipelines.lake import WRITTEN_IN, Lake
from pipelines.settings import Settings
from pipelines.tonight import Night
from pipelines.warehouse import Connection

_AGAIN: Final = ("wanted_lines", "known_lines")
"""Models that are built again, in this order, once it is known which documents are stale."""

_STALE: Final = pa.schema([("document_id", pa.string())])

TOLD: Final = sites.SITE_LINES.append(_STALE.field(0))
"""What is known of a line that is to be judged; or a document to be cleaned anew."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What tonight's lines teach."""

    support: pa.Table
    """What is known of the lines that are to be judged, as `clean.sites.SITE_LINES`."""
    stale: pa.Array
    """document_ids of earlier runs, to be cleaned anew."""

    @classmethod
    def of(cls, told: pa.Table) -> Learned:
        """From rows of TOLD."""
        is_stale = told["document_id"].is_valid()
        support = told.filter(pc.invert(is_stale)).drop_columns(["document_id"])
        return cls(support, told.filter(is_stale)["document_id"].combine_chunks())


def learn(night: Night, documents: Iterable[pa.RecordBatch], stage: Stage) -> Learned:
    """Learn from tonight's documents, beside all that was seen before.

    Tonight's lines become `site_lines` of the stage. DuckDB reads them from there, and spills to
    disk beyond half of the memory limit.
    """
    settings, lake = night.settings, night.lake
    if settings.is_distributed:
        from pipelines import spark

        files, told = spark.learn(settings, lake, night.run_id, _judge_site, stage.folder)
        for file in files:
            stage.adopt(file.table, file.path, file.row_count)
        return Learned.of(told)
    sink = ParquetSink(stage.folder / "site_lines" / "sightings.parquet", SITE_LINES)
    with closing(in_order(sightings, documents, settings.workers)) as seen:
        for lines in seen:
            sink.write(lines)
    sink.close()
    if sink.row_count:
        stage.adopt("site_lines", sink.path, sink.row_count)
    with warehouse.closing(warehouse.connect(settings)) as con:
        warehouse.halve_memory(con)
        views.show_file(con, "sightings", sink.path)
        views.show_lake(con, lake, ["site_lines"])
        return Learned.of(judge(con))


def judge(con: Connection) -> pa.Table:
    """What `lake.sightings`, tonight's lines, teach beside `lake.site_lines`, as TOLD, sorted.

    No site says anything of another: sites may be judged one by one.
    """
    models = {model.name: model for model in warehouse.load_models("learning")}
    views.show_table(con, "stale_documents", _STALE.empty_table())
    warehouse.build(con, models.values())
    stale = warehouse.query(con, "from learning.stale_documents")
    if stale.num_rows:
        views.show_table(con, "stale_documents", stale)
        for name in _AGAIN:
            warehouse.build_one(con, models[name])
        # what is known of tonight's lines holds for stale documents too
        con.execute(f"insert into learning.line_support {models['line_support'].sql}")
        warehouse.build_one(con, models["site_support"])
    told = warehouse.query(
        con,
        "select *, null::varchar as document_id from learning.site_support "
        "union all by name from lake.stale_documents order by all",
    )
    return told.select(TOLD.names).cast(TOLD)


def _judge_site(settings: Settings, new: pa.Table, old: pa.Table) -> pa.Table:
    """The same for one site, given its lines of tonight and of before."""
    with warehouse.closing(warehouse.connect(settings)) as con:
        warehouse.halve_memory(con)
        views.show_table(con, "sightings", new)
        views.show_table(con, "site_lines", old)
        return judge(con)


def stale_documents(night: Night, stale: pa.Array) -> Iterator[pa.RecordBatch]:
    """The documents that are to be cleaned anew, as documents of tonight that keep their night."""
    if not len(stale):
        return
    for batch in night.lake.matching("documents", "document_id", stale):
        fetched = pc.coalesce(batch["retrieved_at"], pc.cast(nights(batch), TIMESTAMP))
        tonight = {
            "retrieved_at": fetched,
            "run_id": pa.repeat(night.run_id, batch.num_rows),
            "ingested_at": pa.repeat(pa.scalar(night.started_at, TIMESTAMP), batch.num_rows),
        }
        columns = {name: tonight.get(name, batch[name]) for name in DOCUMENTS.names}
        yield pa.RecordBatch.from_pydict(columns, schema=DOCUMENTS)


def superseded(lake: Lake, stale: pa.Array) -> pa.Table:
    """The rows that no longer count once the documents are clean anew, as SUPERSEDED."""
    if not len(stale):
        return SUPERSEDED.empty_table()
    rows = lake.dataset("articles").to_table(
        columns=["document_id", WRITTEN_IN], filter=ds.field("document_id").isin(stale)
    )
    return rows.rename_columns(SUPERSEDED.names).cast(SUPERSEDED)
