"""Judge the tables of a night: all their rows, or what has changed where the others were judged."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from pipelines import building, ledger, publish, validate
from pipelines.tonight import Night, all_is_taken_down, delta_file
from pipelines.warehouse import Connection

MOST_RUNS: Final = 30
"""Runs from one judgement of all rows to the next: a mistake in what is carried on ends there."""


def judge_tables(night: Night) -> None:
    """Commit the `checks` of tonight's tables, with the run in which all rows were judged last."""
    with building.tonights_tables(night) as con:
        since = show_former(con, night) or night.run_id
        checks = validate.check(
            con,
            schema="marts",
            run_id=night.run_id,
            checked_at=night.started_at,
            may_be_empty=all_is_taken_down(night.lake),
        )
    with night.lake.stage(night.run_id, "validate") as stage:
        stage.write("checks", checks)
        stage.summary = {"judge": _judge(), "all_rows_judged_in": since}


def show_former(con: Connection, night: Night) -> str | None:
    """Attach what tonight's tables were grown from, and what has changed.

    Returns the run in which all rows were judged last. None, and nothing is attached, if the tables
    were not grown, or if what was found then is not to be relied upon: other tables are published
    by now or cannot be read, another judge found it, or it is too long ago.
    """
    delta, now = delta_file(night.settings), publish.manifest(night.settings)
    if not delta.is_file() or now is None:
        return None
    done = night.lake.commit_of(now["run_id"], "validate")
    since = done.summary.get("all_rows_judged_in") if done else None
    if not done or not since or done.summary.get("judge") != _judge():
        return None
    publish.attach(con, delta, "delta", read_only=True)
    grown_from = con.execute("from delta.grown_from").fetchall()
    is_late = _number(night.run_id) - _number(since) >= MOST_RUNS
    if (
        grown_from != [building.stamp(now)]
        or is_late
        or not publish.attach_published(con, night.settings, "former")
    ):
        con.execute("detach delta")
        return None
    return str(since)


def _judge() -> str:
    great_expectations = version("great_expectations")
    return f"copydesk {ledger.installed_version()}, Great Expectations {great_expectations}"


def _number(run_id: str) -> int:
    return int(run_id.partition(".")[0])
