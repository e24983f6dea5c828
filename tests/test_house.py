"""The house checks itself: what may import what, sizes, names, locks, and nothing of a machine.

An exception stands in a table here, with its reason, or is not made. That every model has a case is
in test_sql_cases.py, that every rule shows what it takes and leaves in test_rules.py.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for top in ("pipelines", "flows") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))

ONLY_IN = {
    "duckdb": ("pipelines/warehouse.py", "pipelines/publish.py", "pipelines/adhoc_query.py"),
    "prefect": ("flows/",),
    "great_expectations": ("pipelines/validate",),
    "pandas": ("pipelines/validate",),
    "trafilatura": ("pipelines/ingest/",),
    "pickle": (),
    "urllib.request": ("flows/local.py",),
    "requests": (),
    "httpx": (),
}
"""Packages with one room each; pickle executes what it reads, and nothing is ever fetched.

`adhoc_query` runs a stranger's SQL in a process of its own and imports as little as it can."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}

MOST_FILE_LINES = 300
MOST_TEST_FILE_LINES = 400
"""A test file is read by itself, and most of it is tables of cases."""
LONG_FILES = {
    "benchmarks/train_line_model.py": "one script, read from top to bottom",
    "tests/test_validate.py": "tables of expectations and the rows that must fail them",
}

MOST_FUNCTION_LINES = 50
LONG_FUNCTIONS: dict[str, str] = {}

MOST_ROOT_ENTRIES = 20


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def misplaced(name: str, text: str) -> list[str]:
    """Imports of `text`, a module at path `name`, that belong into another room."""
    return [
        f"{name}:{line}: {module}"
        for line, module in imported(ast.parse(text))
        for package, rooms in ONLY_IN.items()
        if (module == package or module.startswith(f"{package}.")) and not name.startswith(rooms)
    ]


def test_imports_go_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=".importlinter", no_cache=True, no_logo=True) == 0


def test_packages_are_imported_in_their_room_only() -> None:
    found = [
        each for path in SOURCES for each in misplaced(relative(path), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["import duckdb", "def f():\n    from prefect import flow", "from urllib import request"],
)
def test_a_misplaced_import_is_found(text: str) -> None:
    assert misplaced("pipelines/link/x.py", text)


def test_one_start_of_the_command_line_loads_no_heavy_package() -> None:
    code = (
        "import sys; from pipelines import cli\n"
        "try: cli.main([sys.argv[1], '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'prefect', 'great_expectations', 'pandas', 'trafilatura', 'numba', 'duckdb'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    for command in ("run", "explain", "sql"):
        done = subprocess.run(
            [sys.executable, "-c", code, command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr.splitlines()[-1] == "[]", command


def test_names_say_what_a_module_is_for() -> None:
    parts = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & BANNED_NAMES == set()


def test_files_are_short() -> None:
    limits = [(MOST_FILE_LINES, [*SOURCES, *BENCHMARKS]), (MOST_TEST_FILE_LINES, TESTS)]
    long = {
        relative(path)
        for most, paths in limits
        for path in paths
        if len(path.read_text("utf-8").splitlines()) > most
    }
    assert long <= set(LONG_FILES), "split the file, or give the reason in LONG_FILES"


def function_lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{relative(path)}:{node.name}", length


def test_functions_are_short() -> None:
    lengths = [found for path in SOURCES for found in function_lengths(path)]
    long = {name for name, length in lengths if length > MOST_FUNCTION_LINES}
    assert long == set(LONG_FUNCTIONS), "split the function, or give the reason in LONG_FUNCTIONS"


def test_tests_do_not_mock_our_own_code() -> None:
    found = [
        f"{relative(path)}:{line}"
        for path in TESTS
        for line, module in imported(parse(path))
        if module.startswith(("unittest.mock", "mock", "pytest_mock"))
    ]
    assert found == []


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the list of files is unknown")
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_the_root_stays_small() -> None:
    entries = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert len(entries) <= MOST_ROOT_ENTRIES, sorted(entries)


MACHINE = re.compile(
    rb"(?<![\w.:/-])/(?:home|Users|root|work|tmp|opt|mnt)/[\w.]+"
    rb"|(?:extra-)?index-url|find-links|pythonhosted"
)


def test_no_path_or_address_of_a_machine_is_written_down() -> None:
    found = [
        f"{relative(path)}: {hit[0].decode()}"
        for path in tracked()
        if path != Path(__file__) and not relative(path).startswith("data/samples/")
        for hit in MACHINE.finditer(path.read_bytes())
    ]
    assert found == []


def locked(name: str) -> dict[str, set[str]]:
    """The versions a lock file names, by package; a few differ between versions of Python."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / name).read_text("utf-8")):
        versions.setdefault(package, set()).add(version)
    return versions


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_is_exact_hashed_and_free_of_addresses(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    entries = text.replace("\\\n", " ").splitlines()
    assert [line for line in entries if "==" not in line or "--hash=sha256:" not in line] == []


def wanted(*groups: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lines = list(project["project"]["dependencies"])
    lines += [line for group in groups for line in project["dependency-groups"][group]]
    lines += project["build-system"]["requires"]
    return {re.split(r"[<>=!~;\[ ]", line)[0].lower().replace("_", "-") for line in lines}


def test_the_lock_covers_what_the_project_asks_for() -> None:
    assert wanted() - set(locked("requirements.lock")) == set()
    assert wanted("dev") - set(locked("requirements-dev.lock")) == set()


def test_both_locks_agree() -> None:
    development = locked("requirements-dev.lock")
    runtime = locked("requirements.lock")
    assert runtime == {name: development.get(name) for name in runtime}


def test_shell_scripts_and_make_parse() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)
    # Inside `make test` a make of our own would inherit its flags and talk about folders.
    outside = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, env=outside, capture_output=True, text=True, check=True
    )
    targets = [line.split()[0] for line in listed.stdout.splitlines()]
    assert {"run", "test", "lint", "types", "proofs", "up", "down", "clean"} <= set(targets)
    for target in targets:
        subprocess.run(
            ["make", "-n", target], cwd=ROOT, env=outside, capture_output=True, check=True
        )
