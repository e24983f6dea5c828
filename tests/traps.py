"""Traps of the libraries: which guard of ours keeps each from us, and which test sees it gone.

    python -m tests.traps            takes every guard away in a scratch copy: its test must fail
    python -m tests.traps zstd       only those whose trap contains the word

`tests/test_traps.py` checks that every guard still stands where this table says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Trap(NamedTuple):
    """`guard` stands in `file`; with `without` in its place, `test` fails."""

    trap: str
    file: str
    guard: str
    without: str
    test: str


TRAPS = (
    Trap(
        "SQLAlchemy 2.1.9: Prefect never creates scheduled runs",
        "pyproject.toml", '"sqlalchemy<2.1"', '"sqlalchemy"',
        "test_traps.py::test_versions_that_break_are_locked_out",
    ),
    Trap(
        "FastAPI 0.155: the Prefect server dies on import",
        "pyproject.toml", '"fastapi<0.151"', '"fastapi"',
        "test_traps.py::test_versions_that_break_are_locked_out",
    ),
    Trap(
        "PYTHONDONTWRITEBYTECODE doubles each start",
        "Makefile", "unexport PYTHONDONTWRITEBYTECODE", "",
        "test_traps.py::test_make_lets_python_write_byte_code",
    ),
    Trap(
        "Prefect results default to pickle",
        "flows/local.py", '"PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",', "",
        "test_flows.py::test_no_telemetry_and_no_pickle",
    ),
    Trap(
        "Prefect's server sends telemetry",
        "flows/local.py", '"PREFECT_SERVER_ANALYTICS_ENABLED": "false",', "",
        "test_flows.py::test_no_telemetry_and_no_pickle",
    ),
    Trap(
        "DuckDB 2 writes files that older clients cannot read",
        "pipelines/publish.py", "storage_version '{STORAGE_VERSION}', ", "",
        "test_traps.py::test_older_clients_can_read_what_is_published",
    ),
    Trap(
        "DuckDB fetches extensions by itself",
        "pipelines/warehouse.py",
        '"autoinstall_known_extensions": "false",', '"autoinstall_known_extensions": "true",',
        "test_warehouse.py::test_connections_reach_no_network_and_keep_to_utc",
    ),
    Trap(
        "Parquet is written without flushing it to disk",
        "pipelines/lake.py",
        '"page_checksum_verification": True', '"page_checksum_verification": False',
        "test_traps.py::test_readers_of_the_lake_verify_page_checksums",
    ),
    Trap(
        "nothing that is written is flushed (no COPY, no writer does)",
        "pipelines/durable.py",
        "            os.fsync(file.fileno())\n        beside", "        beside",
        "test_traps.py::test_what_is_written_is_flushed_then_named_then_the_folder_flushed",
    ),
    Trap(
        "a rename is lost with its folder",
        "pipelines/durable.py", "        raise\n    sync_folder(path.parent)", "        raise",
        "test_traps.py::test_what_is_written_is_flushed_then_named_then_the_folder_flushed",
    ),
    Trap(
        "a flipped bit in Parquet is read as wrong data",
        "pipelines/durable.py", "if file_sha256(path) != sha256:", "if False:",
        "test_lake.py",
    ),
    Trap(
        "gzip that ends early reads as a short file",
        "pipelines/ingest/unpack.py",
        'raise DamagedError("truncated_gzip", "gzip: the archive ends inside a member")',
        'return b""',
        "test_ingest_rejections.py",
    ),
    Trap(
        "zstd that ends early reads as a short file",
        "pipelines/ingest/unpack.py",
        'raise DamagedError("truncated_zstd", "zstd: the archive ends inside a frame")',
        'return b""',
        "test_ingest_rejections.py",
    ),
    Trap(
        "Arrow ends the process on a damaged Parquet file",
        "pipelines/ingest/parquet.py",
        "        except LostError as error:", "        except KeyError as error:",
        "test_traps.py::test_a_parquet_file_that_ends_its_reader_is_refused",
    ),
    Trap(
        "read_json fails the file for a byte order mark",
        "pipelines/ingest/json_lines.py", "content.stream.seek(mark)", "content.stream.seek(0)",
        "test_ingest_reading.py",
    ),
    Trap(
        "JSON parsers keep the last of two equal keys",
        "pipelines/ingest/json_lines.py",
        "if (name := repeated_key(data, record)) is not None:", "if (name := None) is not None:",
        "test_ingest_rejections.py",
    ),
    Trap(
        "a name that is a path, a link that leads out of the landing zone",
        "pipelines/ingest/landing.py",
        "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK", "os.O_RDONLY | os.O_NONBLOCK",
        "test_traps.py::test_a_link_that_takes_the_place_of_a_file_is_not_followed",
    ),
    Trap(
        "ad-hoc SQL reads other files",
        "pipelines/adhoc_query.py", 'con.execute("set enable_external_access = false")', "pass",
        "test_adhoc.py::test_it_only_reads_what_is_published",
    ),
    Trap(
        "ad-hoc SQL changes what it was bound by",
        "pipelines/adhoc_query.py", "if statement.type.name not in _READS:", "if False:",
        "test_adhoc.py::test_it_only_reads_what_is_published",
    ),
    Trap(
        "memory_limit does not stop a 4 GB string",
        "pipelines/adhoc_query.py",
        "resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))", "pass",
        "test_traps.py::test_a_query_is_bound_by_the_system_too",
    ),
    Trap(
        "Great Expectations is imported by every command",
        "pipelines/desk.py",
        "from pipelines import lease,", "import great_expectations\nfrom pipelines import lease,",
        "test_house.py::test_packages_are_imported_in_their_room_only",
    ),
    Trap(
        "libxml2 drops what lies deeper than 256 levels",
        "pipelines/ingest/extract.py",
        "return None if parser.error_log.filter_from_fatals() else tree", "return tree",
        "test_ingest_pages.py::test_a_hostile_page_is_bounded_and_not_silently_lost",
    ),
    Trap(
        "200,000 siblings take trafilatura minutes",
        "pipelines/ingest/extract.py", "MOST_TAGS: Final = 150_000", "MOST_TAGS: Final = 10**9",
        "test_traps.py::test_a_page_of_siblings_is_not_given_to_trafilatura",
    ),
    Trap(
        "trafilatura has no time-out of its own",
        "pipelines/ingest/page_worker.py", '_arm(page["seconds"])', "pass",
        "test_traps.py::test_the_kernel_ends_a_page_that_takes_too_long",
    ),
    Trap(
        "a title with a script in it reaches the page",
        "pipelines/dashboard/page.py", "autoescape=True", "autoescape=False",
        "test_dashboard_page.py::test_hostile_titles_have_no_effect",
    ),
    Trap(
        "a title of another direction bends the page",
        "pipelines/dashboard/shown.py", 'Markup("<bdi>{}</bdi>")', 'Markup("{}")',
        "test_traps.py::test_titles_are_isolated_on_the_page",
    ),
    Trap(
        "a pattern that backtracks hangs the night",
        "pipelines/clean/rulebook.py", "        compile_pattern(pattern, rule)\n", "        pass\n",
        "test_rules.py::test_a_bad_rule_names_file_rule_and_reason",
    ),
    Trap(
        "entities of a feed are expanded or fetched",
        "pipelines/ingest/feed.py", "if _SUBSET.search(", "if False and _SUBSET.search(",
        "test_ingest_rejections.py",
    ),
    Trap(
        "a spreadsheet runs a cell that begins a formula",
        "pipelines/adhoc_query.py", "return f\"'{cell}\"", "return cell",
        "test_adhoc.py::test_a_csv_cell_never_starts_a_formula",
    ),
    Trap(
        "a small archive unpacks to gigabytes",
        "pipelines/ingest/unpack.py", "if total > cap:", "if False:",
        "test_ingest_rejections.py",
    ),
)  # fmt: skip


def scratch(folder: Path) -> Path:
    """A copy of the tree that may be damaged."""
    kept = ("pipelines", "flows", "sql", "tests", "data/samples", "docs", "benchmarks")
    for name in kept:
        ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, symlinks=True)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, folder / path.name)
    return folder


def outcome(test: str, tree: Path) -> int:
    """Exit code of pytest for one test in a tree: 0 it holds, 1 it fails."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-o", "addopts="]
    done = subprocess.run(
        [*command, f"tests/{test}"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return 5 if " passed" not in done.stdout and done.returncode == 0 else done.returncode


def falls(trap: Trap, tree: Path) -> str:
    """What the test says with the guard, and what without it."""
    with_guard = outcome(trap.test, tree)
    path = tree / trap.file
    whole = path.read_text("utf-8")
    path.write_text(whole.replace(trap.guard, trap.without), "utf-8")
    try:
        without = outcome(trap.test, tree)
    finally:
        path.write_text(whole, "utf-8")
    if with_guard != 0:
        return "no test here"
    return "fails" if without == 1 else "STILL PASSES"


def main() -> int:
    """Take the guards away one by one. Returns 1 if a test did not notice."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="copydesk-traps-") as folder:
        tree = scratch(Path(folder))
        for trap in (it for it in TRAPS if wanted in it.trap):
            verdict = falls(trap, tree)
            unnoticed += verdict == "STILL PASSES"
            print(f"| {trap.trap} | `{trap.file}` | `{trap.test}` | {verdict} |", flush=True)
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
