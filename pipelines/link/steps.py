"""The link verb, step by step: what is done in SQL is asked of a workbench.

The workbench is the warehouse's (DuckDB): it shows Arrow tables to the models as `lake.<name>`
and builds `linkage.<model>`. Here is only the order of the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.link.background import Background, load_background
from pipelines.link.cluster import elect_leaders
from pipelines.link.evidence import explain_pairs
from pipelines.link.fingerprint import Fingerprints, fingerprint_batch, text_id_of
from pipelines.link.stories import group_stories
from pipelines.link.tables import (
    CLUSTERS,
    EVIDENCE,
    FREQUENCIES,
    MASKED_SENTENCES,
    PAIRS,
    STORY_MEMBERS,
)
from pipelines.link.verify import verify_pairs

INDEX_TABLES: Final = ("fingerprints", "shingles", "terms", "sentences")
RELATION_MODELS: Final = (
    "bodies",
    "scored_pairs",
    "near_duplicates",
    "derivations",
    "text_relations",
    "body_pairs",
    "copies",
)
"""Models on the way from pairs to clusters, in the order of their dependencies."""

_KEYS: Final = ["text_id", "other_text_id"]

Bodies = Callable[[pa.Array], pa.Table]
"""Given distinct text_ids, a table of text_id and article_body with a row for each."""


class Workbench(Protocol):
    """A database in which the models of `sql/linkage` can be built."""

    def put(self, name: str, table: pa.Table) -> None:
        """Show a table as `lake.<name>`, in place of one of that name."""

    def build(self, model: str) -> pa.Table:
        """(Re)build `linkage.<model>` and return its rows."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the lake knew before tonight; empty tables on the first night."""

    pairs: pa.Table
    evidence: pa.Table
    masked_sentences: pa.Table
    clusters: pa.Table
    story_members: pa.Table


@dataclass(frozen=True, slots=True)
class Linked:
    """What a night of linking leaves in the lake: whole tables, to replace those of before.

    Only `story_changes` holds tonight's rows alone and is added.
    """

    pairs: pa.Table
    evidence: pa.Table
    masked_sentences: pa.Table
    clusters: pa.Table
    story_members: pa.Table
    story_changes: pa.Table


def first_night() -> Before:
    """Nothing known yet."""
    schemas = (PAIRS, EVIDENCE, MASKED_SENTENCES, CLUSTERS, STORY_MEMBERS)
    return Before(*(schema.empty_table() for schema in schemas))


def compare(bench: Workbench, before: Before, bodies: Bodies, background: Background) -> Linked:
    """Link tonight's texts to one another and to all before.

    The bench shows the index tables (old and new rows) and `lake.tonight` (text_id of the texts
    that are new). Pairs of a sentence that turned out tonight to be a site's own are compared
    anew, so that the result is that of a rebuild.
    """
    bench.put("masked_before", before.masked_sentences)
    bench.put("pairs", before.pairs)
    masked = bench.build("masked_sentences").select(["sentence"]).cast(MASKED_SENTENCES)
    asked = pa.concat_tables([bench.build("reopened_pairs"), bench.build("candidate_pairs")])
    wanted = asked.group_by(_KEYS).aggregate([])
    hidden = masked["sentence"]
    compared = verify_pairs(wanted, bodies(_named(wanted)), hidden, background)
    pairs = _replace(before.pairs, compared)
    bench.put("pairs", pairs)
    clusters, members, changes = group(bench, before)
    kept = _without(before.evidence, wanted)
    bench.put("evidence", kept)
    missing = bench.build("missing_evidence")
    fresh = explain_pairs(missing, bodies(_named(missing)), hidden, background)
    evidence = pa.concat_tables([kept, fresh])
    bench.put("evidence", evidence)
    bench.put("story_members", members)
    return Linked(pairs, evidence, masked, clusters, members, changes)


def group(bench: Workbench, before: Before) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Clusters, story members and story changes from the pairs the bench shows."""
    built = {model: bench.build(model) for model in RELATION_MODELS}
    clusters = elect_leaders(built["bodies"], built["copies"], before.clusters)
    bench.put("clusters", clusters)
    same_story = bench.build("same_story")
    return clusters, *group_stories(clusters["article_id"], same_story, before.story_members)


def link_all(articles: pa.Table, bench: Workbench) -> Linked:
    """Link a whole table of articles at once, as a first night (columns: `fingerprint_batch`)."""
    batch = articles.combine_chunks().to_batches()[0]
    background = load_background(frozen_frequencies(batch))
    put_index(bench, fingerprint_batch(batch, background))
    texts = distinct_texts(articles)
    return compare(bench, first_night(), lambda _: texts, background)


def put_index(bench: Workbench, index: Fingerprints) -> None:
    """Show a batch's index rows, all of them new."""
    for name in INDEX_TABLES:
        bench.put(name, pa.Table.from_batches([getattr(index, name)]))
    bench.put("tonight", pa.table({"text_id": pc.unique(index.fingerprints["text_id"])}))


def frozen_frequencies(batch: pa.RecordBatch) -> pa.Table:
    """Document frequencies of a batch, as they are frozen when a month begins."""
    counted = pa.Table.from_batches([fingerprint_batch(batch, load_background()).frequencies])
    summed = counted.group_by("bucket").aggregate([("document_count", "sum")])
    return pa.table([summed["bucket"], summed["document_count_sum"]], schema=FREQUENCIES)


def distinct_texts(articles: pa.Table) -> pa.Table:
    """text_id and article_body of the distinct bodies of a table of articles."""
    bodies = pc.unique(pc.fill_null(articles["article_body"], ""))
    ids = pa.array(map(text_id_of, bodies.to_pylist()), pa.int64())
    return pa.table({"text_id": ids, "article_body": bodies})


def _named(pairs: pa.Table) -> pa.Array:
    """The texts that pairs name."""
    both = [*pairs["text_id"].chunks, *pairs["other_text_id"].chunks]
    return pc.unique(pa.chunked_array(both, pa.int64()))


def _replace(old: pa.Table, new: pa.Table) -> pa.Table:
    """Old rows with the new ones in place of those of the same pair."""
    return pa.concat_tables([_without(old, new), new])


def _without(old: pa.Table, pairs: pa.Table) -> pa.Table:
    """Rows of pairs that are not among `pairs`."""
    left = old.join(pairs.select(_KEYS), _KEYS, join_type="left anti")
    return left.select(old.schema.names).cast(old.schema)
