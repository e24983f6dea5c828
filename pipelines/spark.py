"""The same cleaner, learning and fingerprints on Spark: what a document or a site is enough for.

Spark reads the committed Parquet files of the lake and hands Arrow batches to the very functions
that one machine runs (`mapInArrow`), and the lines of a site to the very SQL (`applyInArrow`). Each
task writes what they make as Parquet files of its own into the staging folder, which all machines
must share, and only tells their names; the driver puts the names of the tasks that count into one
manifest, last of all. So a task that failed, was tried again or ran twice leaves files that nobody
names, on a disk as in an object store, which cannot rename. Which step runs where, and what it
shuffles: docs/scale-out.md.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.clean.article import Cleaner, clean_batch
from pipelines.clean.sightings import nights, sightings
from pipelines.commits import ParquetSink
from pipelines.contract import DOCUMENTS, SITE_LINES
from pipelines.lake import Lake
from pipelines.link.background import Background
from pipelines.link.fingerprint import fingerprint_batch
from pipelines.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Made = Mapping[str, pa.RecordBatch]
Make = Callable[[pa.RecordBatch], Made]
"""Rows of several tables, made of one batch."""

Judge = Callable[[Settings, pa.Table, pa.Table], pa.Table]
"""What lines of a site teach, given those of tonight and those of before."""

_UNSIGNED: Final = pa.decimal128(20)
"""How Spark, which has no unsigned numbers, hands over 64 bits."""
_TOLD_SQL: Final = (
    "site string, line_hash decimal(20), night date, article_count float, document_id string"
)

_WRITTEN: Final = pa.schema(
    [("table", pa.string()), ("path", pa.string()), ("row_count", pa.int64())]
)
_WRITTEN_SQL: Final = "table string, path string, row_count long"

_TEXTS: Final = pa.schema(
    [
        ("document_id", pa.string()),
        ("article_body", pa.string()),
        ("date_published", DOCUMENTS.field("retrieved_at").type),
        ("info_source", pa.string()),
        ("site", pa.string()),
        ("retrieved_at", DOCUMENTS.field("retrieved_at").type),
        ("run_id", pa.string()),
    ]
)
"""What `fingerprint_batch` wants of an article, and what tells its night."""


@dataclass(frozen=True, slots=True)
class Written:
    """A Parquet file that a task has written."""

    table: str
    path: Path
    row_count: int


def clean(
    settings: Settings, lake: Lake, run_id: str, cleaner: Cleaner, folder: Path
) -> list[Written]:
    """The documents of a run, clean: files of `articles`, `removed_lines` and `repairs`.

    The files lie below `folder`. Raises SettingsError where there is no Spark or no Java.
    """
    paths = lake.paths("documents", run_id)
    if not paths:
        return []
    with session(settings) as spark:
        shared = spark.sparkContext.broadcast(cleaner)

        def make(batch: pa.RecordBatch) -> Made:
            return clean_batch(batch, shared.value)._asdict()

        frame = spark.read.parquet(*map(str, paths)).select(*DOCUMENTS.names)
        return _written(frame, DOCUMENTS, make, folder)


def learn(
    settings: Settings, lake: Lake, run_id: str, judge: Judge, folder: Path
) -> tuple[list[Written], pa.Table]:
    """What the documents of a run teach of their sites: files of `site_lines`, and what was told.

    All lines ever seen are brought together by site: the one shuffle of this step. A task holds the
    lines of one site. Raises SettingsError where there is no Spark or no Java.
    """
    paths, before = lake.paths("documents", run_id), lake.paths("site_lines", None)
    if not paths:
        return [], judge(settings, SITE_LINES.empty_table(), SITE_LINES.empty_table())

    def judge_site(lines: pa.Table) -> pa.Table:
        rows = pa.table({it.name: lines[it.name].cast(it.type) for it in SITE_LINES})
        is_new = lines["is_new"]
        told = judge(settings, rows.filter(is_new), rows.filter(pc.invert(is_new)))
        return told.set_column(1, "line_hash", told["line_hash"].cast(_UNSIGNED))

    with session(settings) as spark:
        from pyspark.sql import DataFrame
        from pyspark.sql.functions import lit

        documents = spark.read.parquet(*map(str, paths)).select(*DOCUMENTS.names)
        written = _written(documents, DOCUMENTS, _sighted, folder)
        seen = [
            spark.read.parquet(*map(str, files)).withColumn("is_new", lit(is_new))
            for files, is_new in (([it.path for it in written], True), (before, False))
            if files
        ]
        lines = reduce(DataFrame.unionByName, seen)
        told = lines.groupBy("site").applyInArrow(judge_site, _TOLD_SQL).toArrow()
    return written, told.set_column(1, "line_hash", told["line_hash"].cast(pa.uint64()))


def _sighted(documents: pa.RecordBatch) -> Made:
    return {"site_lines": sightings(documents)}


def fingerprints(
    settings: Settings, lake: Lake, run_id: str, background: Background, folder: Path
) -> dict[str, pa.Table]:
    """The index rows of the articles of a run, by table.

    Articles and the documents of all runs, some of which were cleaned anew, are brought together
    by document_id: the one shuffle of this step, of the clean texts. Raises SettingsError where
    there is no Spark or no Java.
    """
    articles, documents = lake.paths("articles", run_id), lake.paths("documents", None)
    with session(settings) as spark:
        shared = spark.sparkContext.broadcast(background)

        def make(batch: pa.RecordBatch) -> Made:
            columns = [*batch.columns, nights(batch)]
            texts = pa.RecordBatch.from_arrays(columns, [*_TEXTS.names, "night"])
            made = fingerprint_batch(texts, shared.value)
            return {name: getattr(made, name) for name in made.__dataclass_fields__}

        sides = [spark.read.parquet(*map(str, paths)) for paths in (articles, documents)]
        left = sides[0].select("document_id", "article_body", "date_published", "info_source")
        right = sides[1].select("document_id", "site", "retrieved_at", "run_id")
        frame = left.join(right, "document_id", "left").select(*_TEXTS.names)
        written = _written(frame, _TEXTS, make, folder)
    names = {it.table for it in written}
    return {
        name: pa.concat_tables([pq.read_table(it.path) for it in written if it.table == name])
        for name in sorted(names)
    }


@contextmanager
def session(settings: Settings) -> Iterator[SparkSession]:
    """A Spark session: that of `spark-submit`, or one on this machine.

    Raises SettingsError that names what to install.
    """
    if find_spec("pyspark") is None:
        raise SettingsError("engine = spark: no pyspark; run: pip install 'copydesk[spark]'")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SettingsError("engine = spark: no Java; install Java 17 or set JAVA_HOME")
    warnings.filterwarnings("ignore", "PySpark does not yet", FutureWarning)  # no pandas is used
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    conf = SparkConf()
    if not conf.contains("spark.master"):
        conf.setMaster(settings.spark_master or f"local[{settings.workers}]")
    for name, value in _configuration(settings).items():
        conf.setIfMissing(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.config(conf=conf).getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _configuration(settings: Settings) -> dict[str, str]:
    """What is asked of Spark unless `spark-submit` says otherwise."""
    here = str(Path(__file__).resolve().parent.parent)
    return {
        "spark.app.name": "copydesk",
        "spark.executorEnv.PYTHONPATH": here,
        "spark.log.level": "ERROR",
        # Cleaning costs far more than opening a file: a task for each core, and no large ones.
        "spark.sql.files.maxPartitionBytes": "32m",
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(settings.batch_documents),
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _written(frame: DataFrame, schema: pa.Schema, make: Make, folder: Path) -> list[Written]:
    """What is made of the rows of a frame, written by its tasks below `folder`."""
    work = task(schema, make, folder.resolve())
    rows = frame.mapInArrow(work, _WRITTEN_SQL).collect()
    found = [Written(row["table"], Path(row["path"]), row["row_count"]) for row in rows]
    return sorted(found, key=lambda it: (it.table, it.path.name))


def task(
    schema: pa.Schema, make: Make, folder: Path
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The work of a task: batches of `schema` in, the names of the files that it wrote out.

    Each attempt writes files of its own names: one that was given up cannot disturb another.
    """

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context: Any = TaskContext.get()
        number = (context.partitionId(), context.taskAttemptId()) if context else (0, 0)
        name = f"{number[0]:05d}-{number[1]}.parquet"
        sinks: dict[str, ParquetSink] = {}
        for batch in batches:
            columns = [batch.column(field.name).cast(field.type) for field in schema]
            for table, rows in make(pa.RecordBatch.from_arrays(columns, schema=schema)).items():
                if table not in sinks:
                    sinks[table] = ParquetSink(folder / table / name, rows.schema)
                sinks[table].write(rows)
        told = []
        for table, sink in sinks.items():
            sink.close()
            told.append({"table": table, "path": str(sink.path), "row_count": sink.row_count})
        yield pa.RecordBatch.from_pylist(told, schema=_WRITTEN)

    return work
