"""The doctor says what it looked at, not what it hopes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.ingest import FileSlice
from pipelines.quarantine import keep


@pytest.mark.parametrize(("value", "verdict"), [("", "ok"), ("false", "ok"), ("true", "LOOK")])
def test_telemetry_is_read_from_the_environment(value: str, verdict: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "doctor", "--home", str(tmp_path)]
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": value, "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [words[0] for words in lines if words[1:2] == ["telemetry"]] == [verdict]


def test_quarantine_follows_no_link_that_took_the_place_of_a_file(tmp_path: Path) -> None:
    secret, landed = tmp_path / "secret", tmp_path / "landed"
    secret.write_text("not for the quarantine")
    landed.symlink_to(secret)
    with pytest.raises(OSError, match="symbolic link"):
        keep(FileSlice(landed, 0, 100), tmp_path / "kept.bin")
