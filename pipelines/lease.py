"""The lease: one run at a time on one home folder.

The lock is the kernel's (`flock`): it ends with its process, so a dead owner never blocks a night.
The file's text only says who holds it, for a clear word to the second comer.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.settings import SettingsError

_LOOKS: Final = 20
_PAUSE: Final = 0.01
"""Seconds between two looks at who holds the lease."""


class LeaseHeldError(RuntimeError):
    """Another run holds the home folder; the message names it."""


@contextmanager
def lease(home: Path) -> Iterator[None]:
    """Hold the home folder for the length of a block. Raises LeaseHeldError at once if taken.

    A block that another error ends leaves its name there: the run died (`left_behind`). One that
    refuses what it was asked for (SettingsError) has begun nothing.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lease").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LeaseHeldError(f"{home}: held by {_describe(home)}; try again later") from error
        file.truncate(0)
        file.write(json.dumps(_myself()))
        file.flush()
        try:
            yield
        except SettingsError:
            file.truncate(0)
            raise
        file.truncate(0)


def owner(home: Path) -> dict[str, Any] | None:
    """Who holds the lease now, or None if nobody does."""
    path = home / ".lease"
    if not path.is_file():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _read(path)
    return None


def left_behind(home: Path) -> dict[str, Any] | None:
    """Who held the lease and died without giving it back; None where all is in order.

    It blocks nobody: the lock ended with its process.
    """
    path = home / ".lease"
    words = _read(path) if path.is_file() and owner(home) is None else {}
    return words if "since" in words else None


def _myself() -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": now}


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError:
        return {}
    return content


def _describe(home: Path) -> str:
    """Who holds it; a moment is given to one that has the lock and has not yet said so."""
    for _ in range(_LOOKS):
        if holder := _read(home / ".lease"):
            break
        time.sleep(_PAUSE)
    else:
        return "another run"
    return f"process {holder['process']} on {holder['host']} since {holder['since']}"
