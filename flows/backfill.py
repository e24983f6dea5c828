"""The same night over a range of dates, started by hand."""

from __future__ import annotations

from datetime import date, timedelta

from prefect import flow

from flows.nightly import nightly

MOST_DAYS = 31
"""Each day is seven task runs; a longer range is better split."""


def _run_name() -> str:
    from prefect.runtime import flow_run

    given = flow_run.parameters
    return f"backfill {given['start_date']} to {given['end_date']}"


@flow(name="backfill", flow_run_name=_run_name, persist_result=False)
def backfill(
    start_date: date, end_date: date, landing: str | None = None, home: str | None = None
) -> None:
    """Run a night for each date from `start_date` to `end_date`, both included, in order.

    Raises ValueError for an empty range or one of more than MOST_DAYS days.
    """
    for day in days(start_date, end_date):
        nightly(landing=landing, home=home, logical_date=day)


def days(start_date: date, end_date: date) -> list[date]:
    """All dates of the range, both ends included. Raises ValueError as `backfill` does."""
    count = (end_date - start_date).days + 1
    if not 1 <= count <= MOST_DAYS:
        message = f"{start_date} to {end_date} is {count} days; give 1 to {MOST_DAYS}"
        raise ValueError(message)
    return [start_date + timedelta(days=number) for number in range(count)]
