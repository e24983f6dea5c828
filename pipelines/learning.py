"""What each site repeats, learned every night from its own pages, in SQL.

What is known of a line depends on the documents alone, not on when they were delivered: documents
of earlier runs of which tonight tells something new are cleaned anew (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import views, warehouse
from pipelines.clean.sightings import nights, sightings
from pipelines.commits import ParquetSink, Stage
from pipelines.contract import DOCUMENTS, SITE_LINES, SUPERSEDED, TIMESTAMP
from pipelines.lake import WRITTEN_IN, Lake
from pipelines.settings import Settings
from pipelines.tonight import Night

_JUDGING: Final = ("wanted_lines", "known_lines", "line_support", "site_support")
"""Models that are built again, in this order, once it is known which documents are stale."""

_STALE: Final = pa.schema([("document_id", pa.string())])


@dataclass(frozen=True, slots=True)
class Learned:
    """What tonight's lines teach."""

    support: pa.Table
    """What is known of the lines that are to be judged, as `clean.sites.SITE_LINES`."""
    stale: pa.Array
    """document_ids of earlier runs, to be cleaned anew."""


def learn(
    settings: Settings,
    lake: Lake,
    documents: Iterable[pa.RecordBatch],
    stage: Stage,
) -> Learned:
    """Learn from tonight's documents, beside all that was seen before.

    Tonight's lines become `site_lines` of the stage. DuckDB reads them from there, and spills to
    disk beyond the memory limit.
    """
    sink = ParquetSink(stage.folder / "site_lines" / "sightings.parquet", SITE_LINES)
    for batch in documents:
        sink.write(sightings(batch))
    sink.close()
    if sink.row_count:
        stage.adopt("site_lines", sink.path, sink.row_count)
    models = {model.name: model for model in warehouse.load_models("learning")}
    with warehouse.closing(warehouse.connect(settings)) as con:
        views.show_file(con, "sightings", sink.path)
        views.show_table(con, "stale_documents", _STALE.empty_table())
        views.show_lake(con, lake, ["site_lines"])
        warehouse.build(con, models.values())
        stale = warehouse.query(con, "from learning.stale_documents order by all")
        if stale.num_rows:
            views.show_table(con, "stale_documents", stale)
            for name in _JUDGING:
                warehouse.build_one(con, models[name])
        support = warehouse.query(con, "from learning.site_support order by all")
    return Learned(support, stale["document_id"].combine_chunks())


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
