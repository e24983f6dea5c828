"""Runs that die or cannot write, and the homes they leave behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any

from .runs import ROOT, SECOND, Ended, Scene, seen

NIGHT = ("--date", SECOND)
_COLD_ONE_IN = 20


class TornError(AssertionError):
    """What a fault must never leave behind."""


class Skipped(Exception):  # noqa: N818 (not an error)
    """A fault that this machine cannot do, and why."""


def whole(scene: Scene, home: Path, fault: str) -> None:
    """Raise TornError unless a reader sees the old night or the new one, whole."""
    try:
        found = seen(home)
    except Exception as error:
        raise TornError(f"{fault}: torn: {error!r}") from error
    if found not in (scene.old, scene.new):
        raise TornError(f"{fault}: neither the old night nor the new one")


def converges(scene: Scene, home: Path, fault: str) -> None:
    """Raise TornError unless a rerun ends in the tables of an undisturbed run, without litter."""
    ended = scene.nursery.run(scene.landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(f"{fault}: the rerun ended with {ended.code}: {ended.said[-1000:]}")
    if seen(home) != scene.new:
        raise TornError(f"{fault}: the rerun gave other tables")
    if left := list(litter(home)):
        raise TornError(f"{fault}: left behind: {left}")


def litter(home: Path) -> Iterator[str]:
    """Half-written files that should have been swept away."""
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        is_half = path.name.endswith((".tmp", ".new")) or path.parent.name == ".staging"
        if is_half or (path.parent.name == "versions" and path.name.startswith(".")):
            yield name


def kill_chain(scene: Scene, harms: list[dict[str, Any]]) -> int:
    """Kill one night again and again, then let it finish. Returns how many kills hit."""
    home = scene.home()
    hits = 0
    for harm in harms:
        hits += _killed(scene, home, harm)
        whole(scene, home, f"killed {harm}")
    converges(scene, home, f"killed {harms}")
    return hits


def _killed(scene: Scene, home: Path, harm: dict[str, Any]) -> bool:
    if "cold_after" in harm:
        return _killed_cold(scene, home, harm["cold_after"])
    return scene.nursery.run(scene.landing, home, *NIGHT, **harm).code == -signal.SIGKILL


def _killed_cold(scene: Scene, home: Path, seconds: float) -> bool:
    """Kill a process of its own, `seconds` after it has taken the lease: nothing is warm in it."""
    command = [sys.executable, "-m", "pipelines.cli", "run", "--quiet", *NIGHT]
    places = ["--landing", str(scene.landing), "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = subprocess.DEVNULL
    (home / ".lease").unlink(missing_ok=True)
    with subprocess.Popen([*command, *places], env=environment, stdout=quiet, stderr=quiet) as run:
        while run.poll() is None and not (home / ".lease").exists():
            time.sleep(0.01)
        with suppress(subprocess.TimeoutExpired):
            run.wait(seconds)
        run.kill()
    return run.returncode == -signal.SIGKILL


def kill_plan(scene: Scene, count: int, length: int, seed: int) -> list[list[dict[str, Any]]]:
    """`count` kills in chains of `length`: half at event boundaries, spread, half at random times.

    Each boundary is a file-system event of an undisturbed run, of which they are an even spread.
    One kill in twenty hits a process that was started cold. A chain begins with its
    earliest: that kill hits however fast the machine is.
    """
    chosen = random.Random(seed)
    moments: list[dict[str, Any]] = [
        {"kill_at": 1 + number * scene.events // max(count // 2, 1)} for number in range(count // 2)
    ]
    moments += [
        {"kill_after": chosen.uniform(0.05, scene.seconds)} for _ in range(count - len(moments))
    ]
    for number in range(0, len(moments), _COLD_ONE_IN):
        moments[number] = {"cold_after": chosen.uniform(0.0, 2 * scene.seconds)}
    chosen.shuffle(moments)
    chains = [moments[at : at + length] for at in range(0, count, length)]
    return [sorted(chain, key=_earliest) for chain in chains]


def _earliest(harm: dict[str, Any]) -> tuple[bool, float]:
    return "kill_at" not in harm, float(harm.get("kill_at") or harm.get("kill_after") or inf)


def failing_event(scene: Scene, event: int) -> Ended:
    """Every file-system change from the `event`th on fails: a clear end, then recovery."""
    home = scene.home()
    ended = scene.nursery.run(scene.landing, home, *NIGHT, fail_at=event)
    judge_failure(scene, home, ended, f"no space from event {event} on")
    return ended


def failing_write(scene: Scene, nth: int, error: int, *, goes_on: bool) -> Ended:
    """The `nth` write below the home fails (and all after it): a clear end, then recovery."""
    home = scene.home()
    environment = {
        "FAULT_ROOT": str(home),
        "FAULT_AT": str(nth),
        "FAULT_ERROR": str(error),
        "FAULT_ON": str(int(goes_on)),
    }
    ended = scene.nursery.run(scene.landing, home, *NIGHT, environment=environment)
    judge_failure(scene, home, ended, f"write {nth} fails with {os.strerror(error)}")
    return ended


def judge_failure(scene: Scene, home: Path, ended: Ended, fault: str) -> None:
    """Exit 1 with a clear word (or 0 if nothing needed the write), then all as after a kill."""
    if ended.code not in (0, 1):
        raise TornError(f"{fault}: ended with {ended.code}: {ended.said[-1000:]}")
    if ended.code == 1 and ("copydesk: " not in ended.said or "Traceback" in ended.said):
        raise TornError(f"{fault}: no clear word: {ended.said[-1000:]}")
    whole(scene, home, fault)
    converges(scene, home, fault)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system in memory of this size. Raises PermissionError where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={kilobytes}k"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def full_disk(scene: Scene, spare_kilobytes: int) -> Ended:
    """The second night on a disk with this much room left; then the disk grows."""
    used = sum(path.stat().st_blocks // 2 for path in scene.first.rglob("*") if path.is_file())
    with small_disk(scene.folder / "disk", used + 200 + spare_kilobytes) as disk:
        home = disk / "home"
        shutil.copytree(scene.first, home, symlinks=True)
        ended = scene.nursery.run(scene.landing, home, *NIGHT)
        fault = f"{spare_kilobytes} kB of room"
        if ended.code not in (0, 1):
            raise TornError(f"{fault}: ended with {ended.code}: {ended.said[-1000:]}")
        whole(scene, home, fault)
        grow = ["mount", "-o", "remount,size=500m", str(disk)]
        subprocess.run(grow, check=True)
        converges(scene, home, fault)
    return ended
