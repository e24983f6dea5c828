"""The link verb, step by step: what is done in SQL is asked of a workbench.

The workbench is the warehouse's (DuckDB): it shows Arrow tables to the models as `lake.<name>`
and builds `linkage.<model>`. Here is only the order of the steps. What they leave is a function
of the documents that are live, however many nights brought them and in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
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
    BODY_PAIRS,
    EVIDENCE,
    FINGERPRINTS,
    MASKED_SENTENCES,
    PAIRS,
    STORY_MEMBERS,
)
from pipelines.link.verify import Shelf, neighbourly, shelf_of, verified

INDEX_TABLES: Final = ("shingles", "terms", "sentences")
SEARCH_MODELS: Final = (
    "changed_days",
    "changed_texts",
    "masked_sentences",
    "turned_shingles",
    "turned_terms",
    "fresh_texts",
    "doubted_pairs",
    "weighed_texts",
    "shared_shingles",
    "shared_terms",
    "candidate_pairs",
    "retired_pairs",
)
"""Models on the way from what changed to the pairs to compare, in their order."""
_PORTIONED: Final = ("shared_shingles", "shared_terms", "candidate_pairs")
"""Those whose rows on the way are many times the texts: built in portions of `_PORTION` texts."""
_PORTION: Final = 400_000
SCORE_MODELS: Final = ("scored_pairs", "near_duplicates", "derivations", "text_relations")
GROUP_MODELS: Final = ("bodies", *SCORE_MODELS, "body_pairs", "copies")
"""Models on the way from pairs to clusters, in the order of their dependencies."""
STORY_MODELS: Final = ("common_terms", "telling_words", "event_scores", "same_story")
"""Models on the way from clusters to stories."""
_BLOCK: Final = 50_000
"""Pairs scored before those that say nothing are dropped."""
_EXPLAINED: Final = 5_000
"""Pairs explained before that is written: evidence takes some 8 kB a pair."""

Open = Callable[[pa.Array], Shelf]
"""Given all text_ids (int64[n]) whose bodies will be asked for, a shelf that has them."""
Keep = Callable[[str, pa.Table], None]
"""Write rows to a table of the lake."""


class Workbench(Protocol):
    """A database in which the models of `sql/linkage` can be built."""

    def put(self, name: str, table: pa.Table) -> None:
        """Show a table as `lake.<name>`, in place of one of that name."""

    def make(self, model: str) -> None:
        """(Re)build `linkage.<model>`."""

    def make_by_portions(self, model: str, count: int) -> None:
        """(Re)build `linkage.<model>` bit by bit, each time for one `lake.portion`."""

    def rows(self, model: str) -> pa.Table:
        """The rows of a model that is built."""

    def forget(self, models: Iterable[str]) -> None:
        """Drop models that are built: each is large, and has been made use of."""

    def amend_pairs(self, retired: pa.Table, new: pa.Table) -> None:
        """Show as `lake.pairs` what `lake.pairs_before` shows, without pair_ids, and new rows."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the lake knew before tonight; empty tables on the first night."""

    masked_sentences: pa.Table
    story_members: pa.Table


@dataclass(frozen=True, slots=True)
class Linked:
    """What a night of linking leaves in the lake, besides the rows it has kept.

    `masked_sentences`, `body_pairs`, `clusters` and `story_members` replace those of before; the
    others are added. `retired_texts` has text_id, `retired_pairs` pair_id, of rows of earlier
    nights.
    """

    masked_sentences: pa.Table
    body_pairs: pa.Table
    clusters: pa.Table
    story_members: pa.Table
    story_changes: pa.Table
    retired_texts: pa.Table
    retired_pairs: pa.Table
    compared: int


def first_night() -> Before:
    """Nothing known yet."""
    return Before(MASKED_SENTENCES.empty_table(), STORY_MEMBERS.empty_table())


def compare(  # noqa: PLR0913 - each is a fact of its own
    bench: Workbench,
    before: Before,
    bodies: Open,
    background: Background,
    keep: Keep,
    *,
    workers: int = 1,
) -> Linked:
    """Link what came to itself and to all before, and forget what went.

    The bench shows `lake.fingerprints_old` (live before tonight and now), `_new` (of tonight),
    `_dead` (live before, and no more) and `fingerprints` (old and new); `shingles`, `terms` and
    `sentences` (of all texts, also those that go tonight); `pairs_before` (of earlier nights).
    New `pairs` and their `evidence` are kept as they are made. Texts are read by `workers` threads.
    """
    bench.put("masked_before", before.masked_sentences)
    search(bench)
    masked = bench.rows("masked_sentences").cast(MASKED_SENTENCES)
    asked = bench.rows("candidate_pairs")
    asked = asked.filter(asked["is_fresh"])
    bench.forget(_PORTIONED)
    named = (asked[name].to_numpy() for name in ("text_id", "other_text_id"))
    asked = asked.take(neighbourly(*named))
    reading = _Reading(bodies(_named(asked)), masked["sentence"], background, workers)
    new = _score(bench, asked, reading, keep)
    retired = bench.rows("retired_pairs")
    bench.amend_pairs(retired, new)
    changed = bench.rows("changed_texts")
    gone = changed.filter(pc.and_(changed["was_live"], pc.invert(changed["is_live"])))
    clusters, members, changes = group(bench, before)
    return Linked(
        masked,
        bench.rows("body_pairs").cast(BODY_PAIRS),
        clusters,
        members,
        changes,
        gone.select(["text_id"]),
        retired,
        asked.num_rows,
    )


