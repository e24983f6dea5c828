"""The quality gate: each expectation and each audit is seen to fail on one bad row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sql_case import CASES, read_rows, table_of, warehouse_of

from pipelines import contract, validate, warehouse
from pipelines.settings import Settings
from pipelines.validate.expectations import read_expectations
from pipelines.validate.projection import judge
from pipelines.warehouse import ModelError

UNIQUE = "expect_column_values_to_be_unique"
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
STAMP = {"run_id": "000001.2026-03-02", "checked_at": NOW}

RUN = STAMP["run_id"]
AT = NOW.isoformat()
DOCUMENT = {
    "document_id": "d1", "article_id": "a1", "story_id": "s1", "site": "north.example",
    "copy_relation": "representative", "copy_score": None, "copy_of_document_id": None,
    "word_count": 40, "raw_chars": 300, "removed_chars": 11, "removed_line_count": 1,
    "in_language": "en", "run_id": RUN, "cleaned_at": AT,
    "article_body": "The pier broke.", "date_published": None,
}  # fmt: skip
COPY = DOCUMENT | {
    "document_id": "d2", "copy_relation": "near", "copy_score": 0.5, "copy_of_document_id": "d1",
    "site": "south.example", "removed_chars": 0, "removed_line_count": 0,
}  # fmt: skip
MARTS: dict[str, list[dict[str, Any]]] = {
    "marts.documents": [DOCUMENT, COPY],
    "marts.articles": [
        {"article_id": "a1", "document_id": "d1", "story_id": "s1", "copy_count": 2}
    ],
    "marts.stories": [{"story_id": "s1", "article_count": 1, "document_count": 2}],
    "marts.sites": [
        {"site": "north.example", "document_count": 1, "removed_share": 0.04},
        {"site": "south.example", "document_count": 1, "removed_share": 0.0},
    ],
    "marts.duplicate_pairs": [
        {"document_id": "d1", "other_document_id": "d2", "relation": "near", "score": 0.5}
    ],
    "marts.removed_lines": [
        {
            "document_id": "d1", "line_number": 9, "start_char": 200, "end_char": 211,
            "line_text": "Back to Top", "line_break": "\n", "kind": "back_to_top",
            "rule_id": "en.back-to-top", "score": 0.9,
        }
    ],
    "marts.repairs": [
        {"document_id": "d1", "repair_id": "spaces", "start_char": 4, "before": "  ", "after": " "}
    ],
    "marts.rejected_documents": [{"rejection_id": "x1", "reason": "not_json", "run_id": RUN}],
}  # fmt: skip
"""A sound night: two documents, one article, nothing to complain of."""

BAD_ROWS = [
    # table, expectation, column, severity, what makes one row bad, the id it is named by
    ("articles", "expect_column_values_to_be_unique", "article_id", "critical",
     "insert into marts.articles select * from marts.articles", "a1"),
    ("articles", "expect_column_values_to_be_unique", "document_id", "critical",
     "insert into marts.articles select * replace ('a2' as article_id) from marts.articles", "a2"),
    ("articles", "expect_column_values_to_not_be_null", "story_id", "critical",
     "update marts.articles set story_id = null", "a1"),
    ("articles", "expect_column_values_to_be_between", "copy_count", "critical",
     "update marts.articles set copy_count = 0", "a1"),
    ("articles", "expect_column_values_to_be_between", "copy_count", "warning",
     "update marts.articles set copy_count = 2001", "a1"),
    ("articles", "expect_table_row_count_to_be_between", None, "critical",
     "delete from marts.articles", None),
    ("documents", "expect_column_values_to_be_unique", "document_id", "critical",
     "update marts.documents set document_id = 'd1'", "d1"),
    ("documents", "expect_column_values_to_not_be_null", "article_id", "critical",
     "update marts.documents set article_id = null where document_id = 'd2'", "d2"),
    ("documents", "expect_column_values_to_be_in_set", "copy_relation", "critical",
     "update marts.documents set copy_relation = 'partial' where document_id = 'd2'", "d2"),
    ("documents", "expect_column_values_to_be_between", "word_count", "warning",
     "update marts.documents set word_count = 0 where document_id = 'd2'", "d2"),
    ("documents", "expect_column_values_to_be_between", "word_count", "warning",
     "update marts.documents set word_count = 20001 where document_id = 'd2'", "d2"),
    ("documents", "expect_column_values_to_be_between", "copy_score", "critical",
     "update marts.documents set copy_score = 1.5 where document_id = 'd2'", "d2"),
    ("documents", "expect_column_values_to_not_be_null", "site", "warning",
     "update marts.documents set site = null", "d1"),
    ("duplicate_pairs", "expect_compound_columns_to_be_unique",
     "document_id, other_document_id", "critical",
     "insert into marts.duplicate_pairs select * from marts.duplicate_pairs", "d1:d2"),
    ("duplicate_pairs", "expect_column_values_to_be_in_set", "relation", "critical",
     "update marts.duplicate_pairs set relation = 'cousin'", "d1:d2"),
    ("duplicate_pairs", "expect_column_values_to_be_between", "score", "critical",
     "update marts.duplicate_pairs set score = -0.5", "d1:d2"),
    ("rejected_documents", "expect_column_values_to_be_unique", "rejection_id", "critical",
     "insert into marts.rejected_documents select * from marts.rejected_documents", "x1"),
    ("rejected_documents", "expect_column_values_to_not_be_null", "reason", "critical",
     "update marts.rejected_documents set reason = null", "x1"),
    ("removed_lines", "expect_compound_columns_to_be_unique",
     "document_id, start_char", "critical",
     "insert into marts.removed_lines select * from marts.removed_lines", "d1:200"),
    ("removed_lines", "expect_column_values_to_be_between", "score", "critical",
     "update marts.removed_lines set score = 1.01", "d1:200"),
    ("removed_lines", "expect_column_values_to_be_in_set", "kind", "critical",
     "update marts.removed_lines set kind = 'junk'", "d1:200"),
    ("repairs", "expect_compound_columns_to_be_unique",
     "document_id, start_char", "critical",
     "insert into marts.repairs select * from marts.repairs", "d1:4"),
    ("sites", "expect_column_values_to_be_unique", "site", "critical",
     "insert into marts.sites select * from marts.sites where site = 'north.example'",
     "north.example"),
    ("sites", "expect_column_values_to_be_between", "removed_share", "warning",
     "update marts.sites set removed_share = 0.91 where site = 'south.example'",
     "south.example"),
    ("stories", "expect_column_values_to_be_unique", "story_id", "critical",
     "insert into marts.stories select * from marts.stories", "s1"),
    ("stories", "expect_column_values_to_be_between", "article_count", "critical",
     "update marts.stories set article_count = 0", "s1"),
    ("stories", "expect_column_values_to_be_between", "article_count", "warning",
     "update marts.stories set article_count = 5001", "s1"),
]  # fmt: skip


@pytest.fixture
def night(tmp_path: Path) -> Iterator[warehouse.Connection]:
    with warehouse.closing(warehouse_of(tmp_path, MARTS)) as con:
        yield con


def _check(con: warehouse.Connection, **given: Any) -> list[dict[str, Any]]:
    return validate.check(con, schema="marts", **STAMP, **given).to_pylist()


def _expectations(*tables: str) -> list[Any]:
    models = [it for it in warehouse.load_models("marts") if it.stage == "build"]
    return [it for it in read_expectations(models) if not tables or it.model.name in tables]


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["table_name"], row["expectation_type"], row["column_name"], row["severity"]


def _full_key(row: dict[str, Any]) -> tuple[Any, ...]:
    return *_key(row), row["why"]


def test_sound_night_meets_every_expectation(night: warehouse.Connection) -> None:
    checks = validate.check(night, schema="marts", **STAMP)
    assert checks.schema.equals(contract.CHECKS)
    assert [row for row in checks.to_pylist() if not row["success"]] == []
    assert validate.gate(checks) == []


@pytest.mark.parametrize("bad", BAD_ROWS, ids=lambda bad: f"{bad[0]}-{bad[1][7:]}-{bad[2]}")
def test_one_bad_row_fails_its_expectation(night: warehouse.Connection, bad: tuple) -> None:
    table, *key, change, name = bad
    night.execute(change).fetchall()
    night.execute("set search_path = 'marts'").fetchall()
    rows = [row for row in judge(night, _expectations(table)) if _key(row) == (table, *key)]
    row = next(row for row in rows if not row["success"])
    assert name is None or name in row["unexpected_ids"]
    assert row["site"] == (name if table == "sites" else None)
    assert row["row_count"] == night.execute(f"select count(*) from {table}").fetchall()[0][0]


def test_every_expectation_has_a_bad_row() -> None:
    written = {
        (it.model.name, it.type, ", ".join(it.columns) or None, it.severity)
        for it in _expectations()
    }
    assert {tuple(bad[:4]) for bad in BAD_ROWS} == written


def test_gate_names_the_offending_rows_of_critical_checks_only(
    night: warehouse.Connection,
) -> None:
    night.execute("update marts.documents set copy_relation = 'odd', word_count = 20001").fetchall()
    checks = validate.check(night, schema="marts", **STAMP)
    failed = {_key(row) for row in checks.to_pylist() if not row["success"]}
    stopped = validate.gate(checks)
    assert ("documents", "expect_column_values_to_be_between", "word_count", "warning") in failed
    assert {row["severity"] for row in stopped} == {"critical"}
    relation = next(row for row in stopped if row["column_name"] == "copy_relation")
    assert relation["unexpected_ids"] == ["d1", "d2"]
    assert relation["unexpected_count"] == 2
    assert relation["observed_value"] == 1.0


def test_audits_are_judged_with_ids_and_per_site(night: warehouse.Connection) -> None:
    rows = [
        row | {"document_id": f"d{number:02}", "site": site}
        for site in ("lost.example", "gone.example")
        for number, row in enumerate([DOCUMENT | {"removed_chars": 270}] * 30, ord(site[0]) * 100)
    ]
    night.execute("delete from marts.documents").fetchall()
    night.register("more", table_of("marts.documents", rows))
    night.execute("insert into marts.documents by name select * from more").fetchall()
    found = {(row["expectation_type"], row["site"]): row for row in _check(night)}
    for site in ("gone.example", "lost.example"):
        row = found["audit.documents_site_lost_its_text", site]
        assert (row["success"], row["severity"], row["observed_value"]) == (False, "warning", 0.9)
    everything = found["audit.documents_removed_share", None]
    assert (everything["success"], everything["severity"]) == (False, "critical")
    sums = found["audit.documents_removed_sums", None]
    assert sums["unexpected_count"] == 60
    assert len(sums["unexpected_ids"]) == 20


def test_chunks_find_what_one_frame_finds(night: warehouse.Connection) -> None:
    """Duplicates are found though the rows are cut; shares are taken over all chunks."""
    rows = [DOCUMENT | {"document_id": f"e{n}"} for n in range(300)]
    for row in rows[:4]:
        row["copy_relation"] = "cousin"
    night.register("more", table_of("marts.documents", [*rows, rows[7]]))
    night.execute("insert into marts.documents by name select * from more").fetchall()
    night.execute("set search_path = 'marts'").fetchall()
    whole = {_full_key(row): row for row in judge(night, _expectations())}
    cut = {_full_key(row): row for row in judge(night, _expectations(), chunk_rows=40)}
    assert {key: row["success"] for key, row in cut.items()} == {
        key: row["success"] for key, row in whole.items()
    }
    for field in ("unexpected_count", "observed_value", "row_count"):
        assert {key: row[field] for key, row in cut.items()} == pytest.approx(
            {key: row[field] for key, row in whole.items()}
        )
    unique = next(
        row for row in cut.values() if _key(row) == ("documents", UNIQUE, "document_id", "critical")
    )
    assert unique["unexpected_ids"] == ["e7", "e7"]
    relation = next(row for row in cut.values() if row["column_name"] == "copy_relation")
    assert (relation["success"], relation["unexpected_count"]) == (False, 4)


def test_published_file_is_judged_too(tmp_path: Path) -> None:
    """In schema `main`, with the ledger and the checks that a candidate does not have yet."""
    path = tmp_path / "published.duckdb"
    run = read_rows(CASES / "marts" / "runs" / "as_written" / "lake.runs.jsonl")[0]
    tables = MARTS | {
        "marts.runs": [run | {"run_id": RUN, "document_count_in": 99}],
        "marts.checks": [],
        "marts.site_nights": [],
        "marts.site_drift": [],
    }
    with warehouse.closing(warehouse_of(tmp_path, tables)) as con:
        con.execute(f"attach '{path}' as serving").fetchall()
        for name in tables:
            con.execute(f"create table serving.{name.split('.')[1]} as from {name}").fetchall()
        con.execute("detach serving").fetchall()
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path), path, read_only=True)) as con:
        checks = validate.check(con, schema="main", **STAMP)
    failed = [row for row in checks.to_pylist() if not row["success"]]
    assert [row["expectation_type"] for row in failed] == ["audit.runs_ledger"]
    assert failed[0]["unexpected_ids"] == [RUN]


SOUND = """/*
description = "Things."
grain = ["thing_id"]
[columns]
thing_id = "The thing."
article_body = "A long text."
thing_count = "How many."
[[expect]]
type = "expect_column_values_to_be_between"
column = "thing_count"
max_value = 3
severity = "critical"
why = "Three is a crowd."
*/
select 1
"""
BROKEN = [
    ('column = "thing_count"', 'column = "thing_cuont"', "no column 'thing_cuont'"),
    ('"critical"', '"fatal"', "severity of critical or warning"),
    ('why = "Three is a crowd."', "", "`why`"),
    ("_values_to_be_between", "_values_to_be_betwixt", "not found"),
    ("max_value = 3", "max_valeu = 3", "max_valeu"),
    ("max_value = 3", 'max_value = "three"', "max_value"),
    ('column = "thing_count"', 'column = "article_body"', "long text"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN, ids=[row[2] for row in BROKEN])
def test_expectation_that_cannot_be_judged_names_its_file(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in SOUND
    path = _mart(tmp_path, SOUND.replace(old, new))
    with (
        warehouse.closing(warehouse_of(tmp_path, {"marts.things": [THING]})) as con,
        pytest.raises(ModelError) as error,
    ):
        _check(con, folder=tmp_path / "sql")
    assert str(path) in str(error.value)
    assert message in str(error.value)


THING = {"thing_id": "t1", "article_body": "x" * 100, "thing_count": 4}


def _mart(folder: Path, text: str) -> Path:
    path = folder / "sql" / "marts" / "things.sql"
    path.parent.mkdir(parents=True)
    (folder / "sql" / "audits").mkdir()
    path.write_text(text, "utf-8")
    return path


def test_long_text_is_judged_by_its_length(tmp_path: Path) -> None:
    lengths = SOUND.replace("column_values_to", "column_value_lengths_to").replace(
        'column = "thing_count"', 'column = "article_body"'
    )
    _mart(tmp_path, lengths.replace("max_value = 3", "max_value = 99"))
    with warehouse.closing(warehouse_of(tmp_path, {"marts.things": [THING]})) as con:
        row = _check(con, folder=tmp_path / "sql")[0]
    assert row["expectation_type"] == "expect_column_value_lengths_to_be_between"
    assert (row["success"], row["unexpected_ids"]) == (False, ["t1"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("things_odd", "select nothing from things", "nothing"),
        ("odd_things", "select thing_id from things", "begins with the table"),
    ],
)
def test_audit_that_cannot_be_run_names_its_file(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    _mart(tmp_path, SOUND)
    audit = tmp_path / "sql" / "audits" / f"{name}.sql"
    audit.write_text(f'/*\ndescription = "Odd."\nwhy = "Odd."\n*/\n{text}', "utf-8")
    with (
        warehouse.closing(warehouse_of(tmp_path, {"marts.things": [THING]})) as con,
        pytest.raises(ModelError) as error,
    ):
        _check(con, folder=tmp_path / "sql")
    assert str(audit) in str(error.value)
    assert message in str(error.value)


def test_empty_tables_can_be_judged(tmp_path: Path) -> None:
    """A first night of which everything was refused: the floor says so, nothing crashes."""
    tables = {name: [] for name in MARTS}
    with warehouse.closing(warehouse_of(tmp_path, tables)) as con:
        failed = [row for row in _check(con) if not row["success"]]
    assert [_key(row)[:2] for row in failed] == [
        ("articles", "expect_table_row_count_to_be_between")
    ]


def test_search_path_is_left_as_it_was(night: warehouse.Connection) -> None:
    night.execute("set search_path = 'staging'").fetchall()
    _check(night)
    assert night.execute("select current_setting('search_path')").fetchall() == [("staging",)]
