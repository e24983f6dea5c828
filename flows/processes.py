"""Processes of this machine: which run, and stopping one with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 20.0
"""How long a process has to end by itself before it is killed; a flow needs about one."""

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A running process: who started it, and its command line."""

    parent: int
    command: str


def running() -> dict[int, Process]:
    """All processes of this machine that have not ended, by id."""
    return _from_proc() if (PROC / "self" / "stat").exists() else _from_ps()


def tree(pid: int, listed: Mapping[int, Process]) -> list[int]:
    """A process and all its descendants, children before their parents.

    A worker starts each flow run in a session of its own, which no signal to a group reaches.
    """
    children = [child for child, process in listed.items() if process.parent == pid]
    below = [found for child in children for found in tree(child, listed)]
    return [*below, pid]


def stop_tree(pid: int) -> None:
    """Ask a process and its descendants to end, and kill what has not after GRACE_SECONDS."""
    left = tree(pid, running())
    _signal(left, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        listed = running()
        left = [each for each in left if each in listed]
    _signal(left, signal.SIGKILL)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _from_proc() -> dict[int, Process]:
    """As Linux lists them; a slim container has no `ps`."""
    found = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended while we looked
            # The name, in parentheses, may hold anything; state and parent follow the last one.
            state, parent = (
                (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            )
            command = (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
            if state != "Z":
                found[int(folder.name)] = Process(int(parent), command)
    return found


def _from_ps() -> dict[int, Process]:
    """As other systems list them."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,command="],  # noqa: S607 - where it lies differs
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return {
        int(row[0]): Process(int(row[1]), row[3])
        for row in rows
        if len(row) == 4 and not row[2].startswith("Z")
    }
