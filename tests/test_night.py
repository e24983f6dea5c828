"""A night is done once, resumed where it was cut off, and never half seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import arrivals, building, linking, night, publish, steps, tonight, warehouse
from pipelines.lease import LeaseHeldError, lease
from pipelines.settings import Settings, load

ARTICLE = """{title}

The {place} bridge was closed on Monday after engineers found cracks in {number} of its pillars.
The mayor, Ada Moss, said the repairs would take {number} weeks and cost two million crowns.
"We would rather be slow than sorry," she told reporters at the town hall in {place}.

Share this article
"""


def put(settings: Settings, day: str, site: str, *numbers: int) -> None:
    folder = settings.landing / day / site
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        text = ARTICLE.format(title=f"Cracks close bridge {number}", place="Elm", number=number)
        (folder / f"{number}.txt").write_text(text, "utf-8")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    built = load({"landing": tmp_path / "landing", "home": tmp_path / "home"}, environment={})
    put(built, "2026-03-02", "elm.example", 3, 4)
    return built


def digests(settings: Settings) -> dict[str, Any]:
    now = publish.manifest(settings)
    assert now is not None
    return {name: table["content_digest"] for name, table in now["tables"].items()}


def test_a_second_run_knows_everything_and_changes_nothing(settings: Settings) -> None:
    first = night.run_night(settings)
    serving = settings.published / "copydesk.duckdb"
    before = serving.stat()
    second = night.run_night(settings)
    assert (first.status, second.status) == ("published", "unchanged")
    assert (second.ledger["known_count"], second.ledger["accepted_count"]) == (2, 0)
    assert serving.stat() == before


def test_a_touched_or_copied_file_is_known_by_its_bytes(settings: Settings) -> None:
    night.run_night(settings)
    for path in settings.landing.rglob("*.txt"):
        os.utime(path, (1, 1))
    assert night.run_night(settings).ledger["known_count"] == 2


def test_the_ledger_balances_with_bad_input(settings: Settings) -> None:
    (settings.landing / "bad.jsonl").write_bytes(b'{"text": "A short report."}\n{"text": \n')
    ledger = night.run_night(settings).ledger
    assert ledger["document_count_in"] == 4
    assert ledger["accepted_count"] + ledger["rejected_count"] == 4
    rows = tonight.open_lake(settings).read("rejected_documents").to_pylist()
    assert [(settings.home / row["quarantine_path"]).read_bytes() for row in rows] == [b'{"text": ']


@pytest.mark.parametrize("cut_after", range(len(night.VERBS)))
def test_a_night_cut_off_between_verbs_ends_in_the_same_tables(
    settings: Settings, tmp_path: Path, cut_after: int
) -> None:
    whole = load({"landing": settings.landing, "home": tmp_path / "whole"}, environment={})
    night.run_night(whole)
    begun = night.open_night(settings)
    for verb in night.VERBS[: cut_after + 1]:
        verb(begun)
    resumed = night.open_night(settings)
    assert resumed.is_resumed == (cut_after < len(night.VERBS) - 1)
    night.run_night(settings)
    assert digests(settings) == digests(whole)


def test_a_broken_floor_publishes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    night.run_night(settings)
    serving = settings.published / "copydesk.duckdb"
    before = serving.read_bytes()
    broken = tmp_path / "sql"
    shutil.copytree(warehouse.SQL_FOLDER, broken)
    model = broken / "marts" / "articles.sql"
    floor = '[[expect]]\ntype = "expect_table_row_count_to_be_between"\nmin_value = 1_000\n'
    floor += 'severity = "critical"\nwhy = "Broken on purpose."\n*/'
    model.write_text(model.read_text("utf-8").replace("*/", floor, 1), "utf-8")
    put(settings, "2026-03-03", "oak.example", 9)
    environment = {**os.environ, "COPYDESK_SQL": str(broken)}
    command = [sys.executable, "-m", "pipelines.cli", "run", "--quiet"]
    places = ["--landing", str(settings.landing), "--home", str(settings.home)]
    done = subprocess.run(
        [*command, *places], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "expect_table_row_count_to_be_between" in done.stderr
    assert serving.read_bytes() == before
    assert night.run_night(settings).status == "published"


def test_one_catch_up_run_after_missed_nights_gives_the_same_articles(
    settings: Settings, tmp_path: Path
) -> None:
    put(settings, "2026-03-03", "oak.example", 5)
    put(settings, "2026-03-04", "elm.example", 6)
    nightly = load({"landing": settings.landing, "home": tmp_path / "nightly"}, environment={})
    counts = []
    for day in (2, 3, 4):
        outcome = night.run_night(nightly, date(2026, 3, day))
        counts.append(outcome.ledger["accepted_count"])
    night.run_night(settings)
    assert counts == [2, 1, 1]
    tables = ("documents", "articles", "stories", "removed_lines", "repairs", "sites")
    assert [digests(settings)[name] for name in tables] == [
        digests(nightly)[name] for name in tables
    ]


def test_two_runs_at_once_the_second_is_told_who_runs(settings: Settings) -> None:
    with lease(settings.home), pytest.raises(LeaseHeldError, match=f"process {os.getpid()}"):
        night.run_night(settings)


def test_readers_never_fail_and_never_see_a_mixture(settings: Settings) -> None:
    night.run_night(settings)
    stop, seen, errors = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add(_counts(settings.published / "copydesk.duckdb"))
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(10):
        put(settings, "2026-03-03", "oak.example", 100 + number)
        _publish_once(settings)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert len(seen) > 1
    assert all(documents == in_articles for documents, in_articles in seen)


def _counts(path: Path) -> tuple[int, int]:
    query = "select (select count(*) from documents), (select sum(copy_count) from articles)"
    opened = f"duckdb.connect({str(path)!r}, read_only=True)"
    command = f"import duckdb; print(*{opened}.sql({query!r}).fetchall()[0])"
    out = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    first, second = out.stdout.split()
    return int(first), int(second)


def _publish_once(settings: Settings) -> None:
    """A night without the quality gate, whose Great Expectations would take most of the time."""
    begun = night.open_night(settings)
    for verb in (arrivals.ingest, steps.clean, linking.link, steps.build):
        verb(begun)
    built = [model for model in warehouse.load_models("marts") if model.stage == "build"]
    database = tonight.night_file(settings)
    stamps = {"run_id": begun.run_id, "state": "test", "origin": "test"}
    with building.tonights_tables(begun) as con:
        version = publish.write_version(con, settings, built, database=database, **stamps)
    publish.switch(settings, version)
    with begun.lake.stage(begun.run_id, "publish"):
        pass


def test_old_versions_are_pruned(settings: Settings, tmp_path: Path) -> None:
    few = load(
        {"landing": settings.landing, "home": settings.home, "keep_versions": 2}, environment={}
    )
    for number in range(4):
        put(settings, "2026-03-04", "ash.example", number)
        _publish_once(few)
    assert len(list((few.published / "versions").iterdir())) == 2


def test_published_tables_carry_their_descriptions(settings: Settings) -> None:
    night.run_night(settings)
    with duckdb.connect(str(settings.published / "copydesk.duckdb"), read_only=True) as con:
        undescribed = con.execute(
            """
            select table_name, column_name from duckdb_columns()
            where schema_name = 'main' and not internal and comment is null
            """
        ).fetchall()
    assert undescribed == []
