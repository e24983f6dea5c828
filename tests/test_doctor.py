"""The doctor says what it looked at, not what it hopes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from faults.bits import flip

from pipelines import desk, mending, night, publish, tonight
from pipelines.ingest import FileSlice
from pipelines.lease import lease
from pipelines.quarantine import keep
from pipelines.settings import Settings


@pytest.mark.parametrize(("value", "verdict"), [("", "ok"), ("false", "ok"), ("true", "LOOK")])
def test_telemetry_is_read_from_the_environment(value: str, verdict: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "doctor", "--home", str(tmp_path)]
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": value, "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [words[0] for words in lines if words[1:2] == ["telemetry"]] == [verdict]


def test_quarantine_follows_no_link_that_took_the_place_of_a_file(tmp_path: Path) -> None:
    secret, landed = tmp_path / "secret", tmp_path / "landed"
    secret.write_text("not for the quarantine")
    landed.symlink_to(secret)
    with pytest.raises(OSError, match="symbolic link"):
        keep(FileSlice(landed, 0, 100), tmp_path / "kept.bin")


def findings(home: Path, landing: Path) -> dict[str, tuple[bool, str]]:
    places = ["--home", str(home), "--landing", str(landing)]
    command = [sys.executable, "-m", "pipelines.cli", "doctor", "--json", *places]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {it["what"]: (it["ok"], it["detail"]) for it in json.loads(done.stdout)}
    assert done.returncode == (0 if all(ok for ok, _ in found.values()) else 1)
    return found


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one night; `landing` lies beside it."""
    folder = tmp_path_factory.mktemp("doctor")
    (folder / "landing").mkdir()
    (folder / "landing" / "a.txt").write_text("The river rose by two metres on Monday night.\n")
    night.run_night(Settings(landing=folder / "landing", home=folder / "home"))
    return folder / "home"


@pytest.fixture
def home(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once, tmp_path / "home", symlinks=True))


def examined(home: Path, once: Path) -> dict[str, tuple[bool, str]]:
    return findings(home, once.parent / "landing")


def test_a_sound_home_needs_nothing(home: Path, once: Path) -> None:
    found = examined(home, once)
    assert {what for what, (ok, _) in found.items() if not ok} <= {"home"}  # a small test disk
    assert found["nights"][1].endswith("published")


@pytest.mark.parametrize(
    "words", [["takedown", "zz", "--reason", "x"], ["run", "--landing", "no-such-folder"]]
)
def test_a_command_that_was_refused_has_not_died(words: list[str], home: Path, once: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", *words, "--home", str(home)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
    assert examined(home, once)["lease"] == (True, "free")


def test_a_dead_lease_is_recognised_and_the_next_run_clears_it(home: Path, once: Path) -> None:
    words = {"process": 999999, "host": "gone", "since": "2026-01-01T00:00:00+00:00"}
    (home / ".lease").write_text(json.dumps(words))
    ok, said = examined(home, once)["lease"]
    assert not ok
    assert "process 999999, which died" in said and "copydesk run" in said
    night.run_night(Settings(landing=once.parent / "landing", home=home))
    assert examined(home, once)["lease"] == (True, "free")


def test_a_lease_that_is_held_for_days_is_told(home: Path, once: Path) -> None:
    with lease(home):
        assert examined(home, once)["lease"][0]
        words = {"process": os.getpid(), "since": "2026-01-01T00:00:00+00:00"}
        (home / ".lease").write_text(json.dumps(words))
        ok, said = examined(home, once)["lease"]
    assert not ok
    assert f"kill {os.getpid()}" in said


@pytest.mark.parametrize(
    ("last", "today", "count"), [("01", "01", 0), ("01", "02", 0), ("01", "03", 1), ("01", "05", 3)]
)
def test_nights_without_a_run_are_counted(last: str, today: str, count: int) -> None:
    days = (date.fromisoformat(f"2026-03-{day}") for day in (last, today))
    assert len(desk.missed_nights(*days)) == count


def test_missing_nights_are_told_with_their_dates(home: Path) -> None:
    begun = tonight.open_lake(Settings(home=home)).read("runs")["started_at"][0].as_py().date()
    what, ok, said = desk._nights(Settings(home=home), begun + timedelta(days=4))
    assert (what, ok) == ("nights", False)
    assert f"{begun + timedelta(days=1)} to {begun + timedelta(days=3)}" in said


def test_a_night_that_was_cut_off_is_told(home: Path, once: Path) -> None:
    settings = Settings(landing=once.parent / "landing", home=home)
    night.VERBS[0](night.open_night(settings))
    ok, said = examined(home, once)["nights"]
    assert not ok
    assert "000002" in said and "cut off" in said and "copydesk run" in said


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("articles/*/*", "made anew by: copydesk run"),
        ("commits/*.clean.json", "made anew by: copydesk run"),
        ("documents/*/*", "restore it from a backup"),
        ("commits/*.ingest.json", "restore it from a backup"),
    ],
)
def test_damage_is_named_with_its_remedy(home: Path, once: Path, pattern: str, remedy: str) -> None:
    path = next((home / "lake").glob(pattern))
    flip(path, 8 * (path.stat().st_size - 9))
    ok, said = examined(home, once)["lake"]
    assert not ok
    assert str(path) in said and remedy in said


def test_mending_that_was_cut_off_goes_on(home: Path, once: Path) -> None:
    """As if it died when the commits were forgotten and nothing was made anew yet."""
    settings = Settings(landing=once.parent / "landing", home=home)
    before = publish.manifest(settings)
    mending._forget(tonight.open_lake(settings), "000001")
    assert night.run_night(settings).status in ("published", "unchanged")
    after = publish.manifest(settings)
    assert before and after and before["tables"] == after["tables"]
