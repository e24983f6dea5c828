"""Every error that a user can meet has a place in `docs/errors.md`, with its cause and a remedy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import night
from pipelines.exits import CODES, guarded
from pipelines.ingest import REASONS, SpoolError
from pipelines.lease import LeaseHeldError
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"(?ms)^### (.+?)\n(.*?)(?=^##|\Z)", PAGE))

INSIDE = {
    "FieldTypeError": "becomes the reason field_type",
    "LostError": "becomes the reasons html_timeout, html_memory, corrupt_parquet",
    "UnreadableError": "becomes the reason unreadable",
    "UnsettledError": "the file is left for the next run",
}
"""Errors that never leave the package, and what becomes of them."""


def defined() -> set[str]:
    """Names of all exceptions that our modules define."""
    files = [path for top in ("pipelines", "flows") for path in (ROOT / top).rglob("*.py")]
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
                found.add(node.name)
    return found


def test_every_error_has_a_section_or_never_leaves_the_package() -> None:
    assert defined() - set(INSIDE) - set(SECTIONS) == set()
    assert set(INSIDE) <= defined()


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_section_with_its_remedy(reason: str) -> None:
    assert REASONS[reason] in SECTIONS[reason]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_names_a_cause_and_what_to_do(name: str) -> None:
    cause, mark, remedy = SECTIONS[name].partition("**Do:**")
    assert mark
    assert len(cause.strip()) > 15
    assert len(remedy.strip()) > 15


def test_exit_codes_of_the_page_are_those_of_the_code() -> None:
    for kind, code in CODES.items():
        if kind.__name__ in SECTIONS:
            assert f"Exit code {code}." in SECTIONS[kind.__name__], kind


@pytest.mark.parametrize(
    ("error", "code"),
    [(SpoolError("no room"), 1), (LeaseHeldError("held"), 4), (OSError(28, "full"), 1)],
)
def test_an_error_of_ours_is_one_line(
    error: Exception, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise error

    assert guarded(fails) == code
    said = capfd.readouterr().err
    assert said.startswith("copydesk: ")
    assert said.count("\n") == 1


def test_nights_before_the_first_article_publish_nothing_and_are_no_failure(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "backfill", "--quiet"]
    dates = ["--from", "2026-03-01", "--to", "2026-03-02"]
    places = ["--landing", str(tmp_path), "--home", str(tmp_path / "home")]
    done = subprocess.run(
        [*command, *dates, *places], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "home" / "published").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--landing", "{folder}/none"], 2, "no such landing folder"),
        (["run", "--landing", "{folder}"], 2, "there is nothing to read yet"),
        (["run", "--date", "tomorrow"], 2, "date"),
        (["sql", "select 1"], 2, "nothing is published yet"),
        (["explain", "no-such-file.txt"], 2, "no-such-file.txt"),
        (["takedown", "abc", "--reason", "x"], 2, "no document"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_what_a_user_does_wrong_is_told_without_a_traceback(
    words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    words = [word.format(folder=tmp_path) for word in words]
    places = [] if words == ["nonsense"] else ["--home", str(tmp_path / "home")]
    command = [sys.executable, "-m", "pipelines.cli", *words, *places]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stderr + done.stdout
    assert done.returncode == code, told
    assert said in told
    assert "Traceback" not in told


def test_what_stays_unread_is_known_the_next_night_and_told_again_once_it_has_changed(
    tmp_path: Path,
) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "sound.txt").write_text("The river Elm rose by two metres on Monday night.\n")
    (landing / "large.txt").write_text("x" * 3000)
    settings = Settings(landing=landing, home=tmp_path / "home", max_file_bytes=2000)
    first, same = night.run_night(settings), night.run_night(settings)
    (landing / "large.txt").write_text("x" * 4000)
    grown = night.run_night(settings)
    (landing / "large.txt").unlink()
    (landing / "large.txt").symlink_to("/etc/passwd")
    counts = [it.ledger["rejected_count"] for it in (first, same, grown, night.run_night(settings))]
    assert counts == [1, 0, 1, 1]
    assert (same.ledger["known_count"], same.ledger["document_count_in"]) == (2, 2)
