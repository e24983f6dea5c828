"""The link verb: index rows of tonight's texts, candidates, verified pairs, clusters, stories.

The order of the steps is `pipelines.link.steps`; here are the lake and the database they run on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import warehouse
from pipelines.commits import Stage
from pipelines.lake import Lake
from pipelines.link import steps
from pipelines.link.background import Background, load_background
from pipelines.link.fingerprint import fingerprint_batch
from pipelines.link.steps import Before, Linked
from pipelines.link.tables import FREQUENCIES
from pipelines.tonight import Night, Summary
from pipelines.warehouse import Connection, Model

STATE: Final = ("pairs", "evidence", "masked_sentences", "clusters", "story_members")
REPLACED: Final = (*STATE, "frozen_frequencies")
"""Lake tables of which only the last night's files count."""

INDEX: Final = (*steps.INDEX_TABLES, "frequencies")
"""Lake tables to which each night adds its rows."""


class Bench:
    """The workbench of `pipelines.link.steps` in a database of the warehouse."""

    def __init__(self, con: Connection) -> None:
        self._con = con
        self._models: dict[str, Model] = {
            model.name: model for model in warehouse.load_models("linkage")
        }

    def put(self, name: str, table: pa.Table) -> None:
        """Show a table as `lake.<name>`, in place of one of that name."""
        warehouse.show_table(self._con, name, table)

    def build(self, model: str) -> pa.Table:
        """(Re)build `linkage.<model>` and return its rows."""
        warehouse.build_one(self._con, self._models[model])
        return warehouse.query(self._con, f'from linkage."{model}"')

    def bodies(self, text_ids: pa.Array) -> pa.Table:
        """Clean bodies of texts: text_id and article_body, a row for each."""
        self.put("wanted", pa.table({"text_id": text_ids}))
        return self.build("wanted_bodies")


def link(night: Night) -> Summary:
    """`articles` of this run → index tables, `pairs`, `clusters`, `story_members`."""
    lake = night.lake
    if done := lake.commit_of(night.run_id, "link"):
        return dict(done.summary)
    articles = lake.files("articles", run_id=night.run_id)
    with lake.stage(night.run_id, "link", replaces=REPLACED if articles else ()) as stage:
        if articles:
            linked = _link(night, stage)
            stage.summary = {
                "compared": linked.pairs.num_rows,
                "articles": len(pc.unique(linked.clusters["article_id"])),
                "stories": len(pc.unique(linked.story_members["story_id"])),
            }
    return stage.summary


def _link(night: Night, stage: Stage) -> Linked:
    lake, settings = night.lake, night.settings
    frozen = _frozen_frequencies(night)
    background = load_background(frozen)
    index = _index(night, background, stage)
    with warehouse.closing(warehouse.connect(settings)) as con:
        warehouse.show_lake(con, lake, ["articles"])
        for name in steps.INDEX_TABLES:
            warehouse.show_grown(con, lake, name, index[name])
        bench = Bench(con)
        bench.put("tonight", pa.table({"text_id": _new_texts(lake, index["fingerprints"])}))
        linked = steps.compare(bench, before(lake), bench.bodies, background)
    for name in INDEX:
        stage.write(name, index[name])
    stage.write("frozen_frequencies", frozen)
    for name in STATE:
        stage.write(name, getattr(linked, name).cast(lake.schemas[name]))
    stage.write("story_changes", stamped(linked.story_changes, night))
    return linked


def _articles(night: Night) -> Iterator[pa.RecordBatch]:
    """Articles of this run with their site and retrieval, as fingerprints want them."""
    lake, rows = night.lake, night.settings.batch_documents
    documents = lake.read("documents", ["document_id", "site", "retrieved_at"], run_id=night.run_id)
    columns = ["document_id", "article_body", "date_published", "info_source"]
    for batch in lake.batches("articles", night.run_id, rows):
        place = pc.index_in(batch["document_id"], documents["document_id"])
        yield pa.RecordBatch.from_pydict(
            {name: batch[name] for name in columns}
            | {name: _taken(documents[name], place) for name in ("site", "retrieved_at")}
        )


def _taken(column: pa.ChunkedArray, place: pa.Array) -> pa.Array:
    taken = pc.take(column, place)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _index(night: Night, background: Background, stage: Stage) -> dict[str, pa.Table]:
    """Index rows of tonight's articles, by table."""
    if night.settings.is_distributed:
        from pipelines import spark

        scratch = stage.folder / "tasks"
        return spark.fingerprints(night.settings, night.lake, night.run_id, background, scratch)
    total = sum(file.row_count for file in night.lake.files("articles", run_id=night.run_id))
    made = []
    for batch in _articles(night):
        made.append(fingerprint_batch(batch, background))
        night.watch("link", sum(len(part.fingerprints) for part in made), total)
    return {name: pa.Table.from_batches([getattr(part, name) for part in made]) for name in INDEX}


def _new_texts(lake: Lake, fingerprints: pa.Table) -> pa.Array:
    """Texts of tonight that no earlier document carried on the same day."""
    keys = ["text_id", "day"]
    known = _dated(lake.read("fingerprints", keys))
    tonight = _dated(fingerprints.select(keys))
    return pc.unique(tonight.join(known, keys, join_type="left anti")["text_id"])


def _dated(texts: pa.Table) -> pa.Table:
    """Distinct texts and days; an unknown day is -1, since nulls never join."""
    day = pc.fill_null(texts["day"], -1)
    return texts.set_column(1, "day", day).group_by(["text_id", "day"]).aggregate([])


def stamped(changes: pa.Table, night: Night) -> pa.Table:
    """Story changes as rows of the lake: with the run that made them."""
    run_ids = pa.array([night.run_id] * changes.num_rows, pa.string())
    return changes.append_column("run_id", run_ids).cast(night.lake.schemas["story_changes"])


def before(lake: Lake) -> Before:
    """What the lake knows of pairs, clusters and stories."""
    return Before(*(lake.read(name) for name in STATE))


def _frozen_frequencies(night: Night) -> pa.Table:
    """Document frequencies as they were frozen when the month of the night began.

    The first night ever freezes its own, so that scores are sensible from the start.
    """
    lake = night.lake
    files = lake.files("frozen_frequencies")
    month = f"{night.logical_date:%Y-%m}"
    if files and files[-1].path.split("/")[1].split(".")[1].startswith(month):
        return lake.read("frozen_frequencies")
    counts = lake.read("frequencies")
    if not counts.num_rows:
        shipped = load_background()
        made = (fingerprint_batch(batch, shipped).frequencies for batch in _articles(night))
        counts = pa.Table.from_batches(list(made))
    summed = counts.group_by("bucket").aggregate([("document_count", "sum")]).sort_by("bucket")
    return pa.table([summed["bucket"], summed["document_count_sum"]], schema=FREQUENCIES)