def search(bench: Workbench) -> None:
    """Build SEARCH_MODELS."""
    for model in SEARCH_MODELS:
        if model in _PORTIONED:
            bench.make_by_portions(model, 1 + bench.rows("fresh_texts").num_rows // _PORTION)
        else:
            bench.make(model)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What texts are read with: their bodies, sentences to leave out, rarity of words."""

    shelf: Shelf
    masked: pa.ChunkedArray
    background: Background
    workers: int


def _score(bench: Workbench, asked: pa.Table, reading: _Reading, keep: Keep) -> pa.Table:
    """The pairs among those asked for that say something (schema PAIRS); their evidence is kept."""
    given = (reading.shelf, reading.masked, reading.background, reading.workers)
    kept = [PAIRS.empty_table()]
    with closing(verified(asked, *given)) as parts:
        for scored in _blocks(parts):
            bench.put("pairs", scored)
            for model in (*SCORE_MODELS, "kept_pairs"):
                bench.make(model)
            told = bench.rows("kept_pairs")
            related = told.filter(told["is_related"])
            for some in range(0, related.num_rows, _EXPLAINED):
                keep("evidence", explain_pairs(related.slice(some, _EXPLAINED), *given))
            kept.append(scored.filter(pc.is_in(scored["pair_id"], told["pair_id"])))
            keep("pairs", kept[-1])
    return pa.concat_tables(kept)


def _blocks(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of `_BLOCK`."""
    waiting = PAIRS.empty_table()
    for part in parts:
        waiting = pa.concat_tables([waiting, part])
        while waiting.num_rows >= _BLOCK:
            yield waiting.slice(0, _BLOCK)
            waiting = waiting.slice(_BLOCK)
    if waiting.num_rows:
        yield waiting


def group(bench: Workbench, before: Before) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Clusters, story members and story changes from the pairs the bench shows."""
    for model in GROUP_MODELS:
        bench.make(model)
    bodies = bench.rows("bodies")
    clusters = elect_leaders(bodies, bench.rows("copies"))
    bench.put("clusters", clusters)
    is_first = pc.equal(clusters["article_id"], clusters["document_id"])  # it names the article
    names = clusters["article_id"].filter(is_first)
    nights = pc.take(bodies["night"], pc.index_in(names, bodies["document_id"]))
    articles = pa.table({"article_id": names, "night": nights})
    del bodies  # as large as the clusters, and not needed again
    for model in STORY_MODELS:
        bench.make(model)
    return clusters, *group_stories(articles, bench.rows("same_story"), before.story_members)


def link_all(articles: pa.Table, bench: Workbench) -> Linked:
    """Link a whole table of articles at once, as a first night (columns: `fingerprint_batch`)."""
    batch = articles.combine_chunks().to_batches()[0]
    background = load_background()
    put_index(bench, fingerprint_batch(batch, background))
    shelf = shelf_of(distinct_texts(articles))
    kept: dict[str, list[pa.Table]] = {"pairs": [], "evidence": [EVIDENCE.empty_table()]}
    linked = compare(
        bench,
        first_night(),
        lambda _: shelf,
        background,
        lambda name, rows: kept[name].append(rows),
    )
    bench.put("evidence", pa.concat_tables(kept["evidence"]))
    bench.put("body_pairs", linked.body_pairs)
    bench.put("story_members", linked.story_members)
    return linked


def put_index(bench: Workbench, index: Fingerprints) -> None:
    """Show a batch's index rows, all of them new."""
    for name in INDEX_TABLES:
        bench.put(name, pa.Table.from_batches([getattr(index, name)]))
    new = pa.Table.from_batches([index.fingerprints])
    bench.put("fingerprints", new)
    bench.put("fingerprints_new", new)
    for name in ("fingerprints_old", "fingerprints_dead"):
        bench.put(name, FINGERPRINTS.empty_table())
    bench.put("pairs_before", PAIRS.empty_table())


def distinct_texts(articles: pa.Table) -> pa.Table:
    """text_id and article_body of the distinct bodies of a table of articles."""
    bodies = pc.unique(pc.fill_null(articles["article_body"], ""))
    ids = pa.array(map(text_id_of, bodies.to_pylist()), pa.int64())
    return pa.table({"text_id": ids, "article_body": bodies})


def _named(pairs: pa.Table) -> pa.Array:
    """The texts that pairs name."""
    both = [*pairs["text_id"].chunks, *pairs["other_text_id"].chunks]
    return pc.unique(pa.chunked_array(both, pa.int64()))
