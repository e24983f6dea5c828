"""What must hold of linkage whatever the texts: symmetry, order, stars, increments."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_nights import World, corpus, rebuilt

from pipelines.link.align import score_pairs
from pipelines.link.average import average_linkage
from pipelines.link.background import load_background
from pipelines.link.cluster import elect_leaders
from pipelines.link.features import text_features
from pipelines.link.fingerprint import text_id_of
from pipelines.link.identity import first_names
from pipelines.link.shelf import TextFile
from pipelines.link.stories import group_stories
from pipelines.link.tables import PAIRS, STORY_MEMBERS
from pipelines.link.tokens import tokenise

NO_MASK = np.zeros(0, np.int64)
hostile = st.text(st.characters(codec="utf-8"), max_size=300)


@given(st.lists(hostile, max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_token_lies_in_its_text_and_in_one_sentence(texts: list[str]) -> None:
    batch = tokenise(pa.array(texts, pa.string()))
    assert batch.text_start[-1] == len(batch.token) == batch.sentence_start[-1]
    for row, text in enumerate(texts):
        where = slice(batch.text_start[row], batch.text_start[row + 1])
        starts, ends = batch.start[where], batch.end[where]
        assert ((starts >= 0) & (starts < ends) & (ends <= len(text))).all()
        assert (np.diff(starts) > 0).all()
    assert (np.diff(batch.sentence_start) > 0).all()
    assert np.isin(batch.text_start, batch.sentence_start).all()


@given(hostile, hostile)
@settings(max_examples=60, deadline=None)
def test_scores_are_shares_and_change_sides_with_their_texts(one: str, other: str) -> None:
    features, _ = text_features(pa.array([one, other], pa.string()), NO_MASK, load_background())
    there = score_pairs(features, np.array([0]), np.array([1]))[0]
    back = score_pairs(features, np.array([1]), np.array([0]))[0]
    names = PAIRS.names[3:]
    scores = dict(zip(names, zip(there, back, strict=True), strict=True))
    for name, (ahead, behind) in scores.items():
        if name.startswith("other_") or name == "order":
            continue
        mirrored = scores.get(f"other_{name}", (behind, behind))
        assert ahead == pytest.approx(mirrored[1], abs=1e-4), name
        assert behind == pytest.approx(
            mirrored[0] if f"other_{name}" in scores else ahead, abs=1e-4
        )
        if not name.endswith(("_count", "mass", "rarity")):
            assert 0 <= ahead <= 1, name


@given(hostile)
@settings(max_examples=40, deadline=None)
def test_a_text_aligns_with_itself_wholly(text: str) -> None:
    features, batch = text_features(pa.array([text, text], pa.string()), NO_MASK, load_background())
    scores = dict(
        zip(PAIRS.names[3:], score_pairs(features, np.array([0]), np.array([1]))[0], strict=False)
    )
    if len(batch.token):
        assert scores["containment"] == scores["other_containment"] == 1
        assert scores["alignment"] == pytest.approx(scores["other_alignment"])
        assert scores["alignment"] == pytest.approx(1, abs=1e-4) or scores["mass"] == 0


documents = st.integers(2, 12)


def some_nights(count: int) -> st.SearchStrategy[pa.Array]:
    """A night for each of so many documents."""
    numbers = st.lists(st.integers(20_000, 20_004), min_size=count, max_size=count)
    return numbers.map(lambda days: pa.array(days, pa.int32()).cast(pa.date32()))


@st.composite
def copy_graphs(draw: st.DrawFn) -> tuple[pa.Table, pa.Table]:
    """Bodies in an order, and verified pairs between some of them."""
    count = draw(documents)
    names = [f"d{number:02}" for number in draw(st.permutations(range(count)))]
    body = [draw(st.integers(0, place)) for place in range(count)]
    centre = [place if body[place] == place else body[body[place]] for place in range(count)]
    centre = [
        place if centre[centre[place]] != centre[place] else centre[place] for place in range(count)
    ]
    bodies = pa.table(
        {
            "document_id": names,
            "body_id": [names[place] for place in centre],
            "place": pa.array(range(1, count + 1), pa.int64()),
            "night": draw(some_nights(count)),
        }
    )
    stars = sorted(set(centre))
    edges = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(stars), st.sampled_from(stars)).filter(lambda e: e[0] < e[1]),
            st.tuples(
                st.sampled_from(["near", "wholly_derived"]), st.sampled_from([0.5, 0.7, 0.9])
            ),
            max_size=20,
        )
        if len(stars) > 1
        else st.just({})
    )
    copies = pa.table(
        {
            "body_id": pa.array([names[a] for a, _ in edges], pa.string()),
            "other_body_id": pa.array([names[b] for _, b in edges], pa.string()),
            "relation": pa.array([relation for relation, _ in edges.values()], pa.string()),
            "score": pa.array([score for _, score in edges.values()], pa.float64()),
        }
    )
    return bodies, copies


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    rows = list(range(table.num_rows))
    random.Random(seed).shuffle(rows)
    return table.take(pa.array(rows, pa.int64()))


@given(copy_graphs(), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_clusters_are_stars_whatever_the_order_of_rows(
    graph: tuple[pa.Table, pa.Table], seed: int
) -> None:
    bodies, copies = graph
    clusters = elect_leaders(bodies, copies)
    again = elect_leaders(shuffled(bodies, seed), shuffled(copies, seed))
    assert clusters.equals(again)
    rows = clusters.to_pylist()
    assert [row["document_id"] for row in rows] == sorted(bodies["document_id"].to_pylist())
    body_of = dict(
        zip(*(bodies[name].to_pylist() for name in ("document_id", "body_id")), strict=False)
    )
    edges = {
        frozenset(pair)
        for pair in zip(*(copies[k].to_pylist() for k in copies.column_names[:2]), strict=False)
    }
    for row in rows:
        body, leader = body_of[row["document_id"]], row["leader_document_id"]
        assert body_of[leader] == leader
        assert leader == body or frozenset((body, leader)) in edges
        assert (row["copy_relation"] == "exact") == (leader == body != row["document_id"])
        assert (row["copy_of_document_id"] is None) == (row["copy_relation"] == "representative")


def test_a_late_original_takes_the_lead_but_the_article_keeps_its_id() -> None:
    def bodies(*names: str) -> pa.Table:
        places = pa.array(range(1, len(names) + 1), pa.int64())
        nights = pa.array([20_001 if name == "a" else 20_000 for name in names], pa.int32())
        columns = {"document_id": names, "body_id": names, "place": places}
        return pa.table(columns | {"night": nights.cast(pa.date32())})

    def copies(*pairs: tuple[str, str]) -> pa.Table:
        one, other = zip(*pairs, strict=True)
        count = len(pairs)
        relation = ["near"] * count
        return pa.table(
            {"body_id": one, "other_body_id": other, "relation": relation, "score": [0.9] * count}
        )

    first = elect_leaders(bodies("b", "c"), copies(("b", "c")))
    assert first["article_id"].to_pylist() == ["b", "b"]
    second = elect_leaders(bodies("a", "b", "c"), copies(("a", "b"), ("a", "c"), ("b", "c")))
    assert second["article_id"].to_pylist() == ["b", "b", "b"]
    assert second["leader_document_id"].to_pylist() == ["a", "a", "a"]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
@settings(max_examples=100, deadline=None)
def test_a_group_is_named_after_its_first_member(numbers: list[int], data: st.DataObject) -> None:
    nights = data.draw(some_nights(len(numbers)))
    names = [f"m{number:02}" for number in range(len(numbers))]
    ids = first_names(pa.array(names), nights, np.array(numbers, np.int64)).to_pylist()
    members = list(zip(nights.to_pylist(), names, numbers, strict=True))
    for number, found in zip(numbers, ids, strict=True):
        assert found == min(it for it in members if it[2] == number)[1]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: e[0] < e[1]),
        st.sampled_from([0.1, 0.2, 0.4, 0.6, 0.9, 1.0]),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_stories_do_not_depend_on_the_order_of_pairs(
    scores: dict[tuple[int, int], float], rng: random.Random
) -> None:
    def grouped(items: list[tuple[tuple[int, int], float]]) -> list[int]:
        one = np.array([pair[0] for pair, _ in items], np.int64)
        other = np.array([pair[1] for pair, _ in items], np.int64)
        return average_linkage(10, one, other, np.array([s for _, s in items]), 0.35).tolist()

    items = list(scores.items())
    group = grouped(items)
    rng.shuffle(items)
    assert grouped(items) == group
    for number in set(group):
        inside = [node for node in range(10) if group[node] == number]
        assert number == min(inside)
        total = sum(scores.get((a, b), 0.0) for a in inside for b in inside if a < b)
        pairs = len(inside) * (len(inside) - 1) / 2
        assert not pairs or total > 0


def test_a_merge_and_a_split_are_logged() -> None:
    def pairs(*rows: tuple[str, str, float]) -> pa.Table:
        one, other, score = zip(*rows, strict=True) if rows else ((), (), ())
        return pa.table(
            {
                "article_id": pa.array(one, pa.string()),
                "other_article_id": pa.array(other, pa.string()),
                "score": pa.array(score, pa.float64()),
            }
        )

    nights = pa.array([20_000] * 4, pa.int32()).cast(pa.date32())
    articles = pa.table({"article_id": ["a", "b", "c", "d"], "night": nights})
    first, changes = group_stories(
        articles, pairs(("a", "b", 0.9), ("c", "d", 0.9)), STORY_MEMBERS.empty_table()
    )
    assert changes.num_rows == 0
    everyone = pairs(*((x, y, 0.9) for x, y in ("ab", "ac", "ad", "bc", "bd", "cd")))
    second, changes = group_stories(articles, everyone, first)
    assert [(row["article_id"], row["change"]) for row in changes.to_pylist()] == [
        ("c", "merge"),
        ("d", "merge"),
    ]
    _, changes = group_stories(articles, pairs(("a", "b", 0.9)), second)
    assert {(row["article_id"], row["change"]) for row in changes.to_pylist()} == {
        ("c", "split"),
        ("d", "split"),
    }


@pytest.fixture(scope="module")
def at_once() -> World:
    return rebuilt(corpus(36))


def test_the_order_within_a_night_does_not_matter(at_once: World) -> None:
    assert rebuilt(shuffled(at_once.articles, 3)).outcome() == at_once.outcome()


def test_no_document_is_in_two_articles_and_no_article_in_two_stories(at_once: World) -> None:
    """Copies of each kind, stories of several articles, and the footer masked."""
    assert at_once.linked is not None
    clusters, members = at_once.linked.clusters, at_once.linked.story_members
    assert sorted(clusters["document_id"].to_pylist()) == sorted(
        at_once.articles["document_id"].to_pylist()
    )
    assert {"representative", "exact", "near"} <= set(clusters["copy_relation"].to_pylist())
    assert at_once.linked.masked_sentences.num_rows >= 1
    articles = sorted(set(clusters["article_id"].to_pylist()))
    assert members["article_id"].to_pylist() == articles
    sizes = pc.value_counts(members["story_id"]).field("counts").to_pylist()
    assert max(sizes) > 1


def test_a_shelf_on_disk_gives_the_bodies_asked_for(tmp_path: Path) -> None:
    bodies = ["", "Zwölf Kähne", "日本", "a\nb" * 500]
    ids = pa.array([text_id_of(body) for body in bodies], pa.int64())
    with closing(TextFile(tmp_path)) as texts:
        texts.keep(ids.take(pa.array([1, 0, 1])), pa.array([bodies[1], bodies[0], bodies[1]]))
        assert texts.lacks(ids) == ids.slice(2)
        of_old = pa.concat_arrays([ids.slice(2), ids.slice(0, 1)])
        texts.find(of_old, pa.array([*bodies[2:], "old"]))
        shelf = texts.shelf()
        assert shelf(ids.take(pa.array([3, 0, 2]))).to_pylist() == [bodies[3], "", "日本"]
        with pytest.raises(KeyError, match="no body"):
            shelf(pa.array([12], pa.int64()))
    assert list(tmp_path.iterdir()) == []
