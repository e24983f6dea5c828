"""Both engines, same input, same public tables; skipped where Spark or Java is not at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import contract, publish, spark, tonight
from pipelines.clean.article import clean_batch, load_cleaner
from pipelines.commits import ParquetSink
from pipelines.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
HAS_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))

needs_spark = pytest.mark.skipif(
    find_spec("pyspark") is None or not HAS_JAVA,
    reason="no pyspark or no Java 17: `make test-spark` installs the former",
)

NIGHTS = ("2026-03-02", "2026-03-04")
"""The second night brings texts of old stories, and documents that are cleaned anew."""


def run(home: Path, engine: str, night: str) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "run", "--quiet", "--date", night]
    places = ["--landing", str(SAMPLES), "--home", str(home), "--engine", engine]
    known = {**os.environ, "COPYDESK_BATCH_DOCUMENTS": "25"}
    done = subprocess.run(
        [*command, *places], cwd=ROOT, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def document(name: str, text: str) -> dict[str, Any]:
    given = dict.fromkeys(("source_uri", "source_format", "content_sha256", "run_id"), "x")
    night = datetime(2026, 3, 2, tzinfo=UTC)
    row = {"document_id": name, "raw_text": text, "ingested_at": night, **given}
    return dict.fromkeys(contract.DOCUMENTS.names) | row


def published(home: Path) -> dict[str, tuple[int, Any]]:
    now = publish.manifest(Settings(home=home))
    assert now is not None
    return {name: (it["row_count"], it["content_digest"]) for name, it in now["tables"].items()}


def litter(home: Path) -> set[str]:
    """Files that no commit names: those that the last night put others in the place of."""
    lake = tonight.open_lake(Settings(home=home))
    return {str(path.relative_to(lake.root)) for path in lake.sweep()}


@needs_spark
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("slow")
def test_both_engines_publish_the_same_tables(tmp_path: Path) -> None:
    seen = {}
    for engine in ("embedded", "spark"):
        for night in NIGHTS:
            run(tmp_path / engine, engine, night)
            seen[engine, night] = published(tmp_path / engine)
    for night in NIGHTS:
        embedded, distributed = seen["embedded", night], seen["spark", night]
        different = {name for name in embedded if embedded[name] != distributed[name]}
        assert different <= {"runs", "checks"}, "logs of a run bear its times"
    assert seen["spark", NIGHTS[0]] != seen["spark", NIGHTS[1]]
    lake = tonight.open_lake(Settings(home=tmp_path / "spark"))
    assert lake.damage() == []
    assert litter(tmp_path / "spark") == litter(tmp_path / "embedded"), "of attempts given up"
    tables = ("articles", "removed_lines", "repairs")
    names = [path.name for table in tables for path in lake.paths(table, lake.commits()[0].run_id)]
    assert len(names) > len(tables), "several tasks wrote files of their own"


@needs_spark
def test_a_task_that_fails_stops_the_run_and_leaves_no_commit(tmp_path: Path) -> None:
    """Spark tries a task again; what never succeeds ends the night, and nothing counts."""
    settings = Settings(home=tmp_path, engine="spark")
    lake = tonight.open_lake(settings)
    row = document("d", "A text.")
    with lake.stage("000001.2026-03-02", "ingest") as stage:
        stage.write("documents", pa.Table.from_pylist([row], schema=contract.DOCUMENTS))
    with pytest.raises(Exception, match="AttributeError"):
        broken: Any = None
        spark.clean(settings, lake, "000001.2026-03-02", broken, tmp_path / "scratch")
    assert [commit.verb for commit in lake.commits()] == ["ingest"]


def test_a_file_of_a_task_becomes_part_of_the_commit(tmp_path: Path) -> None:
    """Two tasks' files and one of our own, under one manifest; what no task named is swept away."""
    lake = tonight.open_lake(Settings(home=tmp_path))
    rows = [
        {"document_id": str(n), "repair_id": "r", "start_char": n, "before": "", "after": ""}
        for n in range(3)
    ]
    tables = [pa.Table.from_pylist([row], schema=contract.REPAIRS) for row in rows]
    with lake.stage("000001.2026-03-02", "clean") as stage:
        for number, table in enumerate(tables[:2]):
            sink = ParquetSink(stage.folder / "repairs" / f"{number:05d}-9.parquet", table.schema)
            sink.write(table)
            sink.close()
            stage.adopt("repairs", sink.path, sink.row_count)
        ParquetSink(stage.folder / "repairs" / "00000-10.parquet", contract.REPAIRS).close()
        stage.write("repairs", tables[2])
    assert sorted(lake.read("repairs")["document_id"].to_pylist()) == ["0", "1", "2"]
    assert len(lake.files("repairs")) == len({file.path for file in lake.files("repairs")}) == 3
    assert lake.damage() == [] and lake.sweep() == []
    assert not stage.folder.exists()


def test_the_work_of_a_task_is_that_of_the_embedded_engine(tmp_path: Path) -> None:
    """Without Spark: a batch through the function that Spark is given."""
    pytest.importorskip("pyspark")
    cleaner = load_cleaner(Settings())
    texts = ["The ferry sails again.\n\nShare this article", "", "One line."]
    rows = [document(str(n), text) for n, text in enumerate(texts)]
    batch = pa.RecordBatch.from_pylist(rows, schema=contract.DOCUMENTS)
    work = spark.task(contract.DOCUMENTS, lambda it: clean_batch(it, cleaner)._asdict(), tmp_path)
    (told,) = work(iter([batch]))
    expected = clean_batch(batch, cleaner)
    for written in told.to_pylist():
        table = getattr(expected, written["table"])
        assert pq.read_table(written["path"]).equals(pa.Table.from_batches([table]))
        assert written["row_count"] == table.num_rows


def test_an_unknown_engine_is_told_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="embedded or spark"):
        _ = Settings(engine="ray").is_distributed


def test_what_spark_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with (
        pytest.raises(SettingsError, match=r"Java 17|copydesk\[spark\]"),
        spark.session(Settings()),
    ):
        pass
