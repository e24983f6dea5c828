"""The six verbs. Each takes a Night and returns a small summary that JSON can hold.

A verb whose commit is in the lake is not done again: it returns the summary of that commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import contract, ledger, warehouse
from pipelines.ingest import IngestBatch, Rejection, SeenInput, SkippedInput, read_landing
from pipelines.lake import Lake, Stage
from pipelines.quarantine import keep, payload_sha256
from pipelines.settings import Settings

Summary = dict[str, Any]
NOT_PUBLIC: Final = ("inputs", "runs", "checks")
"""Lake tables that do not count for whether anything has changed."""


@dataclass(frozen=True, slots=True)
class Night:
    """A run: its name, the night it stands for, when it began, and where it works."""

    settings: Settings
    run_id: str
    logical_date: date
    started_at: datetime
    is_resumed: bool = False
    durations: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def lake(self) -> Lake:
        """The lake of the home folder."""
        return open_lake(self.settings)


def open_lake(settings: Settings) -> Lake:
    """The lake of a home folder, with the schemas of all tables."""
    from pipelines.link import tables  # numba: only where a night runs

    return Lake(settings.lake, {**contract.LAKE_TABLES, **tables.LAKE_TABLES})


def ingest(night: Night) -> Summary:
    """Landing zone → `documents`, `rejected_documents`, `inputs`."""
    lake = night.lake
    if done := lake.commit_of(night.run_id, "ingest"):
        return dict(done.summary)
    counts: Counter[str] = Counter()
    with lake.stage(night.run_id, "ingest") as stage:
        for item in _arrivals(lake, night, counts):
            _store(item, night, stage)
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


def _arrivals(lake: Lake, night: Night, counts: Counter[str]) -> Iterator[IngestBatch]:
    """What is new in the landing zone; what was delivered before only counts."""
    known = set(lake.read("documents", ["document_id"])["document_id"].to_pylist())
    refused = lake.read("rejected_documents", ["rejection_id"])
    known.update(refused["rejection_id"].to_pylist())
    for item in read_landing(
        night.settings.landing,
        _seen(lake),
        night.settings,
        run_id=night.run_id,
        started_at=night.started_at,
    ):
        if isinstance(item, SkippedInput):
            counts["known"] += item.document_count + item.rejected_count
        else:
            yield _new_of(item, known, counts)


def _new_of(batch: IngestBatch, known: set[str], counts: Counter[str]) -> IngestBatch:
    ids = batch.documents["document_id"].to_pylist()
    is_new = [_first_time(name, known) for name in ids]
    refused = tuple(it for it in batch.rejections if _first_time(rejection_id(it), known))
    counts["accepted"] += sum(is_new)
    counts["rejected"] += len(refused)
    counts["known"] += len(ids) - sum(is_new) + len(batch.rejections) - len(refused)
    fresh = batch.documents.filter(pa.array(is_new, pa.bool_()))
    return IngestBatch(fresh, refused, batch.inputs)


def _seen(lake: Lake) -> dict[str, SeenInput]:
    rows = lake.read("inputs").to_pylist()
    names = ("byte_count", "modified_ns", "content_sha256", "document_count", "rejected_count")
    return {row["source_uri"]: SeenInput(*(row[name] for name in names)) for row in rows}


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


def _first_time(name: str, known: set[str]) -> bool:
    is_new = name not in known
    known.add(name)
    return is_new


def rejection_id(rejection: Rejection) -> str:
    """Id of a refused input: the same bytes at the same place are refused once."""
    return contract.text_id(
        rejection.source_uri, rejection.source_locator, payload_sha256(rejection.payload)
    )


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


def clean(night: Night) -> Summary:
    """`documents` of this run → `articles`, `removed_lines`, `repairs`."""
    from pipelines.batch import clean_batches
    from pipelines.clean.article import load_cleaner

    lake = night.lake
    if done := lake.commit_of(night.run_id, "clean"):
        return dict(done.summary)
    counts: Counter[str] = Counter()
    settings = night.settings
    batches = lake.batches("documents", night.run_id, settings.batch_documents)
    with lake.stage(night.run_id, "clean") as stage:
        for result in clean_batches(batches, load_cleaner(settings), workers=settings.workers):
            for table in ("articles", "removed_lines", "repairs"):
                rows = getattr(result, table)
                counts[table] += rows.num_rows
                if rows.num_rows:
                    stage.write(table, rows)
        stage.summary = dict(counts)
    return stage.summary


def state(lake: Lake) -> str:
    """Digest of all that decides the public tables: the lake and the SQL models."""
    sql = (model.path.read_text("utf-8") for model in warehouse.load_models())
    return contract.text_id(lake.state(without=NOT_PUBLIC), *sql)


def is_published(night: Night) -> bool:
    """Whether readers already see just what the lake holds."""
    from pipelines import publish as publishing

    now = publishing.manifest(night.settings)
    return now is not None and now["state"] == state(night.lake)


def night_file(settings: Settings) -> Path:
    """The database in which a night is built, before anything is published."""
    return settings.warehouse / "night.duckdb"


def build(night: Night) -> Summary:
    """The lake → the models, in one transaction of a fresh database file."""
    if is_published(night):
        return {"unchanged": True}
    path = night_file(night.settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in (path, path.with_name(path.name + ".wal")):
        old.unlink(missing_ok=True)
    models = warehouse.load_models("staging", "linkage", "marts")
    with warehouse.closing(warehouse.connect(night.settings, path)) as con:
        warehouse.show_lake(con, night.lake)
        return warehouse.build(con, (model for model in models if model.stage == "build"))


def validate(night: Night) -> Summary:
    """The built tables → `checks`; says whether the night may be published."""
    lake = night.lake
    if is_published(night):
        return {"unchanged": True}
    from pipelines import validate as validating

    if not lake.commit_of(night.run_id, "validate"):
        path = night_file(night.settings)
        with warehouse.closing(warehouse.connect(night.settings, path)) as con:
            checks = validating.check(
                con, schema="marts", run_id=night.run_id, checked_at=night.started_at
            )
        with lake.stage(night.run_id, "validate") as stage:
            stage.write("checks", checks)
    checks = lake.read("checks", run_id=night.run_id)
    failed = checks.filter(pc.invert(checks["success"]))
    is_critical = pc.equal(failed["severity"], "critical")
    return {
        "check_count": checks.num_rows,
        "failed_critical": failed.filter(is_critical).num_rows,
        "failed_warning": failed.filter(pc.invert(is_critical)).num_rows,
    }


def publish(night: Night) -> Summary:
    """Passed tables → readers; and the ledger of the run, whatever became of it."""
    lake = night.lake
    if done := lake.commit_of(night.run_id, "publish"):
        return dict(done.summary)
    status = _status(night)
    copies = {} if status == "unchanged" else _copies(night)
    row = ledger.run_row(night, status, copies)
    if status == "published" and not is_published(night):
        _publish(night, row)
    with lake.stage(night.run_id, "publish") as stage:
        stage.write("runs", row)
        stage.summary = {"status": status}
    return stage.summary


def _status(night: Night) -> str:
    from pipelines import publish as publishing

    if is_published(night):
        now = publishing.manifest(night.settings) or {}
        return "published" if now.get("run_id") == night.run_id else "unchanged"
    return "quality_gate_failed" if validate(night)["failed_critical"] else "published"


def _copies(night: Night) -> dict[str, int]:
    """Accepted documents of this run by the part they play."""
    with warehouse.closing(warehouse.connect(night.settings, night_file(night.settings))) as con:
        rows = con.execute(
            "select copy_relation, count(*) from marts.documents where run_id = ? group by all",
            [night.run_id],
        ).fetchall()
    return dict(rows)


def _publish(night: Night, row: pa.Table) -> None:
    from pipelines import dashboard, dictionary
    from pipelines import publish as publishing

    settings, lake = night.settings, night.lake
    models = warehouse.load_models("marts")
    with warehouse.closing(warehouse.connect(settings, night_file(settings))) as con:
        warehouse.show_lake(con, lake)
        warehouse.show_table(con, "runs", pa.concat_tables([lake.read("runs"), row]))
        warehouse.build(con, (model for model in models if model.stage == "publish"))
        version = publishing.write_version(
            con, settings, models, run_id=night.run_id, state=state(lake)
        )
    dictionary.write_datapackage(models, version / "parquet")
    with warehouse.closing(publishing.open_published(version / "copydesk.duckdb")) as con:
        dashboard.render(con, version / "dashboard.html", generated_at=datetime.now(UTC))
    publishing.switch(settings, version)
