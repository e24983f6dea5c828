"""What is judged of new rows finds what is judged of all rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from grown_nights import KEYS, World, write, write_delta

from pipelines import publish, validate, warehouse
from pipelines.settings import Settings
from pipelines.validate import audits
from pipelines.validate.expectations import Expectation, read_expectations
from pipelines.validate.grown import Grown
from pipelines.validate.session import Session

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
RUN = "000001.2026-03-02"
JUDGED = [it for it in warehouse.load_models("marts") if it.stage == "build"]
AUDITS = [it for it in warehouse.load_models("audits") if it.stage == "build"]
TOLD = ("success", "observed_value", "unexpected_count", "row_count")


def name_of(it: Expectation) -> str:
    return f"{it.model.name} {it.type} {','.join(it.columns)}"


@contextmanager
def candidate(folder: Path, *, is_grown: bool) -> Iterator[warehouse.Connection]:
    with warehouse.closing(warehouse.connect(Settings(home=folder, workers=1))) as con:
        publish.attach(con, folder / "night.duckdb", "marts", read_only=True)
        if is_grown:
            publish.attach(con, folder / "delta.duckdb", "delta", read_only=True)
            publish.attach(con, folder / "former.duckdb", "former", read_only=True)
        yield con


def judged(folder: Path, *, is_grown: bool) -> pa.Table:
    with candidate(folder, is_grown=is_grown) as con:
        return validate.check(con, schema="marts", run_id=RUN, checked_at=NOW)


def publish_night(folder: Path, world: World, checks: pa.Table | None = None) -> None:
    """Let a world be what the next night grows from, judged whole or as given."""
    if checks is None:
        write(folder / "night.duckdb", world.whole())
        checks = judged(folder, is_grown=False)
    write(folder / "former.duckdb", world.whole() | {"checks": checks.to_pylist()})


def deliver(folder: Path, world: World) -> None:
    write(folder / "night.duckdb", world.whole())
    write_delta(folder / "delta.duckdb", world, RUN)


def by_check(checks: pa.Table) -> dict[tuple[Any, ...], dict[str, Any]]:
    names = ("table_name", "column_name", "expectation_type", "severity", "site", "why")
    return {tuple(row[name] for name in names): row for row in checks.to_pylist()}


def assert_same(folder: Path) -> pa.Table:
    """Both ways find the same; ids are as many, and each is one that breaks the expectation."""
    grown, whole = judged(folder, is_grown=True), judged(folder, is_grown=False)
    found, wanted = by_check(grown), by_check(whole)
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        assert {it: found[key][it] for it in TOLD} == {it: row[it] for it in TOLD}, key
        ids = found[key]["unexpected_ids"]
        assert len(ids) == len(row["unexpected_ids"]), key
        if len(ids) < 20:
            assert sorted(ids) == sorted(row["unexpected_ids"]), key
    return grown


def settled(folder: Path) -> set[str]:
    """What new rows alone decide: audits, and expectations of tables."""
    expectations = read_expectations(JUDGED)
    with candidate(folder, is_grown=True) as con:
        grown = Grown.of(con, "marts", JUDGED)
        if grown is None:
            return set()
        session, found = Session(), {it.name for it in AUDITS if grown.audit(it)}
        for model in JUDGED:
            own = [it for it in expectations if it.model.name == model.name]
            results = grown.judge(session, own, 1000)
            told = zip(own, results, strict=True)
            found |= {name_of(it) for it, result in told if result}
        return found


@pytest.mark.parametrize("seed", range(3))
def test_night_after_night_both_find_the_same(tmp_path: Path, seed: int) -> None:
    """Each night goes on with what the night before found on its new rows."""
    world = World(Random(seed), breaks=(0.0, 0.003, 0.03)[seed])
    world.grow(changed=0, born=60)
    publish_night(tmp_path, world)
    for _ in range(2):
        world.grow(changed=4, born=5, moved=3, gone=2)
        deliver(tmp_path, world)
        publish_night(tmp_path, world, assert_same(tmp_path))


def test_of_a_sound_night_new_rows_decide_all_that_rows_decide(tmp_path: Path) -> None:
    world = World(Random(1))
    world.grow(changed=0, born=30)
    publish_night(tmp_path, world)
    world.grow(changed=3, born=5, moved=1, gone=1)
    deliver(tmp_path, world)
    growing = {it.name for it in JUDGED if it.grows}
    by_rows = {
        name_of(it)
        for it in read_expectations(JUDGED)
        if it.model.name in growing and it.type != "expect_table_row_count_to_be_between"
    }
    assert settled(tmp_path) == by_rows | {it.name for it in AUDITS if it.grows}
    assert growing == set(KEYS)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A sound night over a sound night."""
    made, folder = World(Random(2)), tmp_path_factory.mktemp("sound")
    made.grow(changed=0, born=30)
    publish_night(folder, made)
    made.grow(changed=3, born=5, moved=1)
    deliver(folder, made)
    return folder, made


