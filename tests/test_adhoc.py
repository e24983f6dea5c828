"""`copydesk sql`: what it answers, in which form, and all that it refuses to do."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pty
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from os import close, read, write
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hostile_titles import HOSTILE
from published_fixture import Plan, publish_plan

from pipelines import adhoc
from pipelines.decimals import shortest
from pipelines.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = Plan(nights=2, sites=4, documents=20, checks=4, titles=HOSTILE)
    folder = tmp_path_factory.mktemp("adhoc")
    publish_plan(plan, folder)
    return folder


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipelines.cli", "sql", "--home", str(home), *arguments]


@pytest.fixture
def ask(home: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    def run(
        sql: str, form: adhoc.Form = "table", *, parquet: Path | None = None, **limits: float
    ) -> tuple[int, str, str]:
        settings = Settings(home=home, **limits)
        code = adhoc.main_query(settings, sql, form, parquet=parquet)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_a_table_lists_rows(ask: Ask) -> None:
    code, out, err = ask("select site, document_count from sites order by site limit 2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].split() == ["site", "document_count"]
    assert lines[3].split()[0] == "brackwater-gazette.example"


def test_csv_is_parsed_back(ask: Ask) -> None:
    code, out, _ = ask("select document_id, headline, captions from documents", "csv")
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert code == 0
    assert rows[0] == ["document_id", "headline", "captions"] and len(rows) > 100


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " ="])
def test_a_csv_cell_never_starts_a_formula(ask: Ask, start: str) -> None:
    literal = f"{start}cmd|' /C calc'!A0".replace("'", "''")
    _, out, _ = ask(f"select '{literal}' as a, -5 as b, 'plain' as c", "csv")
    row = list(csv.reader(io.StringIO(out, newline="")))[1]
    assert row[0].startswith("'") and row[1:] == ["-5", "plain"]


def test_json_lines_are_parsed_back_with_their_types(ask: Ask) -> None:
    code, out, _ = ask(
        "select 1 as n, 1.5::decimal(4, 2) as d, 'ü' as t, null as z, [1, 2] as l, {'a': 1} as s, "
        "timestamptz '2026-03-02 01:02:03+00' as at, 'ab'::blob as b, 2::hugeint ** 100 as h, "
        "date '2026-03-02' as day, 1 as n",
        "json",
    )
    row = json.loads(out)
    assert code == 0
    assert (row["n"], row["n_2"], row["t"], row["z"], row["l"]) == (1, 1, "ü", None, [1, 2])
    assert row["s"] == {"a": 1} and row["d"] == "1.50" and row["b"] == "6162"
    assert datetime.fromisoformat(row["at"]).isoformat() == "2026-03-02T01:02:03+00:00"
    assert row["day"] == "2026-03-02"


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("0.99::float", "0.99"),
        ("0.1::double", "0.1"),
        ("-1e-30::float", "-1e-30"),
        ("16777217::float", "16777216.0"),
        ("3.4028235e38::float", "3.4028235e+38"),
        ("(1 / 3)::float", "0.33333334"),
        ("[0.99::float, null]", "[0.99, null]"),
        ("[0.99]::float[1]", "[0.99]"),
        ("{'a': [0.3::float]}", '{"a": [0.3]}'),
    ],
)
def test_single_precision_is_told_in_few_digits(
    ask: Ask, sql: str, said: str, form: adhoc.Form
) -> None:
    """As few as are the same number when they are read back."""
    _, out, _ = ask(f"select {sql} as x", form)
    if form == "json":
        assert out == f'{{"x": {said}}}\n'
    elif said[0] not in "[{":
        assert out.splitlines() == ["x", said]
    else:
        assert "0000" not in out


def test_every_score_in_few_digits_is_the_same_score() -> None:
    packed = (struct.pack("<I", bits) for bits in range(0, 0x7F800000, 99_991))
    scores = [struct.unpack("<f", it)[0] for it in packed]
    assert [struct.unpack("<f", struct.pack("<f", shortest(it)))[0] for it in scores] == scores
    assert math.isnan(shortest(math.nan)) and shortest(-math.inf) == -math.inf


def test_parquet_is_written_whole(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "stories.parquet"
    code, out, err = ask("from stories", parquet=target)
    assert (code, out) == (0, "")
    assert f"{pq.read_table(target).num_rows:,} rows" in err
    assert list(tmp_path.iterdir()) == [target]


def test_a_table_shows_what_steers_a_terminal(ask: Ask) -> None:
    _, out, _ = ask("select headline from documents where headline is not null limit 1000")
    assert "\x1b" not in out and "\u202e" not in out and "\x07" not in out
    assert "<U+001B>" in out and "<U+202E>" in out


def test_a_long_answer_says_that_it_was_cut(ask: Ask) -> None:
    code, out, err = ask("from range(5000)")
    assert code == 0 and "first 1,000 rows" in err
    assert len(out.splitlines()) < 1_010


def test_a_plan_is_shown(ask: Ask) -> None:
    code, out, _ = ask("explain select headline from documents")
    assert code == 0 and "headline" in out


@pytest.mark.parametrize("is_piped", [False, True])
def test_a_query_of_bytes_that_are_no_text_is_told(home: Path, is_piped: bool) -> None:
    query = b"select '\xff'"
    call = [os.fsencode(it) for it in command(home)] + ([] if is_piped else [query])
    done = subprocess.run(call, input=query, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr == b"copydesk sql: the query holds bytes that are no UTF-8\n"


def test_a_query_may_come_from_a_pipe(home: Path) -> None:
    done = subprocess.run(
        command(home, "--csv"),
        input="select 1 + 1 as two",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.splitlines() == ["two", "2"]


FORBIDDEN = (
    "create table x as select 1",
    "create temp table x as select 1",
    "delete from documents",
    "insert into sites select * from sites",
    "update documents set headline = ''",
    "drop table documents",
    "copy documents to '{folder}/stolen.csv'",
    "copy (select 1) to '{folder}/stolen.parquet' (format parquet)",
    "export database '{folder}/stolen'",
    "import database '{folder}'",
    "attach '{folder}/other.duckdb' as other",
    "detach copydesk",
    "install httpfs",
    "load httpfs",
    "load '{folder}/x.duckdb_extension'",
    "set memory_limit = '100GB'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset memory_limit",
    "pragma enable_profiling",
    "pragma database_list",
    "call pragma_version()",
    "checkpoint",
    "begin",
    "prepare p as select 1",
    "use memory",
    "set variable x = 1",
    "from '/etc/passwd'",
    "from read_text('/etc/passwd')",
    "from read_blob('/etc/passwd')",
    "from read_csv('/etc/passwd')",
    "from read_json('{folder}/x.json')",
    "from read_parquet('{folder}/x.parquet')",
    "from glob('/etc/*')",
    "from sniff_csv('/etc/passwd')",
    "from 'http://127.0.0.1:9/x.parquet'",
    "select getenv('HOME')",
    "from duckdb_secrets()",
    "from request",
    "from sys",
    "with gone as (delete from documents returning *) from gone",
    "select 1; drop table documents",
    "selec 1",
    "select * from no_such_table",
    "",
    "-- nothing",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_it_only_reads_what_is_published(ask: Ask, tmp_path: Path, sql: str) -> None:
    code, out, err = ask(sql.format(folder=tmp_path))
    assert (code, out) == (1, "")
    assert err.startswith("copydesk sql: ") and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_query_that_does_not_end_is_ended(ask: Ask) -> None:
    begun = time.monotonic()
    code, out, err = ask("select count(*) from range(100000000000)", sql_timeout=2.0)
    assert (code, out) == (1, "")
    assert "stopped after 2 s" in err and "sql_timeout" in err
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "sql",
    [
        "select length(repeat('x', 4000000000))",
        "select list(i) from range(2000000000) as t(i)",
        "select repeat('x', 1000000000) || i from range(8) as t(i)",
    ],
)
def test_memory_is_limited(ask: Ask, sql: str) -> None:
    code, _, err = ask(sql, "csv", sql_memory=200_000_000)
    assert code == 1
    assert "memory" in err or "stopped" in err
    assert "SET memory_limit" not in err


def test_the_limits_are_settings(home: Path, tmp_path: Path) -> None:
    """From copydesk.toml and the environment to the process that runs the query."""
    file = tmp_path / "copydesk.toml"
    file.write_text("sql_memory = 300_000_000\nsql_timeout = 60\n")
    settings = load({"home": home}, environment={"COPYDESK_SQL_TIMEOUT": "7.5"}, file=file)
    query = adhoc.query_of(settings, "select 1", "csv")
    assert (query.memory_bytes, query.timeout_seconds) == (300_000_000, 7.5)
    limits = "select current_setting('memory_limit') as memory, 1 as one"
    file.write_text("sql_memory = 300_000_000\n")
    done = subprocess.run(
        command(home, "--csv", limits),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[1] == "286.1 MiB,1"


def test_the_reader_of_a_pipe_may_leave(home: Path) -> None:
    with subprocess.Popen(
        command(home, "--csv", "from range(10000000)"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdout.readline().strip() == b"range"
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_a_query_that_is_stopped_leaves_nothing_it_has_spilled(home: Path, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "copydesk.toml").write_text("sql_timeout = 2\nsql_memory = 100_000_000\n")
    done = subprocess.run(
        command(home, "--csv", "from range(2000000000) as t(i) order by i % 7919, i"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "stopped after 2 s" in done.stderr
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_foreign_folder_cannot_slip_its_own_modules_in(home: Path, tmp_path: Path) -> None:
    (tmp_path / "duckdb.py").write_text("raise SystemExit('foreign code ran')")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "__init__.py").write_text("raise SystemExit('foreign code ran')")
    code = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from pipelines import cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "sql", "--home", str(home), "--csv", "select 42"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["42"], done.stderr


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="copydesk run"):
        adhoc.main_query(Settings(home=tmp_path), "select 1")


def test_readers_do_not_hinder_the_next_night(home: Path, tmp_path: Path) -> None:
    """A query holds the file it opened; replacing it neither waits nor disturbs."""
    database = tmp_path / "published" / "copydesk.duckdb"
    database.parent.mkdir()
    database.write_bytes((home / "published" / "copydesk.duckdb").read_bytes())
    query = adhoc.query_of(Settings(home=tmp_path), "select count(*) from range(30000000)", "csv")
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.adhoc_query"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        process.stdin.write(json.dumps(adhoc.asdict(query)).encode())
        process.stdin.close()
        beside = tmp_path / "new"
        with duckdb.connect(str(beside)) as con:
            con.execute("create table sites as select 1 as site")
        beside.replace(database)
        assert process.stdout.read().split() == [b"count_star()", b"30000000"]
        assert process.wait(60) == 0


def test_the_shell_answers_and_leaves(home: Path) -> None:
    """In a real terminal: a query over two lines, a command, an error, and the way out."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(home),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        close(theirs)
        typed = ".help\n.tables\n.schema sites\n.mode csv\nselect 6 *\n7 as answer;\n"
        write(ours, f"{typed}.mode xml\ndrop table sites;\n.quit\n".encode())
        out, err = process.communicate(timeout=60)
        read(ours, 10_000)
        close(ours)
    assert process.returncode == 0
    assert "duplicate_pairs" in out and "One row per site." in out
    assert "removed_share" in out and "answer\n42" in out.replace("\r", "")
    assert ".schema TABLE" in err and "modes are table" in err and "DROP is not possible" in err
