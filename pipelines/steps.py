"""The verbs after ingest. Each takes a Night and returns a small summary that JSON can hold.

A verb whose commit is in the lake is not done again: it returns the summary of that commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import building, ledger, takedown, views, warehouse
from pipelines.anew import Anew
from pipelines.batch import clean_batches, full_batches
from pipelines.clean.article import load_cleaner
from pipelines.learning import learn, stale_documents, superseded
from pipelines.tonight import (
    Night,
    Summary,
    delta_file,
    is_published,
    night_file,
    origin,
    state,
)


def clean(night: Night) -> Summary:
    """`documents` of this run → `articles`, `removed_lines`, `repairs`.

    Documents of earlier runs are cleaned anew where tonight tells what their site repeats.
    """
    lake = night.lake
    if done := lake.commit_of(night.run_id, "clean"):
        return dict(done.summary)
    counts: Counter[str] = Counter()
    settings = night.settings

    def arrived() -> Iterator[pa.RecordBatch]:
        return lake.batches("documents", night.run_id, settings.batch_documents)

    with lake.stage(night.run_id, "clean") as stage:
        learned = learn(night, arrived(), stage)
        cleaner = load_cleaner(settings, site_lines=learned.support)
        documents = stale_documents(night, learned.stale)
        total = len(learned.stale)
        total += sum(file.row_count for file in lake.files("documents", run_id=night.run_id))
        if settings.is_distributed:
            from pipelines import spark

            for file in spark.clean(settings, lake, night.run_id, cleaner, stage.folder):
                counts[file.table] += file.row_count
                stage.adopt(file.table, file.path, file.row_count)
        else:
            documents = chain(arrived(), documents)
        batches = full_batches(documents, settings.batch_documents)
        with warehouse.closing(warehouse.connect(settings)) as con:
            warehouse.halve_memory(con)
            anew, read = Anew(con, lake, learned.stale), counts["articles"]
            for result in clean_batches(batches, cleaner, workers=settings.workers):
                read += result.articles.num_rows
                night.watch("clean", read, total)
                for table, rows in anew.without_unchanged(result)._asdict().items():
                    counts[table] += rows.num_rows
                    if rows.num_rows:
                        stage.write(table, rows)
        if (former := superseded(lake, anew.changed())).num_rows:
            stage.write("superseded", former)
        stage.summary = {**counts, "cleaned_anew": former.num_rows}
    return stage.summary


def build(night: Night) -> Summary:
    """The lake → the public tables, in the file that readers will open."""
    if is_published(night):
        return {"unchanged": True}
    counts = building.build_tables(night)
    public = {name.removeprefix("marts."): n for name, n in counts.items() if "marts." in name}
    return {"models": len(counts), **public}


def validate(night: Night) -> Summary:
    """The built tables → `checks`; says whether the night may be published."""
    lake = night.lake
    if is_published(night):
        return {"unchanged": True}
    if not lake.commit_of(night.run_id, "validate"):
        from pipelines import judging

        judging.judge_tables(night)
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
    if status != "unchanged" and not is_published(night):
        _finish_tables(night, row, status)
    if status == "unchanged":
        _tell_if_silent(night)
    if status == "published":
        takedown.forget_versions(night)
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
    lake = night.lake
    accepted = lake.read("documents", ["document_id"], run_id=night.run_id)["document_id"]
    clusters = lake.read("clusters", ["document_id", "copy_relation"])
    parts = clusters.filter(pc.is_in(clusters["document_id"], accepted))["copy_relation"]
    return {it["values"]: it["counts"] for it in pc.value_counts(parts).to_pylist()}


def _finish_tables(night: Night, row: pa.Table, status: str) -> None:
    """Add the run's own rows to the built tables, publish what passed, tell who must look.

    Where nothing may be published, the page says so; the tables stay those of the night before.
    """
    from pipelines import alerts, dashboard

    settings, lake = night.settings, night.lake
    if not night_file(settings).is_file():  # a version was begun of it and not switched to
        building.build_tables(night)
    models = warehouse.load_models("marts")
    with building.tonights_tables(night) as con:
        views.show_lake(con, lake, ["checks", "tombstones"])
        views.show_table(con, "runs", pa.concat_tables([lake.read("runs"), row]))
        warehouse.build(con, (model for model in models if model.stage == "publish"))
        if status == "published":
            _publish(night, con, models)
            return
        con.execute("set schema = 'marts'")
        page = settings.published / "dashboard.html"
        dashboard.render(con, page, generated_at=datetime.now(UTC))
        alerts.send_if_needed(con, settings)


def _tell_if_silent(night: Night) -> None:
    """A night on which nothing came may be a scraper that died: tell, if it is unusual."""
    from pipelines import alerts

    with warehouse.closing(warehouse.connect(night.settings)) as con:
        views.show_table(con, "runs", night.lake.read("runs"))
        con.execute("set schema = 'lake'")
        alerts.send_if_silent(con, night.settings, night.logical_date)


def _publish(night: Night, con: warehouse.Connection, models: list[warehouse.Model]) -> None:
    from pipelines import alerts, dashboard, dictionary
    from pipelines import publish as publishing

    settings, lake = night.settings, night.lake
    delta = delta_file(settings)
    version = publishing.write_version(
        con,
        settings,
        models,
        database=night_file(settings),
        delta=delta if delta.is_file() else None,
        run_id=night.run_id,
        state=state(lake),
        origin=origin(lake, night.run_id),
    )
    dictionary.write_datapackage(models, version / "parquet")
    database = version / "copydesk.duckdb"
    with warehouse.closing(publishing.open_published(settings, database)) as tables:
        dashboard.render(tables, version / "dashboard.html", generated_at=datetime.now(UTC))
    publishing.switch(settings, version)
    delta.unlink(missing_ok=True)
    with warehouse.closing(publishing.open_published(settings)) as tables:
        alerts.send_if_needed(tables, settings)