@pytest.fixture
def world(sound: tuple[Path, World], tmp_path: Path) -> World:
    """The same once more, to be broken."""
    shutil.copytree(sound[0], tmp_path, dirs_exist_ok=True)
    return deepcopy(sound[1])


BROKEN = [
    # table, what is broken in a new row, the expectation or audit that new rows no longer decide
    ("documents", {"copy_relation": "cousin"},
     "documents expect_column_values_to_be_in_set copy_relation"),
    ("documents", {"document_id": "d31-0"},
     "documents expect_column_values_to_be_unique document_id"),
    ("articles", {"document_id": "d2-0"}, "articles expect_column_values_to_be_unique document_id"),
    ("articles", {"copy_count": 9}, "articles_copy_counts"),
    ("articles", {"document_id": "d2-0"}, "articles_representative"),
    ("documents", {"copy_of_document_id": "d1-0"}, "documents_copies_stay_in_article"),
    ("documents", {"copy_relation": "near"}, "documents_representatives"),
    ("documents", {"story_id": None}, "documents_story_of_article"),
    ("documents", {"date_published_precision": "day"}, "documents_dates"),
    ("documents", {"removed_chars": 999}, "documents_sizes"),
    ("removed_lines", {"end_char": 999}, "documents_removed_sums"),
    ("removed_lines", {"end_char": 999}, "removed_lines_offsets"),
    ("removed_lines", {"end_char": 205}, "removed_lines_overlap"),
    ("repairs", {"before": " "}, "repairs_offsets"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "broken", "check"), BROKEN, ids=lambda it: str(it)[:60])
def test_a_new_row_that_breaks_something_has_all_rows_judged(
    world: World, tmp_path: Path, table: str, broken: dict[str, Any], check: str
) -> None:
    whole = "representative"
    row = next(it for it in reversed(world.new[table]) if it.get("copy_relation", whole) == whole)
    row.update(broken)
    deliver(tmp_path, world)
    found = settled(tmp_path)
    assert found
    assert check not in found
    failed = [row for row in assert_same(tmp_path).to_pylist() if not row["success"]]
    assert any(row["expectation_type"].removeprefix("audit.") in check for row in failed)


def test_what_broke_before_is_gone_on_with(tmp_path: Path) -> None:
    """Rows that fail within `mostly` come and go: counts and shares are those of all rows."""
    world = World(Random(8))
    world.grow(changed=0, born=40)
    publish_night(tmp_path, world)
    before = sum(row["word_count"] == 0 for row in world.tables["documents"])
    world.grow(changed=20, born=1, gone=5)
    deliver(tmp_path, world)
    own = [it for it in read_expectations(JUDGED) if it.columns == ("word_count",)]
    with candidate(tmp_path, is_grown=True) as con:
        grown = Grown.of(con, "marts", JUDGED)
        assert grown
        short = grown.judge(Session(), own, 1000)[0]
    assert short
    now = sum(row["word_count"] == 0 for row in world.tables["documents"])
    assert short.unexpected_count == now != before
    assert_same(tmp_path)


def test_ids_that_cannot_be_known_are_looked_for(tmp_path: Path) -> None:
    """Of more than 20 rows that fail 20 were named; once those are gone, there are others."""
    world = World(Random(6))
    world.grow(changed=0, born=60)
    for row in world.tables["documents"]:
        row["word_count"] = 0
    publish_night(tmp_path, world)
    world.grow(changed=50, born=0)
    for row in world.new["documents"]:
        row["word_count"] = 40
    deliver(tmp_path, world)
    short = [row for row in world.tables["documents"] if not row["word_count"]]
    assert 0 < len(short) < 20
    assert_same(tmp_path)


