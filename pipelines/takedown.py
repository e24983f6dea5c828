"""Take a document down: out of every table, index, page and kept version; a tombstone stays.

The rows go from the lake in one commit, which stands for the first verb of a run of its own; the
run's other verbs then elect a new representative, build, judge and publish as on any night.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import linking, tonight
from pipelines.commits import Stage
from pipelines.contract import TOMBSTONES
from pipelines.lake import Lake
from pipelines.link import steps
from pipelines.one_document import one_document
from pipelines.tonight import Night

_ROWS: Final = 20_000
"""Rows of a table that are in memory at a time."""

_RUN_WORDS: Final = 7
"""Successive words that two texts hardly share by chance."""

TEXT_TABLES: Final = steps.INDEX_TABLES
PAIR_TABLES: Final = ("pairs", "evidence")
DOCUMENT_TABLES: Final = ("documents", "articles", "removed_lines", "repairs", "fingerprints")
REWRITTEN: Final = (
    *DOCUMENT_TABLES,
    *TEXT_TABLES,
    *PAIR_TABLES,
    *linking.STATE,
    "rejected_documents",
)


def find(lake: Lake, beginning: str) -> str:
    """The one document_id that begins so. Raises NoSuchDocumentError."""
    ids = lake.read("documents", ["document_id"])["document_id"]
    return one_document(beginning, lambda it: ids.filter(pc.starts_with(ids, it)).to_pylist())


def take_down(night: Night, document_ids: Sequence[str], reason: str) -> None:
    """Remove documents from the lake and from quarantine, as the first commit of a run."""
    lake, gone = night.lake, pa.array(document_ids, pa.string())
    documents = lake.dataset("documents").to_table(
        columns=["source_uri", "raw_text"], filter=ds.field("document_id").isin(document_ids)
    )
    refused = lake.read("rejected_documents")
    same_file = pc.is_in(refused["source_uri"], pc.unique(documents["source_uri"]))
    same_text = _repeats(night, refused, documents["raw_text"].to_pylist())
    from_them = pc.or_(same_file, same_text)
    with lake.stage(night.run_id, "takedown", replaces=REWRITTEN) as stage:
        for table in DOCUMENT_TABLES:
            _rewrite(lake, stage, table, "document_id", gone)
        stage.write("rejected_documents", refused.filter(pc.invert(from_them)))
        _relink(night, stage, gone)
        stage.write("tombstones", _tombstones(night, document_ids, reason))
        stage.summary = {
            "started_at": night.started_at.isoformat(),
            "logical_date": night.logical_date.isoformat(),
        }
    for path in refused.filter(from_them)["quarantine_path"].drop_null().to_pylist():
        (night.settings.home / path).unlink(missing_ok=True)
    lake.sweep()


def _repeats(night: Night, refused: pa.Table, texts: Sequence[str]) -> pa.Array:
    """Which refused inputs share a run of words with the texts.

    Compressed bytes are not looked into: what is refused from the same file goes anyway.
    """
    wanted = {run for text in texts for run in _runs(text)}
    paths = refused["quarantine_path"].to_pylist()
    kept = ((night.settings.home / path).read_bytes() if path else b"" for path in paths)
    shared = [not wanted.isdisjoint(_runs(data.decode("utf-8", "replace"))) for data in kept]
    return pa.array(shared, pa.bool_())


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return zip(*(words[start:] for start in range(_RUN_WORDS)), strict=False)


def _tombstones(night: Night, document_ids: Sequence[str], reason: str) -> pa.Table:
    stamp = {"reason": reason, "run_id": night.run_id, "taken_down_at": night.started_at}
    rows = [{"document_id": name, **stamp} for name in document_ids]
    return pa.Table.from_pylist(rows, schema=TOMBSTONES)


def forget_versions(night: Night) -> None:
    """Remove every published version from before a takedown, and what else nights were built in.

    Each run that publishes asks: a takedown whose own run failed the gate is done by the next.
    """
    runs = [it.run_id for it in night.lake.commits() if it.verb == "takedown"]
    if not runs:
        return
    current = (night.settings.published / "current").resolve()
    for path in (night.settings.published / "versions").iterdir():
        if path.name < max(runs) and path.resolve() != current:
            shutil.rmtree(path)
    for path in (tonight.night_file(night.settings), tonight.delta_file(night.settings)):
        path.unlink(missing_ok=True)


def _rewrite(
    lake: Lake, stage: Stage, table: str, column: str, gone: pa.Array | pa.ChunkedArray
) -> None:
    """Write the rows of a table that stay, batch by batch."""
    stage.write(table, lake.schemas[table].empty_table())
    for batch in lake.batches(table, None, _ROWS):
        kept = batch.filter(pc.invert(pc.is_in(batch[column], gone)))
        if kept.num_rows:
            stage.write(table, kept)


def _relink(night: Night, stage: Stage, gone: pa.Array) -> None:
    """What is left, linked as if the documents had never come; leaders are elected anew."""
    lake = night.lake
    known = lake.read("fingerprints")
    dead = known.filter(pc.is_in(known["document_id"], gone))
    index = {name: lake.schemas[name].empty_table() for name in TEXT_TABLES}
    nothing = linking.Changes(known.slice(0, 0), dead, index)
    with closing(linking.text_file(night)) as texts:
        linked = linking.relink(night, stage, nothing, texts)
    for table in TEXT_TABLES:
        _rewrite(lake, stage, table, "text_id", linked.retired_texts["text_id"])
    for table in PAIR_TABLES:
        _rewrite(lake, stage, table, "pair_id", linked.retired_pairs["pair_id"])
