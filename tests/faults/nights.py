"""Two runs at once; nights missed, at odd hours or with a moved clock; articles in any order."""

from __future__ import annotations

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from pipelines import publish, tonight
from pipelines.settings import Settings

from .crashes import NIGHT, Skipped, TornError
from .runs import FIRST, SECOND, THIRD, Nursery, Scene, seen
from .small_nights import NIGHTS, TEXTS, deliver

PUBLIC = ("articles", "documents", "duplicate_pairs", "removed_lines", "repairs", "stories")
"""Tables that must be equal by digest, without the columns that stamp a run."""


def race(scene: Scene, rival: Nursery, count: int) -> int:
    """Two runs started together: one works, the other exits 4 with a clear word."""
    home = scene.home()
    for number in range(count):
        _leave_a_dead_owner(home)
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(nursery.run, scene.landing, home, *NIGHT)
                for nursery in (scene.nursery, rival)
            ]
            ended = [run.result() for run in runs]
        codes = sorted(it.code for it in ended)
        words = "".join(it.said for it in ended if it.code == 4)
        if codes != [0, 4] or "held by" not in words:
            raise TornError(f"race {number}: {codes} {[it.said[-300:] for it in ended]}")
    if seen(home) != scene.new:
        raise TornError("a race changed the tables")
    return count


def _leave_a_dead_owner(home: Path) -> None:
    """The lease as a killed run leaves it: its words are there, its process is not."""
    words = '{"process": 999999, "host": "gone", "since": "2026-01-01T00:00:00+00:00"}'
    (home / ".lease").write_text(words, "ascii")


def public(home: Path) -> dict[str, str]:
    """Digest of each table whose rows must not hang on when what arrived."""
    digests = seen(home)
    if digests is None:
        raise TornError("nothing was published")
    return {name: digests[name] for name in PUBLIC}


def equal(usual: dict[str, str], other: Path, what: str) -> None:
    """Raise TornError naming the tables that differ."""
    found = public(other)
    if different := [name for name in PUBLIC if usual[name] != found[name]]:
        raise TornError(f"{what}: other {', '.join(different)}")


def _run(scene: Scene, landing: Path, home: Path, *more: str, **harm: object) -> None:
    ended = scene.nursery.run(landing, home, *more, **harm)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def nightly(scene: Scene) -> dict[str, str]:
    """What three nights give, each run on its date."""
    landing, home = _fresh(scene.folder / "usual-landing"), _fresh(scene.folder / "usual")
    deliver(landing, list(TEXTS))
    for night in NIGHTS:
        _run(scene, landing, home, "--date", night)
    return public(home)


def missed_nights(scene: Scene, count: int) -> int:
    """One run over nights that were missed gives what nightly runs give, whichever were missed."""
    usual = nightly(scene)
    landing = scene.folder / "usual-landing"
    plans = [(THIRD,), (FIRST, THIRD), (SECOND, THIRD)]
    for held in plans[:count]:
        home = _fresh(scene.folder / "late")
        for night in held:
            _run(scene, landing, home, "--date", night)
        equal(usual, home, f"runs on {held} only")
    return min(count, len(plans))


def arrival_orders(scene: Scene, count: int, seed: int) -> int:
    """The same articles in two or three deliveries, in any order: the same tables."""
    usual = nightly(scene)
    chosen = random.Random(seed)
    names = list(TEXTS)
    for number in range(count):
        landing, home = _fresh(scene.folder / "order"), _fresh(scene.folder / "order-home")
        chosen.shuffle(names)
        cuts = sorted(chosen.sample(range(1, len(names)), 1 + (number % 5 == 0)))
        for start, end in pairwise([0, *cuts, len(names)]):
            deliver(landing, names[start:end])
            _run(scene, landing, home, "--date", THIRD)
        equal(usual, home, f"order {number} {names} cut at {cuts}")
    return count


