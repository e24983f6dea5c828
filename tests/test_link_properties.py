"""What must hold of linkage whatever the texts: symmetry, order, stars, increments."""

from __future__ import annotations

import datetime
import random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkage_bench import MemoryBench

from pipelines.link import steps
from pipelines.link.align import score_pairs
from pipelines.link.background import load_background
from pipelines.link.cluster import elect_leaders
from pipelines.link.features import text_features
from pipelines.link.fingerprint import fingerprint_batch
from pipelines.link.identity import keep_ids
from pipelines.link.stories import average_linkage, group_stories
from pipelines.link.tables import CLUSTERS, PAIRS, STORY_MEMBERS
from pipelines.link.tokens import tokenise

TIME = pa.timestamp("us", tz="UTC")
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
    names = PAIRS.names[2:]
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
        zip(PAIRS.names[2:], score_pairs(features, np.array([0]), np.array([1]))[0], strict=False)
    )
    if len(batch.token):
        assert scores["containment"] == scores["other_containment"] == 1
        assert scores["alignment"] == pytest.approx(scores["other_alignment"])
        assert scores["alignment"] == pytest.approx(1, abs=1e-4) or scores["mass"] == 0


documents = st.integers(2, 12)


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
    empty = CLUSTERS.empty_table()
    clusters = elect_leaders(bodies, copies, empty)
    again = elect_leaders(shuffled(bodies, seed), shuffled(copies, seed), empty)
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
        return pa.table({"document_id": names, "body_id": names, "place": places})

    def copies(*pairs: tuple[str, str]) -> pa.Table:
        one, other = zip(*pairs, strict=True)
        count = len(pairs)
        relation = ["near"] * count
        return pa.table(
            {"body_id": one, "other_body_id": other, "relation": relation, "score": [0.9] * count}
        )

    first = elect_leaders(bodies("b", "c"), copies(("b", "c")), CLUSTERS.empty_table())
    assert first["article_id"].to_pylist() == ["b", "b"]
    late = copies(("a", "b"), ("a", "c"), ("b", "c"))
    second = elect_leaders(bodies("a", "b", "c"), late, first)
    assert second["article_id"].to_pylist() == ["b", "b", "b"]
    assert second["leader_document_id"].to_pylist() == ["a", "a", "a"]


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=12),
    st.lists(st.integers(0, 4), min_size=12, max_size=12),
)
@settings(max_examples=100, deadline=None)
def test_ids_name_one_group_each(groups: list[int], before: list[int]) -> None:
    members = pa.array([f"m{number:02}" for number in range(len(groups))])
    firsts = {group: members[groups.index(group)].as_py() for group in groups}
    centres = pa.array([firsts[group] for group in groups])
    previous = pa.table(
        {"member": members, "id": [f"old{group}" for group in before[: len(groups)]]}
    )
    ids = keep_ids(members, centres, previous, "id").to_pylist()
    by_group = {group: {ids[at] for at, it in enumerate(groups) if it == group} for group in groups}
    assert all(len(names) == 1 for names in by_group.values())
    assert len({name for names in by_group.values() for name in names}) == len(by_group)


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

    articles = pa.array(["a", "b", "c", "d"])
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


SUBJECTS = ("harbour", "council", "orchestra", "ferry", "hospital", "brewery", "library", "glacier")
VERBS = ("approved", "postponed", "inspected", "rebuilt", "abandoned", "celebrated", "auctioned")
PLACES = ("Velmora", "Kestrelby", "Ostrava Minor", "Dunwich Sands", "Tarnmouth", "Aldershaw")
NAMES = ("Ilse Karvonen", "Bram Oduya", "Petra Szollosi", "Nikos Ferrante", "Maud Ellingsen")


def invented(rng: random.Random) -> list[str]:
    """The sentences of a fictional report."""
    place, names = rng.choice(PLACES), rng.sample(NAMES, 2)
    return [
        f"The {rng.choice(SUBJECTS)} of {place} was {rng.choice(VERBS)} after {rng.choice(names)} "
        f"spoke of {rng.randint(2, 900)} {rng.choice(SUBJECTS)} tickets, a {rng.choice(SUBJECTS)} "
        f"that {rng.choice(names)} had {rng.choice(VERBS)} in {rng.randint(1950, 2024)}."
        for _ in range(rng.randint(4, 9))
    ]


