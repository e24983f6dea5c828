"""A process that has imported copydesk once and forks one real run per order, to be harmed.

Started by `runs.Nursery`; speaks JSON lines. Importing takes ten times as long as a small night, so
a thousand trials are only affordable this way. An order may name a moment to die or to fail:

- `kill_after`: seconds until SIGKILL;
- `kill_at`, `fail_at`: the number of the file-system event below `root` (an open for writing, a
  rename, a removal, a folder made or opened to be flushed) at which the run kills itself, or from
  which on every event fails with "no space left on device".

The events are Python's own audit events: nothing in copydesk knows that it is watched. Writes of
the C++ libraries raise no events; for them `shim.c` fails the Nth `write` below `root`.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

IMPORTS = (
    "pipelines.cli",
    "pipelines.narration",
    "pipelines.night",
    "pipelines.batch",
    "pipelines.clean.article",
    "pipelines.dashboard",
    "pipelines.dictionary",
    "pipelines.validate.session",
    "great_expectations",
    "great_expectations.expectations",
    "pandas",
    "rich.table",
    "multiprocessing.pool",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_DIRECTORY
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link"}


class Watch:
    """Counts the file-system events below a folder, and does harm at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.root = os.fsencode(order["root"])
        self.kill_at = order.get("kill_at")
        self.fail_at = order.get("fail_at")
        self.count = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._concerns(event, arguments):
            return
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fail_at is not None and self.count >= self.fail_at and event != "os.remove":
            raise OSError(errno.ENOSPC, "No space left on device", str(arguments[0]))

    def _concerns(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event != "open" and event not in CHANGES:
            return False
        path = arguments[0]
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return False
        return os.fsencode(path).startswith(self.root)


def be_the_run(order: dict[str, Any]) -> None:
    """In the forked child: run the command line to its end, as a process of its own."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(order.get("environment", {}))
    watch = Watch(order)
    sys.addaudithook(watch)
    code: Any = 0
    try:
        sys.modules["pipelines.cli"].main(order["arguments"])
    except SystemExit as ending:
        code = ending.code
    except BaseException as error:
        print(f"Traceback: {error!r}", file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    watch.root = b"\0"
    Path(order["log"] + ".events").write_text(str(watch.count), "ascii")
    os._exit(int(code or 0))


def attend(process: int, kill_after: float | None) -> int:
    """Wait for a child, killing it when its time has come. Returns its exit code or -signal."""
    if kill_after is not None:
        end = time.monotonic() + kill_after
        while time.monotonic() < end:
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main() -> None:
    """Import, say so, then obey orders until the input ends."""
    for name in IMPORTS:
        importlib.import_module(name)
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        begun = time.monotonic()
        process = os.fork()
        if process == 0:
            be_the_run(order)
        code = attend(process, order.get("kill_after"))
        print(json.dumps({"code": code, "seconds": time.monotonic() - begun}), flush=True)


if __name__ == "__main__":
    main()
