"""The quick part of the fault harness: real runs killed, starved and corrupted.

The long part is `make faults`; what is done to a run and what must be left is in `tests/faults`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import (
    bits,
    canaries,
    characters,
    crashes,
    drift,
    fuzz,
    inputs,
    nights,
    patterns,
    statements,
    takedowns,
    traced,
)
from faults.crashes import Skipped, TornError
from faults.runs import Nursery, Scene, build_shim, prepare, seen
from faults.table import TABLE

pytestmark = pytest.mark.xdist_group("faults")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("faults")
    with Nursery(folder, build_shim(folder)) as nursery:
        yield prepare(folder, nursery)


@pytest.mark.parametrize("chain", range(4))
def test_killed_five_times_a_night_ends_in_the_same_tables(scene: Scene, chain: int) -> None:
    plan = crashes.kill_plan(scene, 20, 5, 3)
    assert crashes.kill_chain(scene, plan[chain]) > 0


@pytest.mark.parametrize(
    ("nth", "error", "goes_on"),
    [(3, errno.ENOSPC, True), (20, errno.EIO, False), (60, errno.ENOSPC, True)],
)
def test_a_failing_write_ends_the_run_with_a_clear_word(
    scene: Scene, nth: int, error: int, goes_on: bool
) -> None:
    if not (scene.folder / "shim.so").is_file():
        pytest.skip("no C compiler for the failing-write shim")
    assert crashes.failing_write(scene, nth, error, goes_on=goes_on).code in (0, 1)


def test_no_space_while_publishing_leaves_last_night(scene: Scene) -> None:
    assert crashes.failing_event(scene, scene.events - 8).code == 1


def test_every_flipped_bit_is_found_and_named(scene: Scene) -> None:
    done, found = bits.tally(scene.home(), 90, 5)
    assert done == found
    assert set(done) == {"lake", "index", "published"}


def test_a_damaged_serving_file_is_written_anew(scene: Scene) -> None:
    bits.published_damage_is_mended(scene, "copydesk.duckdb")


@pytest.mark.parametrize("table", ["articles", "pairs"])
def test_what_follows_from_the_documents_is_made_anew(scene: Scene, table: str) -> None:
    path = next((scene.first / "lake" / table).rglob("*.parquet"))
    bits.lake_damage_is_mended(scene, path.relative_to(scene.first))


@pytest.mark.parametrize("table", ["documents", "inputs"])
def test_a_damaged_lake_file_stops_the_night_and_is_named(scene: Scene, table: str) -> None:
    path = next((scene.first / "lake" / table).rglob("*.parquet"))
    bits.lake_damage_stops_the_night(scene, path.relative_to(scene.first))


def test_what_is_published_is_on_disk_before_it_is_seen_and_nothing_is_called(
    scene: Scene,
) -> None:
    home = scene.home()
    try:
        calls, _ = traced.trace(traced.with_addresses(scene), home, scene.folder)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    count, faults = traced.power_loss(calls, home)
    assert faults == []
    assert count > 20
    assert traced.connections(calls) == []


def test_of_two_runs_at_once_one_works_and_one_says_who_does(scene: Scene, tmp_path: Path) -> None:
    with Nursery(tmp_path) as rival:
        assert nights.race(scene, rival, 1) == 1


def test_secrets_are_never_told(scene: Scene) -> None:
    assert canaries.canaries(scene.nursery, scene.folder) == 5


def test_a_takedown_leaves_no_byte(scene: Scene) -> None:
    assert "0 bytes" in takedowns.takedown(scene.nursery, scene.folder)


def test_a_changed_schema_costs_only_its_rows_and_is_told_by_site(scene: Scene) -> None:
    assert "6 sites named" in drift.schema_drift(scene.nursery, scene.folder)


def test_odd_bytes_and_characters_become_their_rows(scene: Scene) -> None:
    assert characters.cases(scene.nursery, scene.folder, with_gigabyte=False)


def test_files_that_grow_are_whole_or_not_there(scene: Scene) -> None:
    assert inputs.half_written(scene.nursery, scene.folder, 10, 5) == 10


def test_damaged_files_balance(scene: Scene) -> None:
    assert inputs.damaged_inputs(scene.nursery, scene.folder, 20, 5)["rejected"] >= 10


def test_pattern_bombs_are_refused_or_harmless(scene: Scene) -> None:
    assert "15 refused" in patterns.bombs(scene.folder)


def test_missed_nights_and_other_orders_give_the_same_tables(scene: Scene) -> None:
    assert nights.missed_nights(scene, 1) == 1
    assert nights.arrival_orders(scene, 1, 5) == 1


def test_a_moved_clock_gives_the_same_tables(scene: Scene) -> None:
    try:
        assert nights.clocks(scene, 1) == 1
    except Skipped as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_every_fuzz_target_takes_its_seeds_and_their_halves(name: str, tmp_path: Path) -> None:
    target, seeds = fuzz.target_of(name, tmp_path), fuzz.seeds(name)
    assert seeds
    for data in seeds[:20]:
        target(data)
        target(data[: len(data) // 2])


def test_the_table_names_every_fault_once_and_how_often_it_is_done() -> None:
    counts = {row.fault: row.count for row in TABLE}
    assert len(counts) == len(TABLE)
    least = {"kill -9": 200, "bit rot, one": 1000, "damaged": 60, "still being written": 50}
    least |= {"two runs": 50, "any order": 100, "HTML": 25, "names": 500, "SQL": 60, "Nth": 40}
    for part, count in least.items():
        assert next(have for fault, have in counts.items() if part in fault) >= count
    assert len(set(statements.ATTACKS)) == len(statements.ATTACKS)


# The harness itself: each of its judges is seen to find what it looks for.


def test_a_torn_home_is_noticed(scene: Scene) -> None:
    home = scene.home()
    (home / "published" / "current" / "parquet" / "stories.parquet").unlink()
    with pytest.raises(TornError, match="torn"):
        crashes.whole(scene, home, "a file was removed")


def test_a_third_state_is_noticed(scene: Scene) -> None:
    home = scene.home()
    other = Scene(**{**vars(scene), "old": {}, "new": {}})
    assert seen(home) == scene.old
    with pytest.raises(TornError, match="neither"):
        crashes.whole(other, home, "nothing at all")


FLUSHES = [
    'openat(AT_FDCWD</x>, "/h/lake/.a.tmp", O_WRONLY|O_CREAT, 0666) = 3</h/lake/.a.tmp>',
    'write(3</h/lake/.a.tmp>, "a", 1) = 1',
    "fsync(3</h/lake/.a.tmp>) = 0",
    'rename("/h/lake/.a.tmp", "/h/lake/a") = 0',
    "fsync(3</h/lake>) = 0",
]


@pytest.mark.parametrize("missing", [None, 2, 4])
def test_a_missing_flush_is_noticed(missing: int | None) -> None:
    disk = traced.Disk("/h")
    for number, call in enumerate(FLUSHES):
        if number != missing:
            disk.see(call)
    assert bool(disk.faults or disk.unlisted or disk.unflushed) == (missing is not None)
