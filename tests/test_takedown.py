"""A takedown leaves a tombstone and nothing else, in any file below the home folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines import desk, night, publish, tonight
from pipelines.linked import show_pairs
from pipelines.one_document import NoSuchDocumentError
from pipelines.settings import Settings, SettingsError, load

MARKER = "A heron named Gustav was seen to steal the mayor's sandwich"
BODY = """{marker} on Tuesday, {site} reported.

The bird took the bread from a bench in Elm at {hour} and flew over the river with it.
Officials in Elm said that no charges would be brought against it, though the sandwich was new.
Ada Moss, the mayor, told reporters she had bought it only {hour} minutes before that.
The bird has taken {hour} sandwiches since January, among them two of the fire chief's.

Share this article
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    places = {"landing": tmp_path / "landing", "home": tmp_path / "home", "settle_seconds": 0}
    built = load(places, environment={})
    for site, hour, marker in (
        ("elm.example", 9, MARKER),
        ("oak.example", 9, "A heron stole a sandwich"),
        ("ash.example", 9, "A heron stole a sandwich again"),
    ):
        folder = built.landing / "2026-03-02" / site
        folder.mkdir(parents=True)
        text = BODY.format(marker=marker, site="the town crier", hour=hour)
        (folder / "heron.txt").write_text(text, "utf-8")
    (built.landing / "2026-03-02" / "elm.example" / "more.jsonl").write_text(f'{{"x": "{MARKER}')
    return built


