"""The page stays small, and is written whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from published_fixture import SITES, Fault, Plan, build

from pipelines import dashboard, warehouse
from pipelines.settings import Settings

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)


def page_of(plan: Plan, folder: Path) -> Path:
    with warehouse.closing(build(plan, Settings(home=folder))) as con:
        con.execute("set search_path = 'marts'")
        return dashboard.render(con, folder / "new" / "page.html", generated_at=NOW)


def test_a_month_of_eight_sites_and_twelve_checks_is_under_120_kilobytes(tmp_path: Path) -> None:
    faults = (Fault(SITES[0], "stripped"), Fault(SITES[2], "silent"), Fault(SITES[3], "check"))
    page = page_of(Plan(nights=30, sites=8, checks=12, faults=faults), tmp_path)
    assert page.stat().st_size <= 120_000
    assert list(page.parent.iterdir()) == [page]


def test_two_hundred_sites_and_fifty_checks_are_under_half_a_megabyte(tmp_path: Path) -> None:
    """Measured for 365 nights too, by `benchmarks/page.py`: nights add strips, not rows."""
    page = page_of(Plan(nights=20, sites=200, checks=50, documents=1), tmp_path)
    assert page.stat().st_size <= 500_000


def test_the_same_tables_give_the_same_page(tmp_path: Path) -> None:
    """Byte for byte: nothing on it depends on the order of rows, of threads or of sets."""
    plan = Plan(nights=9, faults=(Fault(SITES[4], "footer"),))
    first, second = (page_of(plan, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_without_a_run_there_is_no_page(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    with warehouse.closing(build(Plan(nights=1), Settings(home=tmp_path))) as con:
        con.execute("set search_path = 'marts'")
        con.execute("delete from runs")
        with pytest.raises(LookupError, match="copydesk run"):
            dashboard.render(con, out, generated_at=NOW)
    assert not out.exists()


def test_a_night_that_brought_nothing_has_a_page(tmp_path: Path) -> None:
    faults = tuple(Fault(site, "silent") for site in SITES)
    page = page_of(Plan(nights=9, faults=faults), tmp_path).read_text("utf-8")
    assert "delivered nothing" in page and "7 other sites are out of the ordinary" in page
