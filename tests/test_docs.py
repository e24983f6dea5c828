"""The documents are run: what they tell a reader to type works, and no command goes unnamed.

In a block marked `console`, a line that begins with `$ ` is a command; all commands of a document
run in order in one scratch checkout, whose environment is the one the tests run in. A block of
any other language is not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

NOT_DONE = {
    "make test": "the tests would start themselves",
    "make up": "tests/test_flows_server.py does it, on a port of its own",
    "make down": "tests/test_flows_server.py does it, on a port of its own",
}
"""Commands of which only `make -n` is run, with the reason."""


def commands(text: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing run in it yet, on the environment of the tests."""
    for entry in ROOT.iterdir():
        if entry.name not in {"data", ".venv"}:
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "samples").symlink_to(ROOT / "data" / "samples")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    if not (tmp_path / ".venv" / "bin" / "copydesk").exists():
        pytest.skip("copydesk is not installed in this environment: run `make test`")
    return tmp_path


def outside_of_make() -> dict[str, str]:
    """The environment of a reader's shell: not that of the `make test` we may run in."""
    ours = ("COPYDESK_", "MAKE", "MFLAGS", "VENV")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def as_run(command: str) -> str:
    """The command with the installation taken as done."""
    if not command.startswith("make "):
        return command
    if command in NOT_DONE:
        return command.replace("make ", "make -n ")
    stamps = [".venv/bin/python", ".venv/.runtime", ".venv/.dev"]
    return command.replace("make ", "make " + "".join(f"-o {stamp} " for stamp in stamps))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if commands(path.read_text("utf-8"))], ids=name
)
def test_every_command_in_the_document_works(document: Path, checkout: Path) -> None:
    environment = outside_of_make()
    for command in commands(document.read_text("utf-8")):
        done = subprocess.run(
            ["bash", "-c", as_run(command)],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"


def test_the_readme_is_run() -> None:
    assert {"make run", "make test"} <= set(commands((ROOT / "README.md").read_text("utf-8")))


def test_every_command_of_copydesk_is_explained() -> None:
    running = (ROOT / "docs" / "running.md").read_text("utf-8")
    missing = [
        each for each in app if not each.startswith("-") and f"`copydesk {each}" not in running
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_no_document_names_a_command_or_a_file_that_is_not_there(document: Path) -> None:
    text = document.read_text("utf-8")
    named = set(re.findall(r"`copydesk ([a-z]+)", text))
    assert named - set(app) == set()
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [each for each in targets if not (document.parent / each).exists()] == []
    paths = re.findall(r"`((?:pipelines|flows|sql|tests|docs|benchmarks)/[\w./-]+)`", text)
    assert [each for each in paths if not (ROOT / each).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    pages = [*(ROOT / "docs" / "decisions").glob("*.md"), *(ROOT / "docs").glob("*.md")]
    linked = [
        page.relative_to(ROOT / "docs").as_posix() for page in pages if page.name != "index.md"
    ]
    assert [each for each in linked if f"({each})" not in index] == []


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", each) for each in headings[1:])
    sections = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert sections <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
