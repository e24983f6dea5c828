"""The process that runs one ad-hoc query: read-only, locked in, limited; its answer on stdout.

The SQL may be anything a stranger typed. DuckDB opens the serving file read-only, without access to
any other file, with its configuration locked and no extension to be loaded; the system limits
memory, CPU time and file size, since `memory_limit` alone did not stop a 2 GB string. Answers are
data of strangers too: a table shows control characters by name, a CSV cell never starts a formula.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.decimals import shortest
from pipelines.visible import plain_line

_TABLE_ROWS: Final = 1_000
_CELL_CHARS: Final = 200
_ROWS_PER_FETCH: Final = 2_000
_SPILL_BYTES: Final = 4_000_000_000
_THREADS: Final = 2
_READS: Final = frozenset({"SELECT", "EXPLAIN"})
_ADDRESS_SPACE_OVERHEAD: Final = 2_000_000_000
"""Interpreter, libraries and thread stacks map 1.3 GB before the first row is read."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula (OWASP, CSV injection)."""


def main() -> int:
    """Read a request (JSON, see `adhoc.Query`) from stdin and answer it. Returns the exit code."""
    request = json.load(sys.stdin)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    limit(request["memory_bytes"], request["timeout_seconds"])
    try:
        con = connect(request["database"], request["memory_bytes"], request["scratch"])
        answer(con, request)
    except (duckdb.OutOfMemoryException, MemoryError):
        print("copydesk sql: out of memory; ask for less or set sql_memory", file=sys.stderr)
        return 1
    except (duckdb.Error, ValueError, OSError) as error:
        print(f"copydesk sql: {error}", file=sys.stderr)
        return 1
    return 0


def limit(memory_bytes: int, seconds: float) -> None:
    """Bind this process: address space, CPU seconds, size of any file, no core dump."""
    address_space = memory_bytes + _ADDRESS_SPACE_OVERHEAD
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    cpu = int(seconds * _THREADS) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SPILL_BYTES, _SPILL_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def connect(database: str, memory_bytes: int, scratch: str) -> duckdb.DuckDBPyConnection:
    """The serving file, read-only, with everything else out of reach and that locked."""
    con = duckdb.connect(
        database,
        read_only=True,
        config={
            "memory_limit": f"{memory_bytes}B",
            "threads": str(_THREADS),
            "temp_directory": scratch,
            "max_temp_directory_size": f"{_SPILL_BYTES}B",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_unsigned_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def answer(con: duckdb.DuckDBPyConnection, request: dict[str, Any]) -> None:
    """Run the statements of a request and write what they return.

    Raises ValueError for no statement, for one that does not read, and for several where the form
    holds one result only.
    """
    statements = con.extract_statements(request["sql"])
    if not statements:
        raise ValueError('no query; try: copydesk sql "from sites"')
    for statement in statements:
        if statement.type.name not in _READS:
            kind = statement.type.name
            raise ValueError(f"{kind} is not possible: the published tables can only be read")
    if len(statements) > 1 and (request["parquet"] or request["form"] != "table"):
        raise ValueError("one query at a time, please: the form holds one result")
    for statement in statements:
        if request["parquet"]:
            write_parquet(con, statement.query, Path(request["parquet"]))
        elif statement.type.name == "EXPLAIN":
            print("\n".join(row[-1] for row in con.execute(statement.query).fetchall()))
        else:
            _WRITERS[request["form"]](con.execute(statement.query))


def names_of(result: duckdb.DuckDBPyConnection) -> list[str]:
    """Column names, a repeated one numbered: `a`, `a_2`."""
    names: list[str] = []
    for name, *_ in result.description or ():
        count = sum(1 for other in names if other == name or other.startswith(f"{name}_"))
        names.append(f"{name}_{count + 1}" if name in names else name)
    return names


def rows_of(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Rows as they come, numbers of single precision in as few digits as tell them."""
    kinds = [column[1] for column in result.description or ()]
    single = {place: kind for place, kind in enumerate(kinds) if "FLOAT" in str(kind)}
    while rows := result.fetchmany(_ROWS_PER_FETCH):
        for row in rows:
            if single:
                found = {place: _plain(row[place], kind) for place, kind in single.items()}
                yield tuple(found.get(place, cell) for place, cell in enumerate(row))
            else:
                yield row


def _plain(value: Any, kind: Any) -> Any:
    if value is None:
        return None
    match kind.id:
        case "float":
            return shortest(value)
        case "list" | "array":
            child = kind.children[0][1]
            return type(value)(_plain(it, child) for it in value)
        case "struct" if isinstance(value, dict):
            return {name: _plain(value[name], child) for name, child in kind.children}
    return value


def write_table(result: duckdb.DuckDBPyConnection) -> None:
    """A table for the eye: at most 1,000 rows, long cells cut, control characters by name."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numeric = [bool(_NUMBERS.fullmatch(str(column[1]))) for column in result.description or ()]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, is_number in zip(names_of(result), numeric, strict=True):
        table.add_column(Text(_shown(name)), justify="right" if is_number else "left")
    count = 0
    for count, row in enumerate(rows_of(result), start=1):
        if count > _TABLE_ROWS:
            break
        table.add_row(*(Text("" if cell is None else _shown(cell)) for cell in row))
    width = None if sys.stdout.isatty() else 10_000
    Console(file=sys.stdout, width=width, soft_wrap=width is not None).print(table)
    if count > _TABLE_ROWS:
        print(f"first {_TABLE_ROWS:,} rows; --csv or --json gives all", file=sys.stderr)


_NUMBERS: Final = re.compile(r"NUMBER|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*")


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.6g}"
    return plain_line(cell, _CELL_CHARS)


def write_csv(result: duckdb.DuckDBPyConnection) -> None:
    """RFC 4180 in UTF-8; a text that a spreadsheet would run gets a leading apostrophe."""
    writer = csv.writer(sys.stdout)
    writer.writerow([_inert(name) for name in names_of(result)])
    for row in rows_of(result):
        writer.writerow([_inert(cell) for cell in row])


def _inert(cell: object) -> object:
    if isinstance(cell, str) and cell.lstrip().startswith(_FORMULA):
        return f"'{cell}"
    return cell


def write_json(result: duckdb.DuckDBPyConnection) -> None:
    """One JSON object per row; times as ISO 8601, bytes as hexadecimal digits."""
    names = names_of(result)
    for row in rows_of(result):
        values = dict(zip(names, row, strict=True))
        print(json.dumps(values, ensure_ascii=False, default=_jsonable))


def _jsonable(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat else value)


def write_parquet(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    """The result as a Parquet file, whole or not at all; says on stderr what it wrote."""
    from pipelines.commits import ParquetSink

    reader = con.sql(sql).to_arrow_reader(_ROWS_PER_FETCH)
    beside = path.with_name(f".{path.name}.new")
    sink = ParquetSink(beside, reader.schema)
    for batch in reader:
        sink.write(batch)
    sink.close()
    beside.replace(path)
    print(f"{path}: {sink.row_count:,} rows", file=sys.stderr)


_WRITERS: Final[dict[str, Callable[[duckdb.DuckDBPyConnection], None]]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
}


if __name__ == "__main__":
    sys.exit(main())
