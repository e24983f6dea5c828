"""The first verb: the landing zone → `documents`, `rejected_documents`, `inputs`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import compress
from typing import Any

import pyarrow as pa

from pipelines import contract, ledger, objects
from pipelines.beside import ahead
from pipelines.commits import Stage
from pipelines.ingest import (
    IngestBatch,
    LandingError,
    Rejection,
    SkippedInput,
    read_landing,
)
from pipelines.ingest.known_ids import KnownIds
from pipelines.ingest.known_inputs import COLUMNS, KnownInputs
from pipelines.ingest.landing import entries, is_due
from pipelines.lake import Lake
from pipelines.quarantine import keep, payload_sha256
from pipelines.settings import Settings
from pipelines.tonight import Night, Summary, unwatched


def ingest(night: Night) -> Summary:
    """Landing zone → `documents`, `rejected_documents`, `inputs`.

    Raises LandingError where an empty home folder is to be filled from an empty landing zone.
    """
    lake = night.lake
    if done := lake.commit_of(night.run_id, "ingest"):
        return dict(done.summary)
    counts: Counter[str] = Counter()
    files = _file_count(night)
    is_takedown = lake.commit_of(night.run_id, "takedown") is not None
    with (
        lake.stage(night.run_id, "ingest") as stage,
        closing(ahead(_arrivals(lake, night, counts), night.settings.workers)) as items,
    ):
        for item in () if is_takedown else items:
            _store(item, night, stage)
            night.watch("ingest", *_progress(counts, files))
        if not counts and night.until is None and not lake.commits():
            where = night.settings.landing
            remedy = "put articles there, or name another folder with --landing"
            raise LandingError(f"{where}: there is nothing to read yet; {remedy}")
        stage.summary = {
            "started_at": night.started_at.isoformat(),
            "logical_date": night.logical_date.isoformat(),
            **ledger.arrivals(counts),
        }
    return stage.summary


def plan(settings: Settings) -> Summary:
    """What a night would take in now; nothing is written."""
    night = Night(settings, "plan", datetime.now(UTC).date(), datetime.now(UTC))
    counts: Counter[str] = Counter()
    for _ in _arrivals(night.lake, night, counts):
        pass
    return ledger.arrivals(counts)


def _arrivals(lake: Lake, night: Night, counts: Counter[str]) -> Generator[IngestBatch]:
    """What is new in the landing zone; what was delivered before only counts."""
    known = KnownIds(_known_ids(lake))
    landed = objects.landed(night.settings)
    if refused := tuple(it for it in landed.refused if is_due(it.source_uri, night.until)):
        none = pa.RecordBatch.from_pylist([], contract.DOCUMENTS)
        yield _new_of(IngestBatch(none, refused, ()), known, counts)
    for item in read_landing(
        landed.folder,
        KnownInputs(lake.read("inputs", COLUMNS)),
        night.settings,
        run_id=night.run_id,
        started_at=night.started_at,
        until=night.until,
    ):
        if isinstance(item, SkippedInput):
            counts["files"] += 1
            counts["known"] += item.document_count + item.rejected_count
        else:
            counts["files"] += len(item.inputs)
            yield _new_of(item, known, counts)


def _known_ids(lake: Lake) -> Iterator[pa.Array]:
    """Ids of all that was ever accepted, taken down or refused, a batch at a time."""
    for table, column in (
        ("documents", "document_id"),
        ("tombstones", "document_id"),
        ("rejected_documents", "rejection_id"),
    ):
        for batch in lake.dataset(table).to_batches(columns=[column]):
            yield batch[column]


def _file_count(night: Night) -> int:
    """Files of the landing zone, counted only for somebody who looks."""
    if night.watch is unwatched or objects.is_remote(night.settings.landing):
        return 0
    return len(entries(night.settings.landing, [night.settings.home]))


def _progress(counts: Mapping[str, int], files: int) -> tuple[int, int | None]:
    """Documents so far, and how many there will be if the other files are like those read."""
    done = counts["accepted"] + counts["known"] + counts["rejected"]
    read = counts["files"]
    return done, round(done * files / read) if 0 < read <= files else None


def _new_of(batch: IngestBatch, known: KnownIds, counts: Counter[str]) -> IngestBatch:
    is_new = known.first_times(batch.documents["document_id"])
    names = pa.array([rejection_id(it) for it in batch.rejections], pa.string())
    is_refused = known.first_times(names).tolist()
    refused = tuple(compress(batch.rejections, is_refused))
    accepted = int(is_new.sum())
    counts["accepted"] += accepted
    counts["rejected"] += len(refused)
    counts["known"] += is_new.size - accepted + len(is_refused) - len(refused)
    fresh = batch.documents.filter(pa.array(is_new))
    return IngestBatch(fresh, refused, batch.inputs)


def _store(batch: IngestBatch, night: Night, stage: Stage) -> None:
    if batch.documents.num_rows:
        stage.write("documents", batch.documents)
    if batch.rejections:
        refused = [_refuse(rejection, night) for rejection in batch.rejections]
        table = pa.Table.from_pylist(refused, schema=contract.REJECTED_DOCUMENTS)
        stage.write("rejected_documents", table)
    if batch.inputs:
        columns = [item.name for item in contract.INPUTS if item.name != "run_id"]
        inputs = [
            {name: getattr(item, name) for name in columns} | {"run_id": night.run_id}
            for item in batch.inputs
        ]
        stage.write("inputs", pa.Table.from_pylist(inputs, schema=contract.INPUTS))


def rejection_id(rejection: Rejection) -> str:
    """Id of a refused input: the same bytes at the same place are refused once.

    Of what stays in the landing zone unread there are no bytes: the reason and the size stand for
    them, so that it is known the next night and told again once it has changed.
    """
    unread = (rejection.reason, str(rejection.byte_count)) if rejection.payload == b"" else ()
    digest = payload_sha256(rejection.payload)
    return contract.text_id(rejection.source_uri, rejection.source_locator, digest, *unread)


def _refuse(rejection: Rejection, night: Night) -> dict[str, Any]:
    name = rejection_id(rejection)
    path = keep(rejection.payload, night.settings.quarantine / night.run_id / f"{name}.bin")
    return {
        "rejection_id": name,
        "source_uri": rejection.source_uri,
        "source_locator": rejection.source_locator,
        "reason": rejection.reason,
        "detail": rejection.detail,
        "byte_count": rejection.byte_count,
        "quarantine_path": path.relative_to(night.settings.home).as_posix() if path else None,
        "run_id": night.run_id,
        "rejected_at": night.started_at,
    }
