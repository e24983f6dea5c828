"""Nights that add to nights end in the tables that one night over everything makes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from pipelines import building, desk, judging, night, parts, publish, tonight, validate, warehouse
from pipelines.durable import read_sealed, write_sealed
from pipelines.night import run_night
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed_corpus  # noqa: E402

OLD, NEW = range(160), range(160, 172)
NIGHT = date(2026, 3, 4)


def deliver(landing: Path, numbers: range, day: int = 0) -> None:
    speed_corpus.write(landing, numbers, day=day)


def settings_of(landing: Path, home: Path) -> Settings:
    return Settings(landing=landing, home=home, workers=1, settle_seconds=0)


def run(landing: Path, home: Path) -> dict[str, str]:
    assert run_night(settings_of(landing, home), NIGHT).exit_code == 0
    return published(home)


def published(home: Path) -> dict[str, str]:
    """Digests of the tables, which the database, its Parquet and the manifest agree upon."""
    tables = json.loads((home / "published" / "manifest.json").read_text())["tables"]
    digests = {name: it["content_digest"] for name, it in tables.items() if it["content_digest"]}
    folder = home / "published" / "parquet"
    with publish.open_published(Settings(home=home)) as con:
        for name, digest in digests.items():
            stored = warehouse.literal(folder / f"{name}.parquet")
            assert parts.content_digest(con, name) == digest
            assert parts.content_digest(con, f"read_parquet({stored})") == digest
    return digests


def test_an_increment_is_a_rebuild(tmp_path: Path) -> None:
    landing, grown, rebuilt = (tmp_path / name for name in ("landing", "grown", "rebuilt"))
    deliver(landing, OLD)
    run(landing, grown)
    deliver(landing, NEW, day=1)
    assert is_grown(landing, grown)
    candidate = tonight.night_file(settings_of(landing, grown))
    assert desk.check_database(settings_of(landing, grown), candidate, as_json=True) == 0
    assert_judged_as_if_whole(settings_of(landing, grown))
    assert run(landing, grown) == run(landing, rebuilt)


def assert_judged_as_if_whole(settings: Settings) -> None:
    """The night that is begun goes on with the checks of the night before, and finds the same."""
    begun = night.open_night(settings, NIGHT)
    judging.judge_tables(begun)
    commit = begun.lake.commit_of(begun.run_id, "validate")
    assert commit
    assert commit.summary["all_rows_judged_in"] < begun.run_id
    with building.tonights_tables(begun) as con:
        checks = validate.check(
            con, schema="marts", run_id=begun.run_id, checked_at=begun.started_at
        )
    found = begun.lake.read("checks", run_id=begun.run_id)
    assert sorted(map(str, found.to_pylist())) == sorted(map(str, checks.to_pylist()))


OPEN = "import duckdb, sys; client = duckdb.connect(sys.argv[1]); print(flush=True); input()"


def test_somebody_who_has_the_tables_open_for_writing_holds_no_night_up(tmp_path: Path) -> None:
    """DuckDB's clients open a file so if they are not told otherwise."""
    landing, home, rebuilt = (tmp_path / name for name in ("landing", "home", "rebuilt"))
    deliver(landing, OLD)
    run(landing, home)
    deliver(landing, NEW, day=1)
    assert is_grown(landing, home)
    settings = settings_of(landing, home)
    with open_for_writing(home):
        begun = night.open_night(settings, NIGHT)
        assert not is_shown(begun), "it came when the tables were built already"
        assert not is_grown(landing, home)
        assert run(landing, home) == run(landing, rebuilt)
    with open_for_writing(home):
        assert run_night(settings, NIGHT).status == "unchanged"


def test_a_home_that_was_copied_without_its_links_goes_on(tmp_path: Path) -> None:
    """As object stores, archives and `cp -L` do."""
    landing, home, copied, rebuilt = (tmp_path / it for it in ("landing", "home", "copy", "new"))
    deliver(landing, OLD)
    run(landing, home)
    shutil.copytree(home, copied)
    assert not (copied / "published" / "current").is_symlink()
    deliver(landing, NEW, day=1)
    assert run(landing, copied) == run(landing, rebuilt)
    assert (copied / "published" / "current").is_symlink()


@contextmanager
def open_for_writing(home: Path) -> Iterator[None]:
    """Another process has the published file open."""
    client = [sys.executable, "-c", OPEN, str(home / "published" / "copydesk.duckdb")]
    with subprocess.Popen(client, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        yield
        process.communicate(b"\n")


def other_judge(begun: tonight.Night) -> tonight.Night:
    """The night before was judged by another version."""
    path = next((begun.settings.lake / "commits").glob("*.validate.json"))
    content = read_sealed(path)
    content["summary"]["judge"] = "copydesk 0.0, Great Expectations 0.0"
    write_sealed(path, content)
    return begun


def other_tables(begun: tonight.Night) -> tonight.Night:
    """What is published is not what tonight's tables were grown from."""
    with warehouse.closing(warehouse.connect(begun.settings)) as con:
        publish.attach(con, tonight.delta_file(begun.settings), "delta")
        con.execute("update delta.grown_from set sha256 = 'another'").fetchall()
    return begun


def long_after(begun: tonight.Night) -> tonight.Night:
    """It is a month since all rows were judged."""
    return replace(begun, run_id=f"{1 + judging.MOST_RUNS:06}.2026-04-01")


def built_anew(begun: tonight.Night) -> tonight.Night:
    """Nothing was grown."""
    tonight.delta_file(begun.settings).unlink()
    return begun


CHANGES = (other_judge, other_tables, long_after, built_anew)


def test_all_rows_are_judged_if_what_was_found_cannot_be_relied_upon(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, OLD)
    run(landing, home)
    deliver(landing, NEW, day=1)
    assert is_grown(landing, home)
    shown: dict[str, tuple[bool, bool]] = {}
    for change in CHANGES:
        copy = tmp_path / change.__name__
        shutil.copytree(home, copy, symlinks=True)
        begun = night.open_night(settings_of(landing, copy), NIGHT)
        shown[change.__name__] = is_shown(begun), is_shown(change(begun))
    assert shown == {change.__name__: (True, False) for change in CHANGES}


def is_shown(begun: tonight.Night) -> bool:
    """Whether the night goes on with what was found before: both databases are there, or none."""
    with building.tonights_tables(begun) as con:
        since = judging.show_former(con, begun)
        names = con.execute("select database_name from duckdb_databases()").fetchall()
    attached = {name for (name,) in names if name in ("delta", "former")}
    assert attached == ({"delta", "former"} if since else set())
    return since is not None


def is_grown(landing: Path, home: Path) -> bool:
    """Begin a night up to its tables: were they grown, or built anew?"""
    begun = night.open_night(settings_of(landing, home), NIGHT)
    for verb in night.VERBS[:4]:
        night.do(verb, begun)
    return tonight.delta_file(begun.settings).is_file()


def test_what_no_longer_stands_in_the_lake_is_not_grown_from(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, OLD)
    run(landing, home)
    settings = settings_of(landing, home)
    gone = tonight.open_lake(settings).read("documents", ["document_id"])["document_id"][0].as_py()
    begun = night.open_night(settings, NIGHT)
    night.takedown.take_down(begun, [gone], "for the test")
    assert not is_grown(landing, home)
    with publish.open_published(Settings(home=home)) as con:
        assert con.execute("select 1 from documents where document_id = ?", [gone]).fetchall()
    run(landing, home)
    assert published(home)["documents"].startswith(f"{len(OLD) - 1}-")
