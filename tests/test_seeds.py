"""The five articles that started it, through the real `copydesk run`.

They are not part of the project; the tests skip where the folder is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

SEEDS = Path(os.environ.get("COPYDESK_SEEDS", Path(__file__).parents[2] / "shared" / "seeds"))

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"no seeds at {SEEDS}")

HEADLINE_003 = "Russian Soyuz spacecraft takes US astronaut to International Space Station"
HEADLINE_004 = "US-Russia Unity in Orbit: Soyuz MS-27 Launches to ISS"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    home = tmp_path_factory.mktemp("seeds")
    command = [sys.executable, "-m", "pipelines.cli", "run", "--json"]
    done = subprocess.run(
        [*command, "--landing", str(SEEDS), "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ledger"]["accepted_count"] == 5
    return duckdb.connect(str(home / "published" / "copydesk.duckdb"), read_only=True)


def name_of(uri: str) -> str:
    return uri[:3]


def ids(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = con.execute("select source_uri, document_id from documents").fetchall()
    return {name_of(uri): document for uri, document in rows}


def removed(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    return con.execute(
        "select line_text, kind from removed_lines where document_id = ? order by start_char",
        [ids(con)[name]],
    ).fetchall()


def document(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    cursor = con.execute("select * from documents where document_id = ?", [ids(con)[name]])
    row = cursor.fetchone()
    assert row is not None
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


@pytest.mark.parametrize("name", ["000", "001", "002"])
def test_nothing_is_removed_from_plain_reports(
    published: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert removed(published, name) == []
    assert document(published, name)["headline"] is None


def test_the_date_prefix_of_001_becomes_its_date(published: duckdb.DuckDBPyConnection) -> None:
    article = document(published, "001")
    assert str(article["date_published"])[:10] == "2025-04-08"
    assert article["date_published_precision"] == "day"
    assert str(article["article_body"]).startswith("A Russian spacecraft safely delivered")


def test_the_boilerplate_of_003_goes_and_its_article_stays(
    published: duckdb.DuckDBPyConnection,
) -> None:
    article = document(published, "003")
    lines = dict(removed(published, "003"))
    raw = next(SEEDS.glob("003*")).read_text("utf-8")
    assert article["headline"] == HEADLINE_003
    prose = [line for line in raw.splitlines() if line.strip() and line not in lines]
    assert [line for line in str(article["article_body"]).splitlines() if line] == prose
    assert {"A rare point of unity", "Diverging paths ahead"} <= set(prose)
    assert len(prose) == 16, prose
    expected = {
        HEADLINE_003: "repeated_headline",
        f"Europe, News, US No Comments on {HEADLINE_003}": "comment_count",
        "4 minute read": "reading_time",
        "Russia's Soyuz MS-27 spacecraft": "caption",
        "Related Articles": "related_links",
        "Leave a comment": "comment_prompt",
        "Copyright © 2014-2025 IRIA - International Relations Insights & Analysis": (
            "copyright_notice"
        ),
        "Subscribe to IRIA News": "newsletter_signup",
        "Enter your email address:": "newsletter_signup",
        "Back to Top": "back_to_top",
    }
    assert expected.items() <= lines.items()
    assert len(lines) == len(expected) + 4  # two long captions, the short one, the publisher
    captions = [str(caption)[:20] for caption in article["captions"]]
    assert captions == ["The Soyuz MS-27 spac", "The International Sp"]
    assert article["credit_text"] == "Reuters/Maxim Shemetov"
    assert article["info_source"] is None  # the agency took the pictures, not the words
    assert str(article["copyright_notice"]).startswith("Copyright © 2014-2025 IRIA")


def test_what_004_says_of_itself_moves_to_columns(published: duckdb.DuckDBPyConnection) -> None:
    article = document(published, "004")
    lines = [text for text, _ in removed(published, "004")]
    assert article["article_section"] == "Spacecraft"
    assert article["headline"] == HEADLINE_004
    assert article["info_source"] == "Reuters"
    gone = {line.split(":")[0].lstrip("(") for line in lines if line != HEADLINE_004}
    assert gone == {
        "Spacecraft",
        "Source",
        "Disclaimer",
        "Also Read",
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
    }
    body = str(article["article_body"])
    assert body.startswith("Despite ongoing geopolitical tensions")
    assert "cosmonauts Sergey Ryzhikov" in body
    for heading in (
        "A Symbolic Liftoff",
        "Scientific Partnership",
        "What the Mission",
        "The Future",
    ):
        assert f"\n{heading}" in body


def test_the_raw_text_can_be_rebuilt(published: duckdb.DuckDBPyConnection) -> None:
    for path in SEEDS.glob("*.txt"):
        name = ids(published)[path.name[:3]]
        edits = published.execute(
            """
            select start_char, line_text || line_break, '' from removed_lines where document_id = $1
            union all
            select start_char, before, after from repairs where document_id = $1 order by all
            """,
            [name],
        ).fetchall()
        body = document(published, path.name[:3])["article_body"]
        assert restored(str(body), edits) == path.read_text("utf-8")


def restored(body: str, edits: list[tuple[int, str, str]]) -> str:
    raw, at = "", 0
    for start, before, after in edits:
        step = start - len(raw)
        raw += body[at : at + step] + before
        at += step
        assert body[at : at + len(after)] == after
        at += len(after)
    return raw + body[at:]


RELATIONS = {
    ("000", "001"): "wholly_derived",
    ("000", "003"): "partially_derived",
    ("001", "003"): "partially_derived",
}


def test_only_000_and_001_are_one_article(published: duckdb.DuckDBPyConnection) -> None:
    names = {document: name for name, document in ids(published).items()}
    pairs = published.execute(
        "select document_id, other_document_id, relation, evidence from duplicate_pairs"
    ).fetchall()
    found = {tuple(sorted((names[a], names[b]))): relation for a, b, relation, _ in pairs}
    assert found == RELATIONS
    first = document(published, "000")
    assert (first["copy_relation"], first["copy_of_document_id"]) == (
        "wholly_derived",
        ids(published)["001"],
    )
    evidence = next(e for a, b, _, e in pairs if {names[a], names[b]} == {"000", "001"})
    assert len(json.loads(evidence)["sentences"]) >= 8


def test_four_articles_one_story(published: duckdb.DuckDBPyConnection) -> None:
    counts = published.execute(
        "select (select count(*) from articles), (select count(*) from stories)"
    ).fetchone()
    assert counts == (4, 1)
