"""The same night over a range of dates, started by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.exceptions import FailedRun
from prefect.states import Completed, Failed

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
) -> State[None]:
    """Run a night for each date from `start_date` to `end_date`, both included, in order.

    A night whose quality gate fails stops none of the others, as on the command line; then the
    backfill ends Failed and names it. Raises ValueError for an empty range or one of more than
    MOST_DAYS days, and what a night raises.
    """
    held_up = []
    for day in days(start_date, end_date):
        state = nightly(landing=landing, home=home, logical_date=day, return_state=True)
        if is_held_up(state):
            held_up.append(str(state.message))
        else:
            state.result()
    return Failed(message=", ".join(held_up)) if held_up else Completed()


def is_held_up(state: State[Any]) -> bool:
    """Whether a night ended Failed by its quality gate and not by an error."""
    error = state.result(raise_on_failure=False)
    return state.is_failed() and (error is None or isinstance(error, FailedRun))


def days(start_date: date, end_date: date) -> list[date]:
    """All dates of the range, both ends included. Raises ValueError as `backfill` does."""
    count = (end_date - start_date).days + 1
    if not 1 <= count <= MOST_DAYS:
        message = f"{start_date} to {end_date} is {count} days; give 1 to {MOST_DAYS}"
        raise ValueError(message)
    return [start_date + timedelta(days=number) for number in range(count)]