def files_with(folder: Path, text: str) -> list[Path]:
    """Files that hold a text, as plain bytes or in a Parquet or DuckDB column."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and _holds(path, text)]


def _holds(path: Path, text: str) -> bool:
    if path.suffix == ".parquet":
        return text in str(pq.read_table(path).to_pylist())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            return any(
                text in str(con.execute(f'from "{schema}"."{name}"').fetchall())
                for schema, name in tables
            )
    return text.encode() in path.read_bytes()


def test_nothing_but_a_tombstone_is_left(settings: Settings) -> None:
    night.run_night(settings)
    assert files_with(settings.home, MARKER)
    with duckdb.connect(str(settings.published / "copydesk.duckdb"), read_only=True) as con:
        row = con.execute(
            "select document_id, article_id, copy_relation from documents where site = $1",
            ["elm.example"],
        ).fetchone()
        before = con.execute("select count(*) from documents").fetchone()
    assert row is not None
    outcome = night.take_down(settings, [row[0][:12]], "the heron asked for it")
    assert outcome.status == "published"
    assert files_with(settings.home, MARKER) == []
    stones = tonight.open_lake(settings).read("tombstones").to_pylist()
    assert [(s["document_id"], s["reason"]) for s in stones] == [(row[0], "the heron asked for it")]
    with duckdb.connect(str(settings.published / "copydesk.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from documents").fetchone() == (before[0] - 1,)
        leaders = con.execute(
            "select count(*) from documents where copy_relation = 'representative'"
        ).fetchone()
        assert leaders == con.execute("select count(*) from articles").fetchone()


def test_what_was_taken_down_does_not_come_back(settings: Settings) -> None:
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    documents = lake.read("documents", ["document_id", "source_uri"]).to_pylist()
    name = next(it["document_id"] for it in documents if "elm" in it["source_uri"])
    night.take_down(settings, [name], "again")
    for path in settings.landing.rglob("*.txt"):
        path.write_bytes(path.read_bytes())
    outcome = night.run_night(settings)
    assert (outcome.ledger["known_count"], outcome.ledger["accepted_count"]) == (4, 0)
    assert files_with(settings.home, MARKER) == []


def test_a_takedown_that_was_cut_off_is_finished(settings: Settings) -> None:
    night.run_night(settings)
    name = tonight.open_lake(settings).read("documents", ["document_id"]).to_pylist()[0]
    begun = night.open_night(settings)
    night.takedown.take_down(begun, [name["document_id"]], "cut off")
    night.run_night(settings)
    now = publish.manifest(settings)
    assert now is not None
    assert now["tables"]["documents"]["row_count"] == 2
    assert len(list((settings.published / "versions").iterdir())) == 1


def test_an_id_must_name_one_document(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    night.run_night(settings)
    ids = tonight.open_lake(settings).read("documents", ["document_id"])["document_id"].to_pylist()
    for beginning, found in (("", "3 documents"), ("zz", "no document")):
        with pytest.raises(NoSuchDocumentError, match=found):
            night.take_down(settings, [beginning], "no")
    for beginning, found in (("", "3 published documents"), ("zz", "no published document")):
        with pytest.raises(SettingsError, match=found):
            show_pairs(settings, beginning, as_json=False)
    assert [show_pairs(settings, name, as_json=True) for name in ids] == [0, 0, 0]
    scores = [json.loads(line)["score"] for line in capsys.readouterr().out.splitlines()]
    assert scores and max(len(str(score)) for score in scores) <= len("0.123456789")


def test_a_takedown_that_the_gate_held_up_is_done_by_the_next_run_that_publishes(
    settings: Settings,
) -> None:
    """Two documents of a hundred may be without a word, two of ninety-nine are too many."""
    for number in range(97):
        text = "***\n" * (1 + number) if number < 2 else f"Ferry {number} was late, Elm said.\n"
        folder = settings.landing / "2026-03-02" / f"site{number}.example"
        folder.mkdir()
        (folder / "short.txt").write_text(text)
    assert night.run_night(settings).status == "published"
    documents = tonight.open_lake(settings).read("documents", ["document_id", "source_uri"])
    name = next(it["document_id"] for it in documents.to_pylist() if "elm.e" in it["source_uri"])
    assert night.take_down(settings, [name], "the heron's").status == "quality_gate_failed"
    assert files_with(settings.published, MARKER), "readers still see the night before"
    shutil.rmtree(settings.landing)
    settings.landing.mkdir()
    (settings.landing / "new.txt").write_text("The ferry was late on Monday, the town said.\n")
    assert night.run_night(settings).status == "published"
    assert files_with(settings.home, MARKER) == []


def test_all_documents_are_taken_down_in_one_run(settings: Settings) -> None:
    """Readers' tables are empty then: nothing is left that an empty table could replace."""
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    names = lake.read("documents", ["document_id"])["document_id"].to_pylist()
    assert night.take_down(settings, names, "all of it").status == "published"
    assert files_with(settings.home, "sandwich") == []
    assert [path.name[:6] for path in (settings.published / "versions").iterdir()] == ["000002"]
    assert "<h1" in (settings.published / "dashboard.html").read_text("utf-8")
    for tables in ("documents", "articles"):
        assert pq.read_table(settings.published / "parquet" / f"{tables}.parquet").num_rows == 0
    assert desk.check_database(settings, None, as_json=True) == 0
    assert night.run_night(settings).status == "unchanged"
    (settings.landing / "new.txt").write_text("The ferry was late on Monday, the town said.\n")
    assert night.run_night(settings).ledger["accepted_count"] == 1


def test_a_night_without_documents_fails_the_gate_where_none_was_taken_down(
    settings: Settings,
) -> None:
    shutil.rmtree(settings.landing)
    settings.landing.mkdir()
    (settings.landing / "broken.jsonl").write_text(f'{{"x": "{MARKER}')
    assert night.run_night(settings).status == "quality_gate_failed"


def test_an_id_as_a_shell_hands_it_on(settings: Settings) -> None:
    """White space around it is not of it; without a digit not even the only one is meant."""
    for site in ("elm.example", "oak.example"):
        shutil.rmtree(settings.landing / "2026-03-02" / site)
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    (name,) = lake.read("documents", ["document_id"])["document_id"].to_pylist()
    assert night.takedown.find(lake, f"{name}\r\n") == name
    assert show_pairs(settings, f" {name[:8]}\r", as_json=False) == 0
    with pytest.raises(NoSuchDocumentError, match="'': 1 document with"):
        night.take_down(settings, ["\r"], "no")
    with pytest.raises(SettingsError, match="'': 1 published document with"):
        show_pairs(settings, "", as_json=False)
