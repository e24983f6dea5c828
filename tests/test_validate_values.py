"""Distinct values and hashes show what all rows show, or nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from grown_nights import World, write

from pipelines import publish, warehouse
from pipelines.settings import Settings
from pipelines.validate import values
from pipelines.validate.expectations import Expectation, read_expectations
from pipelines.validate.projection import judge
from pipelines.validate.session import Session

JUDGED = [it for it in warehouse.load_models("marts") if it.stage == "build"]
COLUMNS = "value", "other"


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "FEW_ROWS", 0)


@pytest.mark.parametrize("chunk_rows", [500_000, 40])
@pytest.mark.parametrize("breaks", [0.0, 0.03])
def test_values_find_what_rows_find(tmp_path: Path, breaks: float, chunk_rows: int) -> None:
    world = World(Random(3), breaks=breaks)
    world.grow(changed=0, born=40)
    path = write(tmp_path / "night.duckdb", world.whole())
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path, workers=1))) as con:
        publish.attach(con, path, "marts", read_only=True)
        expectations = read_expectations(JUDGED)
        shortcut = partial(values.judge_values, con, "marts")
        found = list(judge(con, expectations, shortcuts=[shortcut], chunk_rows=chunk_rows))
        wanted = list(judge(con, expectations, chunk_rows=chunk_rows))
    assert found == wanted


def expected(tmp_path: Path, kind: str, **arguments: Any) -> Expectation:
    """An expectation of a table `things`."""
    path = tmp_path / "sql" / "marts" / "things.sql"
    path.parent.mkdir(parents=True)
    path.write_text('/*\ndescription = "Things."\n*/\nselect 1', "utf-8")
    columns = arguments.get("column_list") or [arguments["column"]]
    assert set(columns) <= set(COLUMNS)
    return Expectation(warehouse.load_model(path), kind, "critical", "For the test.", arguments)


UNIQUE = ("expect_column_values_to_be_unique", {"column": "value"})
BOTH = ("expect_compound_columns_to_be_unique", {"column_list": list(COLUMNS)})
THERE = ("expect_column_values_to_not_be_null", {"column": "value"})
NEVER = ("expect_column_values_to_be_null", {"column": "value"})
SMALL = ("expect_column_values_to_be_between", {"column": "value", "max_value": 3})
LIMITED = ("expect_column_values_to_be_between",
           {"column": "value", "max_value": 3, "row_condition": "other > 1",
            "condition_parser": "pandas"})  # fmt: skip
RISING = ("expect_column_values_to_be_increasing", {"column": "value"})
NAN = float("nan")
THINGS = [
    # what is expected, values, other values, whether the values alone tell
    (UNIQUE, ["a", "b", "c"], None, True),
    (UNIQUE, ["a", "b", "a"], None, False),
    (UNIQUE, ["a", None, None], None, True),
    (UNIQUE, [1.5, NAN, NAN], None, True),
    (UNIQUE, [None, None, None], None, True),
    (BOTH, ["a", "a", "b"], [1, 2, 1], True),
    (BOTH, ["a", "a", "b"], [1, 1, 1], False),
    (BOTH, ["a", "a", "b"], [None, None, 1], False),
    (BOTH, [None, None, "b"], [None, None, 1], True),
    (BOTH, [None, None, "b"], [2, 2, 1], False),
    (THERE, ["a", "b", "c"], None, True),
    (THERE, ["a", None, "c"], None, False),
    (THERE, [1.0, NAN, 2.0], None, False),
    (THERE, [None, None, None], None, False),
    (NEVER, [None, None, None], None, True),
    (NEVER, ["a", None, None], None, False),
    (SMALL, [1, 3, None], None, True),
    (SMALL, [1, 4, 4], None, False),
    (SMALL, [0.5, NAN, 3.0], None, True),
    (LIMITED, [1, 2, 9], [2, 2, 1], False),
    (RISING, [1, 2, 3], None, False),
]


@pytest.mark.parametrize(("what", "value", "other", "is_told"), THINGS, ids=str)
def test_values_tell_of_rows_without_fault(
    tmp_path: Path, what: tuple[str, Any], value: list[Any], other: list[Any] | None, is_told: bool
) -> None:
    expectation = expected(tmp_path, what[0], **what[1])
    given = [] if what in (LIMITED, RISING) else [expectation]
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path, workers=1))) as con:
        con.execute("create schema marts").fetchall()
        con.register("given", pa.table({"value": value, "other": other or [1, 2, 3]}))
        con.execute("create table marts.things as from given").fetchall()
        told = values.judge_values(con, "marts", Session(), [expectation], 500_000)
        rows = list(judge(con, given))
    assert [result is not None for result in told] == [is_told]
    for result, row in zip(told, rows, strict=bool(given)):
        assert (result is not None) == (row["unexpected_count"] == 0)


def test_of_a_small_table_all_rows_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    expectation = expected(tmp_path, *UNIQUE[:1], **UNIQUE[1])
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path, workers=1))) as con:
        con.execute("create schema marts").fetchall()
        con.execute("create table marts.things as select range::varchar as value from range(9)")
        assert values.judge_values(con, "marts", Session(), [expectation], 500_000) == [None]
