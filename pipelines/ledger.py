"""The ledger: what came in is accepted, known or rejected; what is accepted has its part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import pyarrow as pa

from pipelines import contract
from pipelines.lake import Lake


class LedgerError(AssertionError):
    """The ledger does not balance; the message shows both sides."""


class Run(Protocol):
    """What the ledger needs to know of a night."""

    @property
    def run_id(self) -> str: ...  # noqa: D102
    @property
    def lake(self) -> Lake: ...  # noqa: D102
    @property
    def logical_date(self) -> Any: ...  # noqa: D102
    @property
    def started_at(self) -> datetime: ...  # noqa: D102
    @property
    def durations(self) -> Mapping[str, float]: ...  # noqa: D102


def arrivals(counts: Mapping[str, int]) -> dict[str, int]:
    """The ledger's first line, from counts of `accepted`, `known` and `rejected`."""
    parts = {f"{name}_count": counts.get(name, 0) for name in ("accepted", "known", "rejected")}
    return {"document_count_in": sum(parts.values()), **parts}


def run_row(run: Run, status: str, copies: Mapping[str, int]) -> pa.Table:
    """The row of `runs` for a night that ends now.

    Raises LedgerError if the accepted documents are not just its representatives and copies.
    """
    ingested = run.lake.commit_of(run.run_id, "ingest")
    if ingested is None:
        raise LedgerError(f"run {run.run_id}: nothing was ingested")
    parts = {f"{name}_count": copies.get(name, 0) for name in contract.COPY_RELATIONS}
    accepted = ingested.summary["accepted_count"]
    if sum(parts.values()) != accepted:
        raise LedgerError(f"run {run.run_id}: {accepted} documents accepted, but {dict(copies)}")
    names = ("document_count_in", "accepted_count", "known_count", "rejected_count")
    row = {
        "run_id": run.run_id,
        "logical_date": run.logical_date,
        "started_at": run.started_at,
        "ended_at": datetime.now(UTC),
        "status": status,
        **{name: ingested.summary[name] for name in names},
        **parts,
        "durations": json.dumps(dict(run.durations)),
        "version": installed_version(),
    }
    return pa.Table.from_pylist([row], schema=contract.RUNS)


def installed_version() -> str:
    """Version of the installed package, or `source` when it is run from its tree."""
    try:
        return version("copydesk")
    except PackageNotFoundError:
        return "source"
