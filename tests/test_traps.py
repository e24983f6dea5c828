"""What the libraries do to those who trust them, one test for each guard that has no other.

Which guard each trap has is the table of `traps.py`; `python -m tests.traps` takes every guard away
and looks whether its test fails.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_zone import read_bytes
from packaging.requirements import Requirement
from published_fixture import Plan, publish_plan
from traps import ROOT, TRAPS, Trap

from pipelines import durable
from pipelines.dashboard.shown import name
from pipelines.ingest import extract, page_worker, parquet_process
from pipelines.ingest.landing import open_beneath
from pipelines.lake import Lake


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.trap)
def test_every_guard_stands_where_the_table_says(trap: Trap) -> None:
    assert trap.guard in (ROOT / trap.file).read_text("utf-8")
    name, _, function = trap.test.partition("::")
    assert f"def {function}" in (ROOT / "tests" / name).read_text("utf-8")


def test_versions_that_break_are_locked_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {it.name: it.specifier for it in map(Requirement, project["dependencies"])}
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    broken = {"sqlalchemy": "2.1.9", "fastapi": "0.155.0", "prefect": "3.10.0"}
    for package, version in broken.items():
        assert version not in asked[package], package
        found = re.search(rf"(?m)^{package}==(\S+)", lock)
        assert found and found[1] in asked[package], package


def test_make_lets_python_write_byte_code() -> None:
    done = subprocess.run(
        ["make", "-s", "--eval", "show-environment: ; @env", "show-environment"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PYTHONDONTWRITEBYTECODE" not in done.stdout


def test_older_clients_can_read_what_is_published(tmp_path: Path) -> None:
    path = publish_plan(Plan(nights=1, sites=2, documents=2, checks=2), tmp_path)
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as serving (read_only)")
        sql = "select tags['storage_version'] from duckdb_databases() where database_name = $1"
        assert con.execute(sql, ["serving"]).fetchall() == [("v1.4.0+",)]


def test_no_model_stores_the_hash_of_one_version_of_the_engine() -> None:
    found = [
        path.name
        for path in (ROOT / "sql").glob("*/*.sql")
        if re.search(r"(?<![\w.])hash\(", path.read_text("utf-8"))
    ]
    assert found == []


def test_readers_of_the_lake_verify_page_checksums(tmp_path: Path) -> None:
    """A bit that turns after the digest was taken, as on a failing disk, is still found."""
    lake = Lake(tmp_path, {"things": pa.schema([("name", pa.string())])})
    with lake.stage("000001.2026-03-02", "ingest") as stage:
        stage.write("things", pa.table({"name": [f"thing {n}" for n in range(1000)]}))
    rows = lake.dataset("things")
    path = next(tmp_path.rglob("*.parquet"))
    column = pq.read_metadata(path).row_group(0).column(0)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"(?i)checksum|crc"):
        rows.to_table()


def test_what_is_written_is_flushed_then_named_then_the_folder_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    flush, name = os.fsync, Path.replace

    def flushed(descriptor: int) -> None:
        order.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        flush(descriptor)

    def named(path: Path, target: Path) -> Path:
        order.append("name")
        return name(path, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", named)
    durable.write_atomically(tmp_path / "a.json", b"{}")
    assert order == ["file", "name", "folder"]


def fatal_parquet() -> bytes:
    """A file, found by fuzzing, whose metadata makes Arrow throw what nobody catches."""
    folder = ROOT / "data" / "samples" / "2026-03-04" / "faults.example"
    return (folder / "fatal.parquet").read_bytes()


def test_a_parquet_file_that_ends_its_reader_is_refused(tmp_path: Path) -> None:
    reading = read_bytes(tmp_path / "landing", fatal_parquet())
    assert (reading.reasons, reading.documents) == (["corrupt_parquet"], [])
    assert "ended the process" in reading.rejections[0].detail


def test_a_parquet_reader_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_process, "_WALL_SECONDS", 0.0)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["The river rose."]}), path)
    reading = read_bytes(tmp_path / "landing", path.read_bytes())
    assert reading.reasons == ["corrupt_parquet"]
    assert "did not end" in reading.rejections[0].detail


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not ours to read")
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "a.txt").symlink_to(tmp_path / "secret")
    with (
        pytest.raises(OSError, match="symbolic link"),
        open_beneath(tmp_path / "landing", ("a.txt",)),
    ):
        pass


def test_a_query_is_bound_by_the_system_too() -> None:
    code = (
        "from resource import *; from pipelines.adhoc_query import limit; limit(1000, 5.0); "
        "print(getrlimit(RLIMIT_AS)[0], getrlimit(RLIMIT_CPU)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    space, seconds = map(int, done.stdout.split())
    assert 0 < space < 4_000_000_000
    assert 0 < seconds <= 11


def test_a_page_of_siblings_is_not_given_to_trafilatura(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        pytest.fail("it would take minutes")

    monkeypatch.setattr(extract, "bare_extraction", never)
    page = f"<html><body>{'<p>word</p>' * 200_000}<p>The last words of a page.</p></body></html>"
    found = extract.extract(page)
    assert found["text"].endswith("The last words of a page.")
    assert found["flags"] == ["html_fallback"]


def test_the_kernel_ends_a_page_that_takes_too_long() -> None:
    """Whatever becomes of the parent, and also inside C code that never looks up."""
    page = {"html": "<div><p>word " * 60_000, "is_fallback": False, "seconds": 0.2}
    frame = io.BytesIO()
    page_worker.write_frame(frame, page)
    command = [sys.executable, "-m", "pipelines.ingest.page_worker", "1000000000", "trafilatura"]
    done = subprocess.run(
        command, cwd=ROOT, input=frame.getvalue(), capture_output=True, check=False
    )
    assert done.returncode in (-signal.SIGPROF, -signal.SIGALRM)


def test_titles_are_isolated_on_the_page() -> None:
    assert name("\u202eabc").startswith("<bdi>")
