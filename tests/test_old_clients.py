"""Readers need not upgrade: the serving file opens in DuckDB 1.5.

`COPYDESK_DUCKDB_15` names a Python that has it (`.ci/run` makes one).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pipelines import night
from pipelines.settings import load

OLD = os.environ.get("COPYDESK_DUCKDB_15", "")

pytestmark = pytest.mark.skipif(
    not Path(OLD).is_file(), reason="COPYDESK_DUCKDB_15 names no Python with DuckDB 1.5"
)

QUERY = """
import sys, duckdb
assert duckdb.__version__.startswith("1.5"), duckdb.__version__
with duckdb.connect(sys.argv[1], read_only=True) as con:
    tables = [row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()]
    for name in tables:
        print(f"{name}={con.execute(f'select count(*) from {name}').fetchone()[0]}")
"""


def test_duckdb_1_5_reads_every_public_table(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    text = "The lock gates at Elm were opened on Monday.\n\nThe river fell by two metres at once.\n"
    (landing / "lock.txt").write_text(text, "utf-8")
    outcome = night.run_night(load({"landing": landing, "home": tmp_path / "home"}, environment={}))
    done = subprocess.run(
        [OLD, "-c", QUERY, str(outcome.published)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    counts = dict(pair.split("=") for pair in done.stdout.split())
    assert counts["documents"] == counts["articles"] == counts["stories"] == "1"
    assert {"duplicate_pairs", "removed_lines", "repairs", "checks", "runs"} <= counts.keys()
