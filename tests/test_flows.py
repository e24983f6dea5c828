"""The parts of the flows that need no server: what is shown, what is retried, what is deployed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
import zoneinfo
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from flows import artifacts, assets, backfill, chunks, local, processes
from pipelines import night
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    "<script>alert(1)</script>",
    "[the page](https://tracker.example)",
    "![](http://tracker.example/x.png)",
    "<https://tracker.example>",
    "**bold** _slanted_ `code` ~~gone~~",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "    code block",
    "&lt;b&gt; &amp; &#x3c;",
    "line\n\nbreak",
    "\\<b>",
    "http://a.example/(b)",
    "{{ template }} {% block %}",
]


def shown(text: str) -> list[tuple[str, str]]:
    """What Markdown makes of a text: pairs of token and content, without the paragraph itself."""
    tokens = MARKDOWN.parse(text)
    inline = [child for token in tokens for child in token.children or [] if token.children]
    blocks = [token for token in tokens if token.type not in {"paragraph_open", "paragraph_close"}]
    blocks = [token for token in blocks if token.type != "inline"]
    return [(token.type, token.content) for token in [*blocks, *inline]]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_texts_do_something_if_they_are_not_escaped(text: str) -> None:
    plain_text = [("text", text)]
    assert shown(text) != plain_text or "{{" in text or text.startswith("http:")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_artifact_shows_text_as_it_is(text: str) -> None:
    kinds = {kind for kind, _ in shown(artifacts.plain(text))}
    assert kinds <= {"text", "text_special"}


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("<>[]()*_`~|#-+\\&!\n\t")))
def test_no_text_becomes_markup(text: str) -> None:
    kinds = {kind for kind, _ in shown(artifacts.plain(text))}
    assert kinds <= {"text", "text_special"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.25, "0.25"),
        (True, "True"),
        ("expect_column_values_to_be_between", "expect_column_values_to_be_between"),
        (date(2026, 3, 2), "2026-03-02"),
        ("elm.example", "elm.example"),
        ("a\u202eb\x00c\u200bd", "a\ufffdb\ufffdc\ufffdd"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_what_is_harmless_stays_readable(value: Any, text: str) -> None:
    assert artifacts.plain(value) == text


def check(*, success: bool, severity: str = "warning") -> dict[str, Any]:
    return dict.fromkeys(artifacts.CHECK_COLUMNS) | {"success": success, "severity": severity}


def test_failed_checks_come_first_and_the_list_ends() -> None:
    rows = artifacts.check_rows([check(success=True)] * 500 + [check(success=False)])
    assert len(rows) == artifacts.MOST_CHECKS
    assert [row["success"] for row in rows[:2]] == ["False", "True"]


@pytest.mark.parametrize(
    ("checks", "line"),
    [
        ([], "Nothing new came in: no table was built, so there was nothing to check."),
        ([check(success=True)] * 3, "All 3 checks passed."),
        (
            [check(success=True), check(success=False), check(success=False, severity="critical")],
            "2 of 3 checks failed, 1 of them critical.",
        ),
    ],
)
def test_one_sentence_says_how_the_checks_went(checks: list[dict[str, Any]], line: str) -> None:
    assert artifacts.checks_line(checks) == line


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2026-03-02", "2026-03-02", 1),
        ("2026-02-27", "2026-03-02", 4),
        ("2026-03-01", "2026-03-31", 31),
    ],
)
def test_a_range_of_dates_has_both_its_ends(first: str, last: str, count: int) -> None:
    days = backfill.days(date.fromisoformat(first), date.fromisoformat(last))
    assert [days[0].isoformat(), days[-1].isoformat(), len(days)] == [first, last, count]


@pytest.mark.parametrize("last", ["2026-03-01", "2026-04-02"])
def test_an_empty_or_endless_range_is_refused(last: str) -> None:
    with pytest.raises(ValueError, match="give 1 to 31"):
        backfill.days(date(2026, 3, 2), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (OSError(errno.EIO, "I/O error"), True),
        (OSError(errno.ESTALE, "stale file handle"), True),
        (OSError(errno.ENOSPC, "no space left"), False),
        (FileNotFoundError(errno.ENOENT, "no such file"), False),
        (ValueError("bad input"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert chunks.is_passing(error) is again


def deployments() -> dict[str, Any]:
    content = YAML(typ="safe").load(ROOT / "prefect.yaml")
    return {each["name"]: each for each in content["deployments"]}


def test_the_night_is_scheduled_once_and_alone() -> None:
    nightly, by_hand = deployments()["nightly"], deployments()["backfill"]
    (schedule,) = nightly["schedules"]
    assert len(schedule["cron"].split()) == 5
    assert zoneinfo.ZoneInfo(schedule["timezone"])
    assert by_hand["schedules"] == []
    for each in (nightly, by_hand):
        assert each["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_a_deployment_runs_where_the_worker_says() -> None:
    for each in deployments().values():
        (step,) = each["pull"]
        where = step["prefect.deployments.steps.set_working_directory"]["directory"]
        assert where == "{{ $COPYDESK_CHECKOUT }}"
        file, flow = each["entrypoint"].split(":")
        assert f"def {flow}(" in (ROOT / file).read_text("utf-8")


def test_no_telemetry_and_no_pickle(tmp_path: Path) -> None:
    environment = local.Local(tmp_path, 4200).environment()
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_RESULTS_DEFAULT_SERIALIZER"] == "json"
    for each in deployments().values():
        for name, value in each["work_pool"]["job_variables"]["env"].items():
            assert environment[name] == value


def test_stopping_reaches_a_child_in_a_session_of_its_own() -> None:
    sleeper = "import time; time.sleep(600)"
    code = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]], "
        "start_new_session=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, sleeper])
    deadline = time.monotonic() + 30
    while len(pids := processes.tree(parent.pid, processes.running())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    processes.stop_tree(parent.pid)
    assert set(pids) & set(processes.running()) == set()
    assert parent.wait() != 0


def test_both_ways_to_list_processes_agree() -> None:
    from_ps = processes._from_ps()[os.getpid()]
    assert processes.running()[os.getpid()].parent == from_ps.parent == os.getppid()


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_a_port_that_another_server_holds_is_named(tmp_path: Path) -> None:
    with HTTPServer((local.HOST, 0), _Healthy) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(local.LocalError, match=f"port {other.server_port} is taken"):
            local.up(local.Local(tmp_path, other.server_port))
        other.shutdown()


def test_the_id_of_a_process_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "server.pid").write_text(f"{os.getpid()}\n")
    local.down(local.Local(tmp_path, 4200))
    assert not (tmp_path / "server.pid").exists()


@pytest.mark.parametrize(
    "home", ["plain", "with a blank & <b>100%</b>", "ночь", "x" * 200 + "/" + "y" * 200, "[a](b)"]
)
def test_any_home_folder_has_assets(tmp_path: Path, home: str) -> None:
    """Prefect refuses some characters in the key of an asset, and more than 512 of them."""
    made = [
        assets.asset(Settings(home=tmp_path / home), place).key
        for lineage in assets.LINEAGE.values()
        for place in (*lineage.makes, *lineage.reads)
    ]
    assert all(key.startswith("file:///") for key in made)


def test_what_a_verb_reads_was_made_before() -> None:
    made: set[str] = set()
    for lineage in assets.LINEAGE.values():
        assert set(lineage.reads) <= made
        made |= set(lineage.makes)
    assert list(assets.LINEAGE) == [verb.__name__ for verb in night.VERBS]
