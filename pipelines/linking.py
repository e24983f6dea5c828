"""The link verb: index rows of tonight's texts, candidates, verified pairs, clusters, stories.

The order of the steps is `pipelines.link.steps`; here are the lake and the database they run on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipelines import views, warehouse
from pipelines.beside import in_order, meanwhile
from pipelines.clean.sightings import nights
from pipelines.commits import Stage
from pipelines.contract import ARTICLES
from pipelines.lake import WRITTEN_IN, Lake
from pipelines.link import steps
from pipelines.link.background import Background, load_background
from pipelines.link.fingerprint import Fingerprints, fingerprint_batch
from pipelines.link.shelf import TextFile
from pipelines.link.spill import Spill
from pipelines.link.steps import Before, Linked
from pipelines.link.tables import FINGERPRINTS, RETIRED_PAIRS, RETIRED_TEXTS
from pipelines.link.verify import Shelf
from pipelines.tonight import Night, Summary
from pipelines.workbench import Bench

STATE: Final = ("masked_sentences", "body_pairs", "clusters", "story_members")
"""Lake tables of which only the last night's files count."""

_BODIES: Final = pa.schema([ARTICLES.field(name) for name in ("document_id", "article_body")])
_FACTS: Final = ["document_id", "site", "retrieved_at", "run_id"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What came and what went: rows of fingerprints, and the index rows of what came."""

    new: pa.Table
    dead: pa.Table
    index: dict[str, pa.Table]


def link(night: Night) -> Summary:
    """`articles` of this run → index tables, `pairs`, `clusters`, `story_members`."""
    lake = night.lake
    if done := lake.commit_of(night.run_id, "link"):
        return dict(done.summary)
    articles = lake.files("articles", run_id=night.run_id)
    with (
        lake.stage(night.run_id, "link", replaces=STATE if articles else ()) as stage,
        closing(text_file(night)) as texts,
    ):
        if articles:
            changes = _changes(night, stage, texts)

            def write_index() -> None:  # to tables that nothing else is written to meanwhile
                for name, rows in changes.index.items():
                    stage.write(name, rows)
                stage.write("fingerprints", changes.new)

            with meanwhile(write_index, night.settings.workers):
                linked = relink(night, stage, changes, texts)
            _retire(lake, stage, linked)
            stage.summary = {
                "compared": linked.compared,
                "articles": len(pc.unique(linked.clusters["article_id"])),
                "stories": len(pc.unique(linked.story_members["story_id"])),
            }
    return stage.summary


def text_file(night: Night) -> TextFile:
    """An empty file for bodies of texts."""
    return TextFile(night.settings.warehouse / "spill")


def relink(night: Night, stage: Stage, changes: Changes, texts: TextFile) -> Linked:
    """Link what is live once `changes` have happened.

    Writes new pairs with their evidence, story changes, and the STATE whole. Bodies that `texts`
    lacks are added to it from the lake.
    """
    lake, new, dead = night.lake, changes.new, changes.dead
    gone = pa.concat_tables([new, dead])["document_id"]
    old = lake.read("fingerprints")
    old = old.filter(pc.invert(pc.is_in(old["document_id"], gone.combine_chunks())))
    with warehouse.closing(warehouse.connect(night.settings)) as con:
        warehouse.halve_memory(con)
        bench = Bench(con)
        for name in steps.INDEX_TABLES:
            views.show_grown(con, lake, name, changes.index[name])
        for name, rows in (("old", old), ("new", new), ("dead", dead)):
            bench.put(f"fingerprints_{name}", rows)
        live = pa.concat_tables([old, new])
        bench.put("fingerprints", live)
        views.show_as(con, lake, "pairs", "pairs_before")

        def bodies(text_ids: pa.Array) -> Shelf:
            if len(lacking := texts.lacks(text_ids)):
                _fetch(lake, _carriers(live, lacking), texts)
            return texts.shelf()

        linked = steps.compare(
            bench,
            before(lake),
            bodies,
            load_background(),
            stage.write,
            workers=night.settings.workers,
        )
    for name in STATE:
        stage.write(name, getattr(linked, name).cast(lake.schemas[name]))
    stage.write("story_changes", stamped(linked.story_changes, night))
    return linked


def _changes(night: Night, stage: Stage, texts: TextFile) -> Changes:
    """Tonight's fingerprints and index rows, and the fingerprints they take the place of."""
    lake = night.lake
    index = _index(night, load_background(), stage, texts)
    new, dead = index.pop("fingerprints"), _superseded(lake, night.run_id)
    known = pc.unique(pa.concat_tables([_known(lake, new), dead])["text_id"])
    counts = new.group_by("text_id").aggregate([([], "count_all")])
    again = counts.filter(pc.greater(counts["count_all"], 1))["text_id"]
    for name, rows in index.items():
        once = Spill(stage.folder / "index" / f"{name}.once", rows.schema)
        _write_once(rows, known, again, once)
        index[name] = once.table()
    pa.default_memory_pool().release_unused()  # what articles took, the database may want
    return Changes(new, dead, index)


def _write_once(rows: pa.Table, known: pa.Array, again: pa.ChunkedArray, once: Spill) -> None:
    """Index rows of texts not `known` yet; `again`: texts that several batches may have brought."""
    repeated = [rows.slice(0, 0)]
    for batch in rows.to_batches():
        fresh = batch.filter(pc.invert(pc.is_in(batch["text_id"], known)))
        is_again = pc.is_in(fresh["text_id"], again)
        once.write(fresh.filter(pc.invert(is_again)))
        repeated.append(pa.Table.from_batches([fresh.filter(is_again)]))
    distinct = pa.concat_tables(repeated).group_by(rows.schema.names).aggregate([])
    once.write(distinct.select(rows.schema.names).cast(rows.schema))


def _index(
    night: Night, background: Background, stage: Stage, texts: TextFile
) -> dict[str, pa.Table]:
    """Index rows of tonight's articles, by table; of a text, once for each batch that has it.

    What is read here is kept in `texts`, since most of it is compared.
    """
    if night.settings.is_distributed:
        from pipelines import spark

        scratch = stage.folder / "tasks"
        return spark.fingerprints(night.settings, night.lake, night.run_id, background, scratch)
    total = sum(file.row_count for file in night.lake.files("articles", run_id=night.run_id))
    names = ("fingerprints", *steps.INDEX_TABLES)
    made = {name: Spill(stage.folder / "index" / name, night.lake.schemas[name]) for name in names}
    count = 0

    def index(batch: pa.RecordBatch) -> tuple[Fingerprints, pa.Array]:
        return fingerprint_batch(batch, background), batch["article_body"]

    with closing(in_order(index, _articles(night), night.settings.workers)) as indexed:
        for rows, bodies in indexed:
            for name, spill in made.items():
                spill.write(getattr(rows, name))
            texts.keep(rows.fingerprints["text_id"], bodies)
            count += len(bodies)
            night.watch("link", count, total)
    return {name: spill.table() for name, spill in made.items()}


def _known(lake: Lake, new: pa.Table) -> pa.Table:
    """Fingerprints of earlier nights that carry one of the texts: these are indexed already."""
    texts = pc.unique(new["text_id"])
    return lake.dataset("fingerprints").to_table(
        columns=FINGERPRINTS.names, filter=ds.field("text_id").isin(texts)
    )


def _superseded(lake: Lake, run_id: str) -> pa.Table:
    """Fingerprints of the documents that were cleaned anew in a run, as they were before."""
    gone = lake.read("superseded", run_id=run_id)
    ever = Lake(lake.root, lake.schemas).dataset("fingerprints")
    rows = ever.to_table(filter=ds.field("document_id").isin(pc.unique(gone["document_id"])))
    keys = ["document_id", WRITTEN_IN]
    dead = rows.join(gone.rename_columns(keys), keys, join_type="left semi")
    return dead.select(FINGERPRINTS.names).cast(FINGERPRINTS)


def _articles(night: Night) -> Iterator[pa.RecordBatch]:
    """Articles of this run with their site, retrieval and night, as fingerprints want them."""
    lake, rows = night.lake, night.settings.batch_documents
    anew = lake.read("superseded", ["document_id"], run_id=night.run_id)["document_id"]
    former = lake.dataset("documents").to_table(
        columns=_FACTS, filter=ds.field("document_id").isin(pc.unique(anew))
    )
    facts = pa.concat_tables([lake.read("documents", _FACTS, run_id=night.run_id), former])
    facts = facts.append_column("night", nights(facts))
    columns = ["document_id", "article_body", "date_published", "info_source"]
    for batch in lake.batches("articles", night.run_id, rows):
        place = pc.index_in(batch["document_id"], facts["document_id"])
        yield pa.RecordBatch.from_pydict(
            {name: batch[name] for name in columns}
            | {name: _taken(facts[name], place) for name in ("site", "retrieved_at", "night")}
        )


def _taken(column: pa.ChunkedArray, place: pa.Array) -> pa.Array:
    taken = pc.take(column, place)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


def _carriers(live: pa.Table, text_ids: pa.Array) -> pa.Table:
    """A document that carries it for each of the texts: document_id and text_id."""
    wanted = live.select(["text_id", "document_id"]).filter(pc.is_in(live["text_id"], text_ids))
    first = wanted.group_by("text_id").aggregate([("document_id", "min")])
    return first.rename_columns(["text_id", "document_id"]).combine_chunks()


def _fetch(lake: Lake, carriers: pa.Table, texts: TextFile) -> None:
    """Bodies of texts from the lake, each by a document that carries it."""
    names = carriers["document_id"]
    for batch in lake.matching("articles", "document_id", names, _BODIES):
        place = pc.index_in(batch["document_id"], names)
        texts.find(_taken(carriers["text_id"], place), batch["article_body"])


def _retire(lake: Lake, stage: Stage, linked: Linked) -> None:
    """Write down which rows of earlier runs no longer count, with the runs they lie in."""
    texts, pairs = linked.retired_texts["text_id"], linked.retired_pairs["pair_id"]
    if len(texts):
        stage.write("retired_texts", _written(lake, steps.INDEX_TABLES, texts, RETIRED_TEXTS))
    if len(pairs):
        stage.write("retired_pairs", _written(lake, ("pairs",), pairs, RETIRED_PAIRS))


def _written(
    lake: Lake, tables: tuple[str, ...], keys: pa.ChunkedArray, schema: pa.Schema
) -> pa.Table:
    """Which runs hold rows of the keys (first column of `schema`) in the tables."""
    key = schema.names[0]
    wanted = ds.field(key).isin(pc.unique(keys))
    found = [
        lake.dataset(table).to_table(columns=[key, WRITTEN_IN], filter=wanted) for table in tables
    ]
    rows = pa.concat_tables(found).group_by([key, WRITTEN_IN]).aggregate([])
    return rows.rename_columns(schema.names).cast(schema).sort_by(key)


def stamped(changes: pa.Table, night: Night) -> pa.Table:
    """Story changes as rows of the lake: with the run that made them."""
    run_ids = pa.array([night.run_id] * changes.num_rows, pa.string())
    return changes.append_column("run_id", run_ids).cast(night.lake.schemas["story_changes"])


def before(lake: Lake) -> Before:
    """What the lake knows of masked sentences and stories."""
    return Before(lake.read("masked_sentences"), lake.read("story_members"))
