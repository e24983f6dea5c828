"""Kernels are compiled before an installation's first night, all of them, by other processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import kernels
from pipelines.night import SAMPLES
from pipelines.settings import Settings

COMPILED_AHEAD = """
import gc, sys
from pathlib import Path
from numba.core.registry import CPUDispatcher
from pipelines import kernels, night
from pipelines.settings import Settings

def called():
    all_kernels = [it for it in gc.get_objects() if isinstance(it, CPUDispatcher)]
    return {
        f"{it.py_func.__module__}.{it.py_func.__name__}{signature}"
        for it in all_kernels
        if it.py_func.__module__.startswith("pipelines")
        for signature in it.signatures
    }

home = Path(sys.argv[1])
kernels.compile_cleaning(home / "cleaning", night.SAMPLES)
kernels.compile_linking(home / "linking", night.SAMPLES)
ahead = called()
landing = night.SAMPLES / "2026-03-03"
night.run_night(Settings(landing=landing, home=home / "night", settle_seconds=0))
print(len(ahead))
print(*sorted(called() - ahead), sep="\\n")
"""


def test_a_night_calls_no_kernel_that_was_not_compiled_ahead(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMPILED_AHEAD, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count, *missing = done.stdout.split("\n")
    assert int(count) > 40
    assert not any(missing)


def test_they_are_compiled_once(tmp_path: Path) -> None:
    settings, kept = Settings(home=tmp_path / "home"), tmp_path / "kept"
    assert not kernels.are_compiled(kept)
    kernels.compile_once(settings, SAMPLES, kept)
    assert kernels.are_compiled(kept)
    assert not any(path.is_file() for path in settings.home.rglob("*")), "nothing of it stays"
    (mark,) = kept.glob("kernels-*")
    when = mark.stat().st_mtime_ns
    kernels.compile_once(settings, SAMPLES, kept)
    assert mark.stat().st_mtime_ns == when


def test_what_cannot_be_compiled_ahead_is_told_and_holds_no_night_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "text.txt").write_bytes(b"\xff")  # read as UTF-8: both processes fail
    kernels.compile_once(Settings(home=tmp_path / "home"), tmp_path, tmp_path / "kept")
    assert "-m pipelines.kernels cleaning" in caplog.text
    assert not kernels.are_compiled(tmp_path / "kept")


def test_a_process_ends_with_the_one_that_waits_for_it(tmp_path: Path) -> None:
    read, write = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.kernels", "linking", str(tmp_path), str(SAMPLES)],
        stdin=read,
    ) as process:
        os.close(read)
        os.close(write)
        assert process.wait(60) == 1
