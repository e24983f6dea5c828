"""Every SQL model against its golden cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sql_case import CASES, cases, plain, read_rows, warehouse_of

from pipelines import warehouse


def _inputs(case: Path) -> dict[str, list[dict]]:
    files = [path for path in sorted(case.glob("*.jsonl")) if path.name != "expected.jsonl"]
    names = {path.stem if "." in path.stem else f"marts.{path.stem}": path for path in files}
    return {name: read_rows(path) for name, path in names.items()}


@pytest.mark.parametrize("case", list(cases()), ids=lambda path: path.relative_to(CASES).as_posix())
def test_model_gives_the_rows_expected(case: Path, tmp_path: Path) -> None:
    schema, name = case.parent.parent.name, case.parent.name
    model = warehouse.load_model(warehouse.SQL_FOLDER / schema / f"{name}.sql")
    with warehouse.closing(warehouse_of(tmp_path, _inputs(case))) as con:
        if schema in ("audits", "dashboard"):
            con.execute("set search_path = 'marts'")
            found = warehouse.query(con, model.sql)
        else:
            warehouse.build_one(con, model)
            found = warehouse.query(con, f"select * from {model.full_name}")
    assert plain(found.to_pylist()) == plain(read_rows(case / "expected.jsonl"))


def test_every_model_has_a_case() -> None:
    have = {(case.parent.parent.name, case.parent.name) for case in cases()}
    without = [it.full_name for it in warehouse.load_models() if (it.schema, it.name) not in have]
    assert without == []


def test_every_case_has_a_model() -> None:
    models = {(it.schema, it.name) for it in warehouse.load_models()}
    assert {(case.parent.parent.name, case.parent.name) for case in cases()} <= models


def test_every_audit_is_shown_a_failing_row() -> None:
    """An audit whose cases expect nothing was never seen to fail."""
    seen = {case.parent.name for case in cases() if read_rows(case / "expected.jsonl")}
    audits = {it.name for it in warehouse.load_models("audits")}
    assert audits - seen == set()
