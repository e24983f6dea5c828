"""Great Expectations is imported late, says nothing, and brings along only what is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sql_case import warehouse_of
from test_validate import STAMP

from pipelines import validate, warehouse
from pipelines.validate.imports import importing

QUIET = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_validate import MARTS, STAMP
from sql_case import warehouse_of
from pipelines import validate
assert "great_expectations" not in sys.modules, "imported too early"
con = warehouse_of(Path({home!r}), MARTS)
assert validate.check(con, schema="marts", **STAMP).num_rows
assert "great_expectations" in sys.modules
loaded = [it for it in sys.modules if it.startswith(("altair.", "sqlalchemy", "scipy.stats."))]
assert loaded == [], f"what no expectation needs: {{loaded[:9]}}"
"""


def test_great_expectations_is_lazy_silent_and_offline(tmp_path: Path) -> None:
    """Nothing printed, no file written, nothing sent.

    urllib3, which it imports, binds one socket to the loopback address to learn whether there is
    IPv6; no address is ever connected to.
    """
    home = tmp_path / "user"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    tests = Path(__file__).parent
    code = QUIET.format(tests=str(tests), home=str(tmp_path / "data"))
    command = [sys.executable, "-c", code]
    trace = tmp_path / "trace"
    if shutil.which("strace"):
        command = ["strace", "-f", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace), *command]
    environment = os.environ | {"HOME": str(home), "PYTHONPATH": str(tests.parent)}
    done = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.rglob("*")) + list(work.rglob("*")) == []
    if trace.is_file():
        calls = trace.read_text("utf-8").splitlines()
        assert [line for line in calls if "AF_INET" in line] == []


SHAPED = """/*
description = "Things."
grain = ["thing_id"]
[columns]
thing_id = "The thing."
kind = "What it is."
[[expect]]
type = "expect_column_kl_divergence_to_be_less_than"
column = "kind"
partition_object = { values = ["a", "b"], weights = [0.5, 0.5] }
threshold = 0.1
severity = "warning"
why = "As many of one kind as of the other."
*/
select 1
"""


@pytest.mark.parametrize(("kinds", "success"), [("abab", True), ("aaab", False)])
def test_what_is_imported_later_is_there_when_it_is_used(
    tmp_path: Path, kinds: str, success: bool
) -> None:
    """The expectation asks scipy.stats for a divergence and altair for a chart."""
    path = tmp_path / "sql" / "marts" / "things.sql"
    path.parent.mkdir(parents=True)
    (tmp_path / "sql" / "audits").mkdir()
    path.write_text(SHAPED, "utf-8")
    things = [{"thing_id": str(number), "kind": kind} for number, kind in enumerate(kinds)]
    with warehouse.closing(warehouse_of(tmp_path, {"marts.things": things})) as con:
        row = validate.check(con, schema="marts", **STAMP, folder=tmp_path / "sql").to_pylist()[0]
    assert row["success"] is success
    assert (row["observed_value"] < 0.1) is success


@pytest.fixture
def odd_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two modules that tell when they are executed, found by nobody else."""
    for name in ("odd_charts", "odd_database"):
        (tmp_path / f"{name}.py").write_text("import sys\nsys.odd_done = __name__\nvalue = 7\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "odd_done", "", raising=False)


@pytest.mark.usefixtures("odd_modules")
def test_a_module_is_executed_when_it_is_first_asked() -> None:
    with importing(later=["odd_charts"]):
        import odd_charts
    assert sys.odd_done == ""
    assert odd_charts.value == 7
    assert sys.odd_done == "odd_charts"


@pytest.mark.usefixtures("odd_modules")
def test_an_extra_is_missing_in_the_block_and_in_its_thread_only() -> None:
    found: list[int] = []

    def elsewhere() -> None:
        import odd_database

        found.append(odd_database.value)

    with importing(without=["odd_database"]):
        with pytest.raises(ModuleNotFoundError, match="odd_database"):
            import odd_database
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
    assert found == [7]
    del sys.modules["odd_database"]
    import odd_database

    assert odd_database.value == 7
