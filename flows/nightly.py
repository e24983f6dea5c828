"""The scheduled night: the six verbs as tasks of one flow."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.artifacts import show
from flows.chunks import lease_chunk, run_name, verb_chunk
from pipelines import night, settings
from pipelines.tonight import Night


@flow(name="nightly", flow_run_name=run_name, persist_result=False)
def nightly(
    landing: str | None = None, home: str | None = None, logical_date: date | None = None
) -> State[None]:
    """Take in all that waits in the landing zone and publish it.

    `landing` and `home` default to the settings of the worker, `logical_date` to today (UTC).
    A night that was cut off is finished first. Ends Failed, with nothing published, when the
    quality gate fails.
    """
    given = settings.load({"landing": landing, "home": home})
    with ExitStack() as held:
        lease_chunk(given, held)
        tonight = night.open_night(given, logical_date)
        while tonight.is_resumed:
            _six_verbs(tonight)
            tonight = night.open_night(given, logical_date)
        _six_verbs(tonight)
        outcome = night.finish(tonight)
    show(outcome)
    message = f"{outcome.run_id}: {outcome.status}"
    return Failed(message=message) if outcome.exit_code else Completed(message=message)


def _six_verbs(tonight: Night) -> None:
    for verb in night.VERBS:
        verb_chunk(verb, tonight)
