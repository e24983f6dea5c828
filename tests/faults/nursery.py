"""A process that has imported copydesk once and forks one real run per order, to be harmed.

Started by `runs.Nursery`; speaks JSON lines. Importing takes longer than a small night, so a
thousand trials are only affordable this way; a share of the kills is done to cold processes. Before
the first order one whole night is run here, so that compiled kernels are at hand in every fork. An
order may name a moment to die or to fail:

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
import resource
import signal
import sys
import tempfile
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
WORDS = "The bridge was closed on Monday after engineers found cracks in four of its pillars."
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
    Path(order["log"] + ".facts").write_text(json.dumps(facts(watch)), "ascii")
    os._exit(int(code or 0))


def facts(watch: Watch) -> dict[str, Any]:
    """Events of the run, and what its own children (the page workers) cost: seconds and bytes."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "events": watch.count,
        "children_seconds": children.ru_utime + children.ru_stime,
        "children_bytes": children.ru_maxrss * 1024,
    }


def attend(process: int, kill_after: float | None) -> tuple[int, float]:
    """Wait for a child, killing it when its time has come.

    Returns its exit code or -signal, and the CPU seconds of it and its children.
    """
    end = None if kill_after is None else time.monotonic() + kill_after
    done, status, used = os.wait4(process, 0 if end is None else os.WNOHANG)
    while not done:
        if end is not None and time.monotonic() >= end:
            os.kill(process, signal.SIGKILL)
            end = None
        time.sleep(0.002)
        done, status, used = os.wait4(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def warm_up() -> None:
    """One whole night of one article: what it compiles and loads, every fork then has."""
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder, "landing")
        landing.mkdir()
        (landing / "a.txt").write_text(
            f"A bridge closed\n\n{WORDS}\n\nShare this article\n", "utf-8"
        )
        os.utime(landing / "a.txt", (1_700_000_000, 1_700_000_000))
        try:
            sys.modules["pipelines.cli"].main(
                ["run", "--quiet", "--landing", str(landing), "--home", f"{folder}/home"]
            )
        except SystemExit as ending:
            assert ending.code == 0, "the warming night failed"


def main() -> None:
    """Import, say so, then obey orders until the input ends."""
    for name in IMPORTS:
        importlib.import_module(name)
    warm_up()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        begun = time.monotonic()
        process = os.fork()
        if process == 0:
            be_the_run(order)
        code, used = attend(process, order.get("kill_after"))
        ended = {"code": code, "seconds": time.monotonic() - begun, "cpu_seconds": used}
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main()
