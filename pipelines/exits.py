"""Exit codes: how a command ended, for schedulers and scripts.

0 ok, 1 run failed, 2 usage or configuration, 3 quality gate failed (nothing published), 4 another
run holds the home folder, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any, Final

from cyclopts import CycloptsError

from pipelines.lease import LeaseHeldError
from pipelines.settings import SettingsError

CODES: Final[dict[type[BaseException], int]] = {
    LeaseHeldError: 4,
    SettingsError: 2,
    FileNotFoundError: 2,
    OSError: 1,
    ValueError: 1,
    RuntimeError: 1,
    AssertionError: 1,
}
"""Errors that a user can meet; the first that fits counts."""


def guarded(command: Callable[[], Any]) -> int:
    """Exit code of a command; errors a user can meet become one clear line on stderr."""
    try:
        return int(command() or 0)
    except CycloptsError:
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _say("interrupted; run again to go on from the last commit", 130)
    except tuple(CODES) as error:
        code = next(code for kind, code in CODES.items() if isinstance(error, kind))
        return _say(error if code != 1 else _failed(error), code)
    except Exception as error:
        if type(error).__module__ != "_duckdb":  # named, not imported: it takes 0.1 s to start
            raise
        return _say(_failed(error), 1)


def _failed(error: BaseException) -> str:
    """What happened, and the remedy where the disk is the cause."""
    is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if is_full or "No space left on device" in str(error):
        return f"no room left on the disk: {error}; make room and run again: it goes on from there"
    return f"{type(error).__name__}: {error}"


def _say(error: object, code: int) -> int:
    print(f"copydesk: {error}", file=sys.stderr)
    return code
