"""What a command costs, children and all: time on the wall, CPU, the most memory at once.

CPU is what the kernel counted for the process and every child that was waited for. Memory is what
the process tree has resident, sampled; a page that several processes share is divided among them
(PSS; where the kernel does not tell, it counts for each). A hard limit is set by a control group of
the kernel (v1 or v2), where this user may make one: beyond it the kernel kills, whatever the code
believes of its own memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_INTERVAL: Final = 0.1
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_GROUPS: Final = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
    (Path("/sys/fs/cgroup"), "memory.max"),
)


class FailedError(RuntimeError):
    """A measured command that did not end well; the message holds the end of what it said."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall, CPU seconds, bytes of memory at the peak."""

    wall: float
    cpu: float
    peak: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def measure(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Cost:
    """Run a command to its end and say what it cost. Raises FailedError.

    `limit`: bytes of memory that the kernel grants the whole tree; raises LookupError where this
    user may not set one.
    """
    before = os.times()
    begun = time.monotonic()
    with (
        _group(limit) as group,
        subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            preexec_fn=(lambda: _join(group)) if group else None,  # noqa: PLW1509 - no threads yet
        ) as process,
    ):
        peak = _Peak(process.pid)
        peak.start()
        said = process.stderr.read() if process.stderr else b""
        code = process.wait()
        wall = time.monotonic() - begun
        peak.is_over.set()
        peak.join()
    if code:
        raise FailedError(f"{' '.join(map(str, command))}: {code}: {said[-800:].decode()}", code)
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Cost(wall, cpu, peak.most)


class _Peak(threading.Thread):
    """Samples the resident memory of a process tree."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.is_over = threading.Event()
        self.most = 0
        self._root = root

    def run(self) -> None:
        while not self.is_over.wait(_INTERVAL):
            self.most = max(self.most, sum(map(_resident, _tree(self._root))))


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = (folder / "stat").read_text()
            except OSError:
                continue  # it has ended
            children[int(told.rpartition(")")[2].split()[1])].append(int(folder.name))
    found = [root]
    for process in found:
        found += children[process]
    return found


def _resident(process: int) -> int:
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text()
        return next(int(it.split()[1]) for it in told.splitlines() if it.startswith("Pss:")) << 10
    except (OSError, StopIteration):
        pass
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


@contextmanager
def _group(limit: int | None) -> Iterator[Path | None]:
    """A control group with a limit on memory, for as long as the context lasts."""
    if limit is None:
        yield None
        return
    for root, name in _GROUPS:
        group = root / f"copydesk-{os.getpid()}"
        try:
            group.mkdir()
            (group / name).write_text(str(limit))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        try:
            yield group
        finally:
            _remove(group)
        return
    raise LookupError(
        "no control group for memory can be made here; run as root, or in a container"
    )


def _remove(group: Path) -> None:
    """Remove a group; what the command started may take a moment longer to end than it did."""
    for _ in range(100):
        try:
            group.rmdir()
        except OSError:
            time.sleep(_INTERVAL)
        else:
            return
    group.rmdir()


def _join(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def may_limit() -> bool:
    """Whether a hard limit on memory can be set here."""
    try:
        with _group(1 << 30):
            return True
    except LookupError:
        return False


def python(script: str, *arguments: str | Path) -> list[str | Path]:
    """The command of a script beside this file."""
    return [sys.executable, Path(__file__).with_name(script), *arguments]
