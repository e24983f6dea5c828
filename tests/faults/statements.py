"""What a stranger may type into `copydesk sql`: the tables are read, nothing else happens.

`write_log` is not among the attacks: it writes to a log in memory that goes with the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from test_adhoc import FORBIDDEN

from .crashes import TornError
from .runs import ROOT, Scene

MORE = (
    "from '{home}/lake/commits/*.json'",
    "from read_parquet('{home}/lake/documents/*/*.parquet')",
    "select * from parquet_scan('{home}/lake/documents/*/*.parquet')",
    "select * from parquet_metadata('{home}/lake/documents/*/*.parquet')",
    "select * from read_csv_auto('/etc/hosts')",
    "from read_ndjson_objects('/etc/hosts')",
    "from read_json_objects('/proc/self/environ')",
    "from read_text('/proc/self/environ')",
    "from read_blob('{folder}/../*')",
    "from query('from read_text(''/etc/passwd'')')",
    "from query_table('/etc/passwd')",
    "select * from (from read_text('/etc/hostname')) union all select 1, 2, 3, 4",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['/etc/passwd']",
    "set threads = 64",
    "set temp_directory = '{folder}'",
    "set home_directory = '{folder}'",
    "set extension_directory = '{folder}'",
    "set allow_unsigned_extensions = true",
    "set python_enable_replacements = true",
    "force install httpfs from 'http://127.0.0.1:9'",
    "create secret s (type s3, key_id 'x')",
    "create function f() as 1",
    "create view v as select 1",
    "attach 'http://127.0.0.1:9/x.duckdb'",
    "attach ':memory:' as m",
    "copy documents from '/etc/passwd'",
    "copy (select 1) to '/dev/stdout'",
    "vacuum",
    "commit",
    "execute p",
    "call add_parquet_key('k', '0123456789112345')",
    "select * from duckdb_settings() where (select count(*) from read_text('/etc/passwd')) > 0",
    "explain analyze copy documents to '{folder}/stolen.csv'",
    "pragma import_database('{folder}')",
    "alter table documents add column x int",
    "truncate documents",
    "comment on table documents is 'x'",
    "explain copy documents to '{folder}/stolen.csv'",
)
ATTACKS = (*FORBIDDEN, *MORE)
_ESCAPED = ("root:x:", "PATH=", "127.0.0.1\tlocalhost")


def attacks(scene: Scene, count: int) -> str:
    """Each statement through the real command; each must fail and leave everything as it was."""
    home, folder = scene.home(), scene.folder / "sql-attacks"
    folder.mkdir(exist_ok=True)
    (folder / "x.json").write_text('{"a": 1}')
    before = _state(home), _state(folder)
    for sql in ATTACKS[:count]:
        _ask(sql.format(folder=folder, home=home), home)
    if (_state(home), _state(folder)) != before:
        raise TornError(f"files changed: {_state(folder)}")
    return f"{len(ATTACKS[:count])} statements: 0 succeed, no file read, written or changed"


def _ask(sql: str, home: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "sql", "--csv", sql, "--home", str(home)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "COPYDESK_CANARY": "root:x:canary"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode == 0 or done.stdout or any(it in said for it in _ESCAPED):
        raise TornError(f"{sql!r}: exit {done.returncode}: {said[:300]}")
    if "Traceback" in said:
        raise TornError(f"{sql!r}: no clear word: {said[-300:]}")


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(it): (it.stat().st_size, it.stat().st_mtime_ns) for it in files}
