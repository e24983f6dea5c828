"""Manners at a real terminal: progress at work, quiet in a pipe, commands completed by Tab."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import progress
from pipelines.cli import app
from pipelines.tonight import unwatched

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"


def on_a_terminal(command: list[str], **environment: str) -> str:
    """What a command writes to a terminal on stderr, escapes taken out; stdout goes elsewhere."""
    ours, theirs = pty.openpty()
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=ROOT,
        env={**known, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
            written += piece
        os.close(ours)
        assert process.wait(120) == 0, written.decode()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())


def night(home: Path, *more: str, landing: Path = SAMPLES) -> list[str]:
    run = [sys.executable, "-m", "pipelines.cli", "run", "--landing", str(landing)]
    return [*run, "--home", str(home), *more]


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A landing zone of one site's night: what is told does not hang on how much there is."""
    site = Path("2026-03-02/kelmar-times.example")
    shutil.copytree(SAMPLES / site, tmp_path / "landing" / site)
    return tmp_path / "landing"


def test_a_night_shows_documents_rate_and_time_left(tmp_path: Path) -> None:
    shown = on_a_terminal(night(tmp_path), COPYDESK_BATCH_DOCUMENTS="4", COPYDESK_WORKERS="1")
    assert re.search(r"clean +[━╸╺]+ \d+ of \d+ documents, \d+ a second, \d:\d\d:\d\d left", shown)
    assert re.search(r"ingest +[━╸╺]+ \d+ of \d+ documents", shown)
    assert re.search(r"validate +[━╸╺]+ \d:\d\d:\d\d", shown)
    assert re.search(r"publish  published", shown)


def test_no_bar_where_none_is_wanted(tmp_path: Path, few: Path) -> None:
    run = night(tmp_path / "home", landing=few)
    shown = on_a_terminal(run, TERM="dumb")
    assert shown and "━" not in shown, "a terminal that cannot overwrite gets lines"
    shutil.copy(next(few.rglob("*.txt")), few / "one-more.txt")
    assert on_a_terminal([*run, "--quiet"]) == ""
    assert on_a_terminal([*run, "--json"]) == ""


def test_a_pipe_gets_one_line_for_each_verb(tmp_path: Path, few: Path) -> None:
    command = night(tmp_path / "home", landing=few)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = done.stderr.splitlines()
    verbs = [line.split()[0] for line in told if not line.startswith("warning:")]
    assert verbs == ["ingest", "clean", "link", "build", "validate", "publish"]
    with progress.shown(is_wanted=True) as watch:
        assert watch is unwatched, "pytest's stderr is no terminal"


def test_no_color_means_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "config", "show"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, env={**os.environ, "NO_COLOR": "1"}, check=True
    )
    assert b"\x1b[" not in done.stdout


@pytest.mark.parametrize(
    ("done", "total", "speed", "words"),
    [
        (0, None, None, "0:01:05"),
        (0, 100, None, "0:01:05"),
        (40, None, 20.0, "40 documents, 20 a second"),
        (40_000, 100_000, 3_000.0, "40,000 of 100,000 documents, 3,000 a second, 0:00:20 left"),
        (100, 100, 10.0, "100 of 100 documents, 10 a second"),
        (120, 100, 10.0, "120 of 100 documents, 10 a second"),
        (40, 100, None, "40 of 100 documents"),
    ],
)
def test_progress_in_words(done: int, total: int | None, speed: float | None, words: str) -> None:
    assert progress.words(done, total, speed, 65.4) == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_completion(shell: str) -> None:
    script = app.generate_completion(prog_name="copydesk", shell=shell)
    missing = [name for name in app if not name.startswith("-") and name not in script]
    assert missing == []


def completed(typed: str, folder: Path) -> set[str]:
    """What bash offers for a line, asked as readline asks."""
    words = typed.split(" ")
    script = folder / "completion.bash"
    script.write_text(app.generate_completion(prog_name="copydesk", shell="bash"), "utf-8")
    ask = f"""
        source {script}
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
        COMP_LINE='{typed}'; COMP_POINT={len(typed)}
        $(complete -p copydesk | sed 's/.*-F \\([^ ]*\\).*/\\1/') copydesk '{words[-1]}' ''
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", ask], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stderr == ""
    return {line.strip() for line in done.stdout.splitlines()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("copydesk da", {"dashboard"}),
        ("copydesk do", {"doctor", "docs"}),
        ("copydesk run --dry", {"--dry-run"}),
        ("copydesk config s", {"show"}),
        ("copydesk docs mo", {"models"}),
    ],
)
def test_bash_completes(typed: str, offered: set[str], tmp_path: Path) -> None:
    assert completed(typed, tmp_path) == offered


def test_the_completion_is_installed_below_the_home_folder_only(tmp_path: Path) -> None:
    target = tmp_path / "copydesk.bash"
    command = [sys.executable, "-m", "pipelines.cli", "--install-completion", "--shell", "bash"]
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--output", str(target)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert target.read_text("utf-8").startswith("# Bash completion")
    assert not (tmp_path / ".bashrc").exists()