def test_without_the_checks_of_then_all_rows_are_judged(world: World, tmp_path: Path) -> None:
    write(tmp_path / "former.duckdb", world.whole() | {"checks": []})
    assert settled(tmp_path) == set()


def test_checks_of_another_table_tell_nothing(world: World, tmp_path: Path) -> None:
    """Of a run whose tables were built a second time, after a takedown, say."""
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path))) as con:
        publish.attach(con, tmp_path / "former.duckdb", "former")
        con.execute("update former.checks set row_count = row_count + 1").fetchall()
    assert settled(tmp_path) == set()
    assert_same(tmp_path)


@pytest.mark.parametrize("table", sorted(KEYS))
@pytest.mark.parametrize("lost", ["a row that stood", "a new row"])
def test_tables_that_do_not_add_up_are_judged_whole(
    world: World, tmp_path: Path, table: str, lost: str
) -> None:
    world.tables[table].pop(0 if lost == "a row that stood" else -1)
    deliver(tmp_path, world)
    assert settled(tmp_path) == set()


def test_an_article_of_which_only_some_documents_are_touched_is_judged_whole(
    world: World, tmp_path: Path
) -> None:
    first = world.tables["documents"][0]
    assert first["document_id"] not in world.touched["document_id"]
    world.touched["article_id"].add(first["article_id"])
    world.new["articles"].append(
        next(row for row in world.tables["articles"] if row["article_id"] == first["article_id"])
    )
    deliver(tmp_path, world)
    assert settled(tmp_path) == set()


def test_more_new_rows_than_a_frame_holds_are_judged_whole(world: World, tmp_path: Path) -> None:
    own = [it for it in read_expectations(JUDGED) if it.model.name == "documents"]
    with candidate(tmp_path, is_grown=True) as con:
        grown = Grown.of(con, "marts", JUDGED)
        assert grown
        assert grown.judge(Session(), own, len(world.new["documents"]) - 1) == [None] * len(own)


def test_an_audit_over_a_table_that_does_not_grow_is_never_cut(
    world: World, tmp_path: Path
) -> None:
    stories = next(it for it in AUDITS if it.name == "stories_counts")
    with candidate(tmp_path, is_grown=True) as con:
        grown = Grown.of(con, "marts", JUDGED)
        assert grown
        assert grown.audit(replace(stories, grows="article_id")) == []


@pytest.mark.parametrize("audit", [it for it in AUDITS if it.grows], ids=lambda it: it.name)
def test_an_audit_that_is_cut_finds_in_two_halves_what_it_finds_whole(
    tmp_path: Path, audit: warehouse.Model
) -> None:
    """Halves of whole articles: what it says of one does not depend on another."""
    world = World(Random(7), breaks=0.05)
    world.grow(changed=0, born=60)
    for row in world.tables["documents"]:
        row["article_id"] = row["article_id"] or "a-none"
    home = Settings(home=tmp_path)
    found: list[set[str]] = []
    with warehouse.closing(warehouse.connect(home)) as con:
        for number, rest in enumerate([{0, 1}, {0}, {1}]):
            write(tmp_path / f"{number}.duckdb", _of_articles(world, rest))
            publish.attach(con, tmp_path / f"{number}.duckdb", f"half{number}", read_only=True)
            con.execute(f"set search_path = 'half{number}'").fetchall()
            found.append({row[0] for row in con.execute(audit.sql).fetchall()})
    whole, *halves = found
    assert whole
    assert halves[0] | halves[1] == whole
    assert audits.audited_table(audit) in KEYS


def _of_articles(world: World, rest: set[int]) -> dict[str, list[dict[str, Any]]]:
    """Rows of articles with an even or odd number, or of both."""
    article_of = {row["document_id"]: row["article_id"] for row in world.tables["documents"]}
    kept = {}
    for table, key in KEYS.items():
        names = [
            row[key] if key == "article_id" else article_of.get(row[key], "a0")
            for row in world.tables[table]
        ]
        kept[table] = [
            row
            for row, name in zip(world.tables[table], names, strict=True)
            if sum(map(ord, name)) % 2 in rest
        ]
    return kept
