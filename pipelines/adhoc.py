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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

Form = Literal["table", "csv", "json"]
FORMS: Final[dict[str, Form]] = {"table": "table", "csv": "csv", "json": "json"}

TIMEOUT_SECONDS: Final = 60.0
"""A question over a million articles takes under ten seconds; a forgotten join condition, hours."""

MEMORY_BYTES: Final = 1_000_000_000
"""As the nightly run may use (settings.memory_limit); beyond it DuckDB spills."""

_FAILED: Final = 1
_HELP: Final = """\
End a query with ; to run it. It can only read, and is stopped after a minute.
.tables          the public tables
.schema TABLE    the columns of a table, described
.mode FORM       table, csv or json
.quit            leave (so does Ctrl-D)
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What the query process is asked to do, within which limits."""

    database: str
    sql: str
    form: str = "table"
    parquet: str | None = None
    memory_bytes: int = MEMORY_BYTES
    timeout_seconds: float = TIMEOUT_SECONDS


def main_query(  # noqa: PLR0913 (what the command line offers)
    published: Path,
    sql: str | None,
    form: Form = "table",
    *,
    parquet: Path | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> int:
    """Answer one query on stdout, or run the shell if there is none; returns the exit code.

    Without a query and with a piped stdin, the query is read from there. Exit code 0 for an
    answer, 1 for a query that failed or was stopped; errors go to stderr. Raises
    FileNotFoundError if nothing is published.
    """
    if not published.is_file():
        raise FileNotFoundError(f"{published}: nothing is published yet; run `copydesk run` first")
    if sql is None and sys.stdin.isatty():
        return shell(published, form)
    target = str(parquet.absolute()) if parquet else None
    text = sys.stdin.read() if sql is None else sql
    query = Query(str(published), text, form, target, memory_bytes, timeout_seconds)
    return ask(query)


def ask(query: Query) -> int:
    """Run one query in its own process; its output goes where ours goes.

    Returns its exit code: 0, or 1 with the reason on stderr; 141 if the reader of a pipe left.
    """
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
            return _fail(f"stopped after {limit}; ask for less, e.g. one night or `limit 100`")
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
        f"the query was ended by {name}: more memory than {limit} or more time than it may"
    )


def _fail(problem: str) -> int:
    print(f"copydesk sql: {problem}", file=sys.stderr)
    return _FAILED


def shell(published: Path, form: Form) -> int:
    """Read queries from the terminal until Ctrl-D; returns 0."""
    import readline  # noqa: F401 (editing and history of `input`, where there is one)

    print(f"{published}: read-only. .help lists what else there is.", file=sys.stderr)
    for text in _lines():
        try:
            form = _do(published, text, form)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    return 0


def _do(published: Path, text: str, form: Form) -> Form:
    command, _, rest = text.partition(" ")
    match command:
        case ".mode":
            if rest in FORMS:
                return FORMS[rest]
            _fail("modes are table, csv and json")
        case ".help":
            print(_HELP, end="", file=sys.stderr)
        case _:
            ask(Query(str(published), _query_of(command, rest, text), form))
    return form


def _query_of(command: str, rest: str, text: str) -> str:
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
