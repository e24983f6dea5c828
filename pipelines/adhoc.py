"""Ad-hoc questions to the published tables: `copydesk sql`, one statement or a small shell.

The query itself runs in a process of its own (`adhoc_query`), so that limits bind and a time-out
can end it whatever it is doing. Each query opens the serving file anew: a shell that was left open
overnight answers from the new night.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

from pipelines.settings import Settings

Form = Literal["table", "csv", "json"]
FORMS: Final[dict[str, Form]] = {"table": "table", "csv": "csv", "json": "json"}

_FAILED: Final = 1
_HELP: Final = """\
End a query with ; to run it. It can only read, and is stopped after {seconds:g} s.
.tables          the public tables
.schema TABLE    the columns of a table, described
.mode FORM       table, csv or json
.quit            leave (so does Ctrl-D)
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What the query process is asked to do, within which limits (bytes, seconds).

    The limits are settings (`sql_memory`, `sql_timeout`). A question over a million articles takes
    under ten seconds, one with a forgotten join condition hours; beyond the memory DuckDB spills.
    """

    database: str
    sql: str
    form: str
    parquet: str | None
    memory_bytes: int
    timeout_seconds: float
    scratch: str = ""
    """Folder to spill to; nothing is spilled without."""


def main_query(
    settings: Settings, sql: str | None, form: Form = "table", *, parquet: Path | None = None
) -> int:
    """Answer one query on stdout, or run the shell if there is none; returns the exit code.

    Without a query and with a piped stdin, the query is read from there. Exit code 0 for an
    answer, 1 for a query that failed or was stopped; errors go to stderr. Raises
    FileNotFoundError if nothing is published.
    """
    published = settings.published / "copydesk.duckdb"
    if not published.is_file():
        raise FileNotFoundError(f"{published}: nothing is published yet; run `copydesk run` first")
    if sql is None and sys.stdin.isatty():
        return shell(settings, form)
    try:
        text = sys.stdin.read() if sql is None else sql
        text.encode()
    except UnicodeError:
        return _fail("the query holds bytes that are no UTF-8")
    return ask(query_of(settings, text, form, parquet))


def query_of(settings: Settings, sql: str, form: Form, parquet: Path | None = None) -> Query:
    """A query of the published tables within the limits of the settings."""
    target = str(parquet.absolute()) if parquet else None
    published = str(settings.published / "copydesk.duckdb")
    return Query(published, sql, form, target, settings.sql_memory, settings.sql_timeout)


def ask(query: Query) -> int:
    """Run one query in its own process; its output goes where ours goes.

    Returns its exit code: 0, or 1 with the reason on stderr; 141 if the reader of a pipe left.
    """
    # Ours, not the query's: a process that is stopped cleans nothing up.
    with tempfile.TemporaryDirectory(prefix="copydesk-sql-", ignore_cleanup_errors=True) as scratch:
        return _answered(replace(query, scratch=scratch))


def _answered(query: Query) -> int:
    sys.stdout.flush()
    command = [sys.executable, "-P", "-m", "pipelines.adhoc_query"]
    here = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": here}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603
        try:
            process.communicate(json.dumps(asdict(query)).encode(), timeout=query.timeout_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            limit = f"{query.timeout_seconds:g} s"
            remedy = "ask for less, e.g. `limit 100`, or set sql_timeout"
            return _fail(f"stopped after {limit}; {remedy}")
        except BaseException:
            process.kill()
            raise
    return _code_of(process.returncode, query)


def _code_of(code: int, query: Query) -> int:
    if code >= 0:
        return code
    if -code == signal.SIGPIPE:
        return 128 + signal.SIGPIPE
    name = signal.Signals(-code).name
    limit = f"{query.memory_bytes / 1e9:g} GB"
    return _fail(
        f"the query was ended by {name}: more memory than {limit} (sql_memory) or more time than "
        f"{query.timeout_seconds:g} s (sql_timeout)"
    )


def _fail(problem: str) -> int:
    print(f"copydesk sql: {problem}", file=sys.stderr)
    return _FAILED


def shell(settings: Settings, form: Form) -> int:
    """Read queries from the terminal until Ctrl-D; returns 0."""
    import readline  # noqa: F401 (editing and history of `input`, where there is one)

    print(
        f"{settings.published / 'copydesk.duckdb'}: read-only. .help lists what else there is.",
        file=sys.stderr,
    )
    for text in _lines():
        try:
            form = _do(settings, text, form)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    return 0


def _do(settings: Settings, text: str, form: Form) -> Form:
    command, _, rest = text.partition(" ")
    match command:
        case ".mode":
            if rest in FORMS:
                return FORMS[rest]
            _fail("modes are table, csv and json")
        case ".help":
            print(_HELP.format(seconds=settings.sql_timeout), end="", file=sys.stderr)
        case _:
            ask(query_of(settings, _sql_of(command, rest, text), form))
    return form


def _sql_of(command: str, rest: str, text: str) -> str:
    if command == ".tables":
        return (
            'select table_name, estimated_size as "rows", comment as description '
            "from duckdb_tables() order by table_name"
        )
    if command == ".schema":
        name = "'" + rest.strip().replace("'", "''") + "'"
        columns = "column_name, data_type, comment as description"
        return f"select {columns} from duckdb_columns() where table_name = {name}"  # noqa: S608
    return text


def _lines() -> Iterator[str]:
    """Dot commands line by line, queries up to their semicolon."""
    text = ""
    while True:
        try:
            line = input("    ...> " if text else "copydesk> ")
        except KeyboardInterrupt:
            text = ""
            print(file=sys.stderr)
            continue
        except EOFError:
            print(file=sys.stderr)
            return
        text = f"{text}\n{line}".strip()
        if text in (".quit", ".exit"):
            return
        if text.startswith(".") or text.endswith(";"):
            yield text
            text = ""
