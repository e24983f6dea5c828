"""A Prefect server and worker on the loopback interface of this machine, with all deployments.

`python -m flows.local up` starts them and deploys; `down` stops them. Process ids and logs lie in
`HOME/prefect/`. Both commands may be repeated.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows import processes
from flows.processes import Process

CHECKOUT = Path(__file__).resolve().parent.parent
POOL = "copydesk"
HOST = "127.0.0.1"
LEASES = "prefect.server.concurrency.lease_storage.filesystem"
START_SECONDS = 180
"""A cold start on two loaded cores took 24 s; a slow disk must not break it."""


class LocalError(RuntimeError):
    """A process that did not start or did not answer; the message names its log."""


@dataclass(frozen=True, slots=True)
class Local:
    """Where one local scheduler lives."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Address of the user interface; the API is below it."""
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """Variables for every Prefect process: this server, no telemetry, no pickled results."""
        return {
            **os.environ,
            "COPYDESK_CHECKOUT": str(CHECKOUT),
            "DO_NOT_TRACK": "1",
            "PREFECT_API_URL": f"{self.url}/api",
            "PREFECT_HOME": str(self.folder),
            # In memory, a lease would be lost with the server and its slot stay taken: 0006.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES,
            "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_API_URL": f"{self.url}/api",
        }


def up(local: Local) -> None:
    """Start the server, deploy everything, start the worker; what already runs is left running.

    Raises LocalError when a process ends or does not answer in time.
    """
    local.folder.mkdir(parents=True, exist_ok=True)
    if not _is_running(local, "server"):
        if _answers(local):
            raise LocalError(f"port {local.port} is taken by another server; choose --port")
        _start(local, "server", "server", "start", "--host", HOST, "--port", str(local.port))
    _wait_for_server(local)
    _prefect(local, "work-pool", "create", POOL, "--type", "process", "--overwrite")
    _prefect(local, "--no-prompt", "deploy", "--all")
    if not _is_running(local, "worker"):
        _start(local, "worker", "worker", "start", "--pool", POOL, "--install-policy", "never")


def down(local: Local) -> None:
    """Stop a run that is under way, the worker, and then the server.

    The night goes on from its last commit when it is next started.
    """
    for name in ("worker", "server"):
        pid = _pid(local, name)
        if pid is not None and _is_running(local, name):
            processes.stop_tree(pid)
        _pid_file(local, name).unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """`up` or `down`; 0 when done, 1 with a message on stderr when not."""
    parser = argparse.ArgumentParser(prog="python -m flows.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down"))
    parser.add_argument("--home", type=Path, default=Path("data"))
    parser.add_argument("--port", type=int, default=4200)
    given = parser.parse_args(arguments)
    local = Local(folder=given.home.resolve() / "prefect", port=given.port)
    if given.command == "down":
        down(local)
        return 0
    try:
        up(local)
    except LocalError as error:
        down(local)
        print(f"copydesk: {error}", file=sys.stderr)
        return 1
    print(f"Scheduler: {local.url}  (stop it with `make down`; logs in {local.folder})")
    return 0


def _start(local: Local, name: str, *arguments: str) -> None:
    with _log_file(local, name).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-m", "prefect", *arguments],
            cwd=CHECKOUT,
            env=local.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(local, name).write_text(f"{process.pid}\n")


def _prefect(local: Local, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-m", "prefect", *arguments],
        cwd=CHECKOUT,
        env=local.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        command = " ".join(arguments)
        raise LocalError(f"`prefect {command}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _wait_for_server(local: Local) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(local):
        if not _is_running(local, "server"):
            raise LocalError(f"the server ended at once; see {_log_file(local, 'server')}")
        if time.monotonic() > deadline:
            raise LocalError(f"no answer in {START_SECONDS} s; see {_log_file(local, 'server')}")
        time.sleep(0.5)


def _answers(local: Local) -> bool:
    try:
        with urllib.request.urlopen(f"{local.url}/api/health", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_running(local: Local, name: str) -> bool:
    pid = _pid(local, name)
    # After a reboot the id may belong to another program.
    return pid is not None and "-m prefect " in processes.running().get(pid, Process(0, "")).command


def _pid(local: Local, name: str) -> int | None:
    try:
        return int(_pid_file(local, name).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _pid_file(local: Local, name: str) -> Path:
    return local.folder / f"{name}.pid"


def _log_file(local: Local, name: str) -> Path:
    return local.folder / f"{name}.log"


if __name__ == "__main__":
    sys.exit(main())
