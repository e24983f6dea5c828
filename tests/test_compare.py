"""What a change of rules would gain and lose is told before it is enabled."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.clean.compare import rules_with
from pipelines.clean.rulebook import RULES
from pipelines.cli import main
from pipelines.contract import DOCUMENTS
from pipelines.settings import Settings
from pipelines.tonight import open_lake

RIVER = "The river rose by two metres overnight, the mayor said on Monday."
BOATS = "Nobody was hurt, but eleven boats were lost in the flood, said the harbour master."
MOTTO = """
[[rule]]
id = "xx.motto"
kind = "site_template"
phrase = "the dog barks"
removes = "The dog barks"
keeps = "The dog barks at us."
"""


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    path = tmp_path / "xx.toml"
    path.write_text(MOTTO, "utf-8")
    return path


def run(*arguments: str | Path) -> object:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


def test_a_new_rule_shows_the_lines_it_would_take(tmp_path, rule_file, capsys):
    page = tmp_path / "page.txt"
    page.write_text(f"{RIVER}\n\nThe dog barks\n\n{BOATS}\n", "utf-8")
    assert run("clean", page, "--compare", rule_file) == 0
    *_, count, total = capsys.readouterr().out.splitlines()
    assert count == "xx.motto: 1 gained, 0 lost"
    assert total == "1 documents: 1 lines more would go, 0 would stay"


def test_a_changed_file_takes_the_place_of_the_shipped_one(tmp_path):
    changed = tmp_path / "en.toml"
    text = (RULES / "en.toml").read_text("utf-8")
    changed.write_text(text.replace("\nyour email address will not be published\n", "\n"), "utf-8")
    with rules_with(changed) as folder:
        names = {file.name for file in folder.glob("*.toml")}
        assert names == {file.name for file in RULES.glob("*.toml")}
        assert (folder / "en.toml").read_text("utf-8") == changed.read_text("utf-8")


def test_without_files_it_is_the_last_runs_input(tmp_path, rule_file, capsys):
    home = tmp_path / "home"
    lake = open_lake(Settings(home=home))
    for number, line in ((1, "The dog barks"), (2, "The cat sleeps")):
        run_id = f"00000{number}.2026-01-0{number}"
        row = dict.fromkeys(DOCUMENTS.names) | {
            "document_id": f"d{number}", "source_uri": "a.txt", "source_format": "txt",
            "content_sha256": "0", "raw_text": f"{RIVER}\n\n{line}\n\n{BOATS}", "run_id": run_id,
            "ingested_at": datetime(2026, 1, number, tzinfo=UTC),
        }  # fmt: skip
        with lake.stage(run_id, "ingest") as stage:
            stage.write("documents", pa.RecordBatch.from_pylist([row], schema=DOCUMENTS))
    rule_file.write_text(MOTTO.replace("dog barks", "cat sleeps"), "utf-8")
    assert run("clean", "--compare", rule_file, "--home", home, "--json") == 0
    changes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["document_id"], row["change"], row["line_text"]) for row in changes] == [
        ("d2", "gained", "The cat sleeps")
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--compare", "none.toml"], "none.toml: no such file or folder of rules"),
        (["--compare", "empty"], "no rule file (*.toml) in this folder"),
        ([], "nothing to clean: name files"),
        (["--compare", "xx.toml", "--home", "empty"], "no document yet; run: copydesk run"),
    ],
)
@pytest.mark.usefixtures("rule_file")
def test_what_cannot_be_compared_is_told(tmp_path, monkeypatch, capsys, arguments, complaint):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("clean", *arguments) == 2
    assert complaint in capsys.readouterr().err
