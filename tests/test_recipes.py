"""Every recipe of docs/recipes.md answers: through `copydesk sql`, plain DuckDB, and Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from published_fixture import SITES, Fault, Plan, publish_plan

from pipelines import adhoc
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "recipes.md").read_text("utf-8")
FAULTS = (Fault(SITES[0], "stripped"), Fault(SITES[2], "silent"), Fault(SITES[3], "check"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes")
    publish_plan(Plan(nights=20, faults=FAULTS), folder / "data")
    return folder


def test_there_are_twelve() -> None:
    assert len(blocks("sql")) == 12
    assert re.findall(r"^## (\d+)\.", TEXT, re.MULTILINE) == [str(n) for n in range(1, 13)]


@pytest.mark.parametrize("number", range(1, 13))
def test_a_recipe_answers(home: Path, capfd: pytest.CaptureFixture[str], number: int) -> None:
    settings = Settings(home=home / "data")
    assert adhoc.main_query(settings, blocks("sql")[number - 1], "csv") == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) >= 2, "an answer without rows shows nothing"


@pytest.mark.parametrize("number", range(1, 13))
def test_a_recipe_answers_in_plain_duckdb(home: Path, number: int) -> None:
    published = home / "data" / "published" / "copydesk.duckdb"
    with duckdb.connect(str(published), read_only=True) as con:
        assert con.sql(blocks("sql")[number - 1]).fetchall()


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_works(home: Path, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_proving_sentences_are_whole(home: Path) -> None:
    """Offsets count from 0, DuckDB's slices from 1: a sentence must begin and end where it does."""
    published = home / "data" / "published" / "copydesk.duckdb"
    with duckdb.connect(str(published), read_only=True) as con:
        rows = con.sql(blocks("sql")[7]).fetchall()
    assert rows
    assert all(row[2].endswith((".", "”")) and row[3].endswith((".", "”")) for row in rows)


def test_the_notebook_runs(home: Path) -> None:
    """As a script, cell by cell, which is what a marimo notebook is too."""
    pytest.importorskip("marimo", reason="the notebook is an extra: pip install marimo")
    database = home / "data" / "published" / "copydesk.duckdb"
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "explore.py")],
        env={**os.environ, "COPYDESK_DATABASE": str(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_one_report_that_tells_the_time_is_no_spread() -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table stories as from (values ('s', 'Told twice', 3), ('t', 'Told once', 2))"
            " as v(story_id, headline, site_count)"
        )
        con.execute(
            "create table documents as from (values"
            " ('s', 'a', timestamptz '2026-03-02 08:00:00Z', 'second'),"
            " ('s', 'b', timestamptz '2026-03-02 10:00:00Z', 'second'),"
            " ('s', 'c', timestamptz '2026-03-02 00:00:00Z', 'day'),"
            " ('t', 'a', timestamptz '2026-03-02 09:00:00Z', 'second'),"
            " ('t', 'b', timestamptz '2026-03-02 00:00:00Z', 'day'))"
            " as v(story_id, site, date_published, date_published_precision)"
        )
        assert con.sql(blocks("sql")[1]).fetchall() == [("Told twice", 3, 2.0, None, 2.0)]


def test_a_site_of_one_rewrite_does_not_rewrite_most() -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table documents as select i::varchar as document_id, 'AP' as info_source,"
            " if(i = 9, 'small', 'large') as site, null as copy_of_document_id,"
            " if(i < 3 or i = 9, 'wholly_derived', 'near') as copy_relation from range(10) as r(i)"
        )
        assert [row[0] for row in con.sql(blocks("sql")[0]).fetchall()] == ["large", "small"]
