"""What commands say to plausible mistakes: each message names the remedy, each code its cause."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import narration, night, tonight
from pipelines.cli import main
from pipelines.one_document import NoSuchDocumentError, one_document
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a night of seventeen documents: two ids begin alike."""
    folder = tmp_path_factory.mktemp("messages")
    (folder / "landing").mkdir()
    for number in range(17):
        text = f"The river rose by {number} metres on Monday night.\n"
        (folder / "landing" / f"{number}.txt").write_text(text)
    night.run_night(Settings(landing=folder / "landing", home=folder / "home"))
    return folder / "home"


def ids(home: Path) -> list[str]:
    names = tonight.open_lake(Settings(home=home)).read("documents", ["document_id"])
    return [str(name) for name in names["document_id"].to_pylist()]


def shared_digit(home: Path) -> str:
    digits = [name[0] for name in ids(home)]
    return next(digit for digit in digits if digits.count(digit) > 1)


MISTAKES = {
    "explain nowhere.txt": "nowhere.txt: no such file",
    "explain {home}": "a folder; name its files",
    "explain 0123abcd": "no document with an id that begins so; copydesk sql",
    "explain {digit}": "give more digits: {digit}",
    "pairs {digit}": "give more digits: {digit}",
    "pairs zz": "no published document",
    "pairs {home}/x": "begins so; copydesk sql",
    "takedown {digit} --reason wrong": "give more digits: {digit}",
    "takedown {digit} --reason=": "say why",
    "clean {home}": "a folder; name its files",
    "check {home}/nowhere.duckdb": "nowhere.duckdb: no such file",
    "export {home}": "not empty; name a new folder",
    "sql --csv --json from\tsites": "choose one",
    "sql --csv --parquet x.parquet from\tsites": "choose one",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_is_told_with_its_remedy(
    command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"home": home, "digit": shared_digit(home)}
    arguments = [part.replace("\t", " ") for part in command.format(**known).split(" ")]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--home", str(home)])
    assert ended.value.code == 2
    assert MISTAKES[command].format(**known) in capsys.readouterr().err


def test_an_id_is_never_empty() -> None:
    with pytest.raises(NoSuchDocumentError, match="1 document with"):
        one_document(" ", lambda _: ["the only one"])


def test_a_failed_gate_names_the_tables_that_were_not_published(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=home, origins={"home": "command line"})
    ledger = {column: 0 for column, _ in narration.LEDGER}
    failed = night.Outcome("1", "quality_gate_failed", ledger, [], home, home)
    narration.show_outcome(failed, settings, as_json=False, quiet=False)
    said = capsys.readouterr().out
    assert f"check --home {home} {tonight.night_file(settings)}" in said


def test_a_hint_can_be_pasted_whatever_the_home_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "it's a home"
    settings = Settings(home=home, origins={"home": "command line"})
    ledger = {column: 0 for column, _ in narration.LEDGER}
    narration.show_outcome(
        night.Outcome("1", "published", ledger, [], home, home),
        settings,
        as_json=False,
        quiet=False,
    )
    hint = capsys.readouterr().out.splitlines()[-1]
    query = "from stories order by site_count desc limit 5"
    assert shlex.split(hint)[-4:] == ["sql", "--home", str(home), query]


@pytest.mark.parametrize(
    ("ids", "words"), [(["a"], ": 1 row (a)"), (list("abcdefg"), ": 7 rows (a b c d e …)")]
)
def test_only_ids_that_are_left_out_are_hinted_at(
    ids: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check = {"table_name": "documents", "column_name": None, "expectation_type": "audit.a"}
    check |= {"severity": "warning", "site": None, "success": False}
    check |= {"unexpected_count": len(ids), "unexpected_ids": ids}
    narration._show_failed([check])
    assert capsys.readouterr().err == f"warning: documents: audit.a{words}\n"


@pytest.mark.parametrize("command", ["check", "doctor", "config show"])
def test_a_program_reads_a_line_a_row(command: str, home: Path) -> None:
    call = [sys.executable, "-m", "pipelines.cli", *command.split(), "--home", str(home)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert min(len(row) for row in rows) >= 2
    assert ["mirror", "default"] in rows or command != "config show"


def test_a_reader_who_has_seen_enough_is_no_failure(home: Path) -> None:
    call = [sys.executable, "-m", "pipelines.cli", "pairs", ids(home)[0], "--home", str(home)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