CLOCKS = {
    "the hour that is skipped (spring)": ("2026-03-29T00:59:59+00:00", "2026-03-29T01:00:01+00:00"),
    "the hour that comes twice (autumn)": (
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T01:30:00+00:00",
    ),
    "over midnight": ("2026-06-30T23:59:59+00:00", "2026-07-01T00:00:01+00:00"),
    "over the new year": ("2026-12-31T23:59:59.5+00:00", "2027-01-01T00:00:00+00:00"),
    "a clock set back by a day": ("2026-06-30T12:00:00+00:00", "2026-06-29T12:00:00+00:00"),
    "a clock ten years ahead, then right": (
        "2036-06-30T12:00:00+00:00",
        "2026-06-30T12:00:00+00:00",
    ),
}
"""What the clock says when the first and the second run of a home begin."""


def clocks(scene: Scene, count: int) -> int:
    """Two runs at odd moments, in a zone with summer time: the usual tables, and UTC in them."""
    if not scene.has_shim:
        raise Skipped("no C compiler for the shim that moves the clock")
    usual = nightly(scene)
    names = list(TEXTS)
    for what, moments in list(CLOCKS.items())[:count]:
        landing, home = _fresh(scene.folder / "clock"), _fresh(scene.folder / "clock-home")
        for moment, part in zip(moments, (names[:7], names), strict=True):
            deliver(landing, part)
            _run_at(scene, landing, home, moment)
        equal(usual, home, what)
        _judge_times(home, moments, what)
    return count


def _run_at(scene: Scene, landing: Path, home: Path, moment: str) -> None:
    """A run that begins when the clock says so; the clock is moved, so the night has a date."""
    ahead = datetime.fromisoformat(moment) - datetime.now(UTC)
    clock = {"FAULT_CLOCK": str(ahead.total_seconds()), "TZ": "Europe/Berlin"}
    _run(scene, landing, home, environment=clock)


def _judge_times(home: Path, moments: tuple[str, ...], what: str) -> None:
    rows = tonight.open_lake(Settings(home=home)).read("runs").sort_by("run_id").to_pylist()
    for row, moment in zip(rows, map(datetime.fromisoformat, moments), strict=True):
        late = (row["started_at"] - moment).total_seconds()
        if not 0 <= late < 60 or row["started_at"].tzinfo is None:
            raise TornError(f"{what}: begun at {moment}, written down as {row['started_at']}")
        if row["logical_date"] != row["started_at"].date():
            raise TornError(f"{what}: {row['logical_date']} for a run begun {row['started_at']}")
        if row["run_id"].split(".")[1] != str(row["logical_date"]):
            raise TornError(f"{what}: {row['run_id']} for the night of {row['logical_date']}")


def delivered_again(scene: Scene) -> str:
    """The same bytes change nothing; other bytes under the same name are one more document."""
    landing = _fresh(scene.folder / "again")
    shutil.copytree(scene.landing, landing)
    home = scene.home()
    _run(scene, landing, home, *NIGHT)
    for path in landing.rglob("*.txt"):
        path.touch()
        os.utime(path, (1_700_000_001, 1_700_000_001))
    _run(scene, landing, home, *NIGHT)
    if seen(home) != scene.new:
        raise TornError("the same bytes changed the tables")
    changed = sorted(landing.rglob("*.txt"))[0]
    old, name = changed.read_text("utf-8"), changed.relative_to(landing).as_posix()
    changed.write_text(f"{old}\nThis report was updated with a word from the mayor.\n", "utf-8")
    _run(scene, landing, home, *NIGHT)
    with publish.open_published(Settings(home=home)) as con:
        query = "select count(distinct document_id) from documents where source_uri = ?"
        versions = con.execute(query, [name]).fetchall()[0][0]
    if versions != 2:
        raise TornError(f"{versions} versions of a changed file")
    return "digests equal; 2 versions of the changed file listed"
