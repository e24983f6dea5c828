"""Plain functions as Prefect tasks: each a chunk of a night, retried only where that can help."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final

from prefect import get_run_logger, task
from prefect.assets import materialize
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.assets import LINEAGE, assets
from pipelines import night
from pipelines.lease import LeaseHeldError, lease
from pipelines.settings import Settings
from pipelines.tonight import Night, Summary

PASSING: Final = frozenset(
    {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.ESTALE, errno.ETIMEDOUT}
)
"""Errors of a disk or a network mount that may be gone a minute later.

A full disk, a missing file or a wrong input fails the same way again: no retry."""

LEASE_RETRIES: Final = 6
LEASE_DELAY_SECONDS: Final = 300
"""A run by hand that is under way at 3:30 gets half an hour to end."""


def is_passing(error: BaseException) -> bool:
    """Whether trying again can help."""
    return isinstance(error, OSError) and error.errno in PASSING


def run_name() -> str:
    """Name of a flow run: flow and logical date, `nightly 2026-03-02`."""
    given = flow_run.parameters.get("logical_date") or datetime.now(UTC).date()
    return f"{flow_run.flow_name} {given}"


def verb_chunk(verb: Callable[[Night], Summary], tonight: Night) -> None:
    """Do one verb of a night as a task that materializes assets; their events carry its summary.

    Its work is in the lake, so no result is kept.
    """
    made = assets(tonight.settings, LINEAGE[verb.__name__].makes)

    def work() -> Summary:
        summary = night.do(verb, tonight)
        for each in made:
            each.add_metadata({"run_id": tonight.run_id, **summary})
        return summary

    chunk = materialize(
        *made,
        name=verb.__name__,
        asset_deps=[*assets(tonight.settings, LINEAGE[verb.__name__].reads)],
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=2,
        retry_delay_seconds=60,
        retry_condition_fn=lambda _task, _run, state: is_passing(_error_of(state)),
    )(work)
    get_run_logger().info("%s: %s", verb.__name__, chunk())


def lease_chunk(settings: Settings, held: ExitStack) -> None:
    """Take the lease of the home folder as a task, waiting for another run to end.

    The lease is given back when `held` is closed. Raises LeaseHeldError when the wait is over.
    """

    def take() -> None:
        held.enter_context(lease(settings.home))

    task(
        name="lease",
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=LEASE_RETRIES,
        retry_delay_seconds=LEASE_DELAY_SECONDS,
        retry_condition_fn=lambda _task, _run, state: isinstance(_error_of(state), LeaseHeldError),
    )(take)()


def _error_of(state: Any) -> BaseException:
    error = state.result(raise_on_failure=False)
    return error if isinstance(error, BaseException) else RuntimeError("no error in the state")