def corpus(count: int) -> pa.Table:
    """Reports, copies of reports, and a footer that two of the sites put under everything."""
    rng = random.Random(7)
    reports: list[list[str]] = []
    while len(reports) < count:
        report = invented(rng)
        reports.append(report)
        if rng.random() < 0.4:
            cut = report[: max(3, len(report) - rng.randint(0, 3))]
            reports.append([*cut, *invented(rng)[: rng.randint(0, 2)]])
        if rng.random() < 0.2:
            reports.append(list(report))
    sites = [rng.choice("pqrst") for _ in range(count)]
    footer = "Write to the night desk of this paper at any hour with tips and pictures."
    bodies = [
        "\n".join([*report, footer] if site in "pq" else report)
        for report, site in zip(reports[:count], sites, strict=True)
    ]
    start = datetime.datetime(2025, 3, 1, tzinfo=datetime.UTC)
    dates = [start + datetime.timedelta(days=rng.randint(0, 20)) for _ in range(count)]
    return pa.table(
        {
            "document_id": [f"d{number:04}" for number in range(count)],
            "article_body": bodies,
            "site": sites,
            "date_published": pa.array([d if rng.random() < 0.9 else None for d in dates], TIME),
            "retrieved_at": pa.nulls(count, TIME),
            "info_source": [rng.choice([None, None, "Reuters"]) for _ in range(count)],
        }
    )


def nights(articles: pa.Table, cuts: list[int]) -> steps.Linked:
    """Link the articles as several nights, each knowing what the one before left."""
    background = load_background()
    bench, before = MemoryBench(), steps.first_night()
    texts, seen = steps.distinct_texts(articles), pa.array([], pa.int64())
    index: dict[str, list[pa.RecordBatch]] = {name: [] for name in steps.INDEX_TABLES}
    for begin, end in zip([0, *cuts], [*cuts, articles.num_rows], strict=True):
        made = fingerprint_batch(
            articles.slice(begin, end - begin).combine_chunks().to_batches()[0], background
        )
        for name, parts in index.items():
            parts.append(getattr(made, name))
            bench.put(name, pa.Table.from_batches(parts))
        ids = pc.unique(made.fingerprints["text_id"])
        bench.put("tonight", pa.table({"text_id": ids.filter(pc.invert(pc.is_in(ids, seen)))}))
        seen = pa.concat_arrays([seen, ids])
        linked = steps.compare(bench, before, lambda _: texts, background)
        before = steps.Before(
            linked.pairs,
            linked.evidence,
            linked.masked_sentences,
            linked.clusters,
            linked.story_members,
        )
    return linked


def by_key(table: pa.Table) -> list[dict]:
    return table.sort_by([(name, "ascending") for name in table.column_names[:2]]).to_pylist()


def partition(table: pa.Table, member: str, group: str) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for row in table.to_pylist():
        groups.setdefault(row[group], set()).add(row[member])
    return {frozenset(names) for names in groups.values()}


@pytest.fixture(scope="module")
def articles() -> pa.Table:
    """So few that no word or shingle is crowded: the caps of the candidates do not bind."""
    return corpus(36)


@pytest.fixture(scope="module")
def rebuilt(articles: pa.Table) -> steps.Linked:
    return nights(articles, [])


@pytest.mark.parametrize("cuts", [[18], [1, 9, 35], [12, 24]])
def test_many_nights_leave_what_one_would(
    articles: pa.Table, rebuilt: steps.Linked, cuts: list[int]
) -> None:
    linked = nights(articles, cuts)
    assert by_key(linked.pairs) == by_key(rebuilt.pairs)
    assert by_key(linked.evidence) == by_key(rebuilt.evidence)
    assert set(linked.masked_sentences["sentence"].to_pylist()) == set(
        rebuilt.masked_sentences["sentence"].to_pylist()
    )
    for name in ("leader_document_id", "copy_relation", "copy_score"):
        assert linked.clusters[name].equals(rebuilt.clusters[name])


def test_crowded_words_make_many_nights_find_more_never_less() -> None:
    crowded = corpus(120)
    at_once, by_night = (
        {(row["text_id"], row["other_text_id"]): row for row in by_key(linked.pairs)}
        for linked in (nights(crowded, []), nights(crowded, [40, 80]))
    )
    assert at_once.keys() < by_night.keys()
    assert all(by_night[pair] == row for pair, row in at_once.items())


def test_the_order_within_a_night_does_not_matter(
    articles: pa.Table, rebuilt: steps.Linked
) -> None:
    linked = nights(shuffled(articles, 3), [])
    assert by_key(linked.pairs) == by_key(rebuilt.pairs)
    assert linked.clusters.equals(rebuilt.clusters)
    assert linked.story_members.equals(rebuilt.story_members)


def test_the_corpus_is_worth_the_test(rebuilt: steps.Linked) -> None:
    """Copies of each kind, stories of several articles, and the footer masked."""
    relations = set(rebuilt.clusters["copy_relation"].to_pylist())
    assert {"representative", "exact", "near"} <= relations
    assert rebuilt.masked_sentences.num_rows >= 1
    stories = partition(rebuilt.story_members, "article_id", "story_id")
    assert any(len(story) > 1 for story in stories)
    assert sum(len(story) for story in stories) == rebuilt.story_members.num_rows
