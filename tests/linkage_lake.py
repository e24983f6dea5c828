"""A lake as ingest and clean would have left it, for the link verb alone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import learning, linking
from pipelines.settings import Settings
from pipelines.tonight import Night

BATCH = 20_000


def night_of(home: Path, number: int) -> Night:
    """The so-manieth night of a home folder."""
    now = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=number)
    settings = Settings(home=home, workers=1, memory_limit="700MB")
    return Night(settings, f"{number:06}.{now:%Y-%m-%d}", now.date(), now)


def deliver(night: Night, rows: pa.Table) -> None:
    """What ingest and clean leave of articles; those that are known are cleaned anew."""
    lake = night.lake
    known = lake.read("documents", ["document_id"])["document_id"]
    is_known = pc.is_in(rows["document_id"], known)
    with lake.stage(night.run_id, "ingest") as stage:
        for batch in rows.filter(pc.invert(is_known)).to_batches(BATCH):
            stage.write("documents", as_contract(night, batch, lake.schemas["documents"]))
    former = learning.superseded(lake, rows.filter(is_known)["document_id"].combine_chunks())
    with lake.stage(night.run_id, "clean") as stage:
        if former.num_rows:
            stage.write("superseded", former)
        for batch in rows.to_batches(BATCH):
            stage.write("articles", as_contract(night, batch, lake.schemas["articles"]))


def as_contract(night: Night, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with all columns of a schema; what the link verb does not read is empty."""
    columns = []
    for field in schema:
        if field.name == "run_id":
            column = pa.array([night.run_id] * len(batch))
        elif field.name in batch.schema.names:
            column = batch[field.name].cast(field.type)
        elif field.nullable:
            column = pa.nulls(len(batch), field.type)
        else:
            column = pa.array([_empty(field.type)] * len(batch), field.type)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _empty(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_string(kind):
        return ""
    return datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC) if pa.types.is_timestamp(kind) else 0


def linked(night: Night, rows: pa.Table) -> None:
    """Deliver articles and link them."""
    deliver(night, rows)
    linking.link(night)


def outcome(night: Night) -> Mapping[str, list[dict[str, Any]]]:
    """What the lake holds of linkage, in a fixed order."""
    names = ("clusters", "story_members", "masked_sentences", "pairs", "evidence")
    tables = {name: night.lake.read(name) for name in (*names, "shingles", "terms", "sentences")}
    return {
        name: table.sort_by([(key, "ascending") for key in table.column_names[:3]]).to_pylist()
        for name, table in tables.items()
    }
