"""`make faults`: do every fault, print a row for each with its figures; 1 if one got through.

`python -m tests.faults --share 0.1` does a tenth of the trials.
"""

from __future__ import annotations

import argparse
import errno
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import bits, crashes, inputs, nights, traced
from .crashes import TornError
from .runs import Nursery, Scene, build_shim, prepare

Trial = Callable[[], str]


class Skipped(Exception):  # noqa: N818 (not an error)
    """A fault that this machine cannot do, and why."""


def kills(scene: Scene, count: int) -> str:
    """Kills in chains of four, each chain then finished and compared."""
    chains = crashes.kill_plan(scene, count, 4, 7)
    hits = sum(crashes.kill_chain(scene, chain) for chain in chains)
    return f"{count} kills ({hits} before the end of the run): 0 torn, 0 lost"


def failing_writes(scene: Scene, last: int) -> str:
    """Each write from the first fails in turn; on a full disk all after it too."""
    codes = [
        crashes.failing_write(
            scene, nth, errno.ENOSPC if nth % 2 else errno.EIO, goes_on=nth % 2 == 1
        ).code
        for nth in range(1, last + 1)
    ]
    return f"write 1…{last} fails: exit 1 in {codes.count(1)}, not needed in {codes.count(0)}"


def failing_events(scene: Scene, count: int) -> str:
    """No space from the Nth file-system change on, spread over the night."""
    step = max(1, scene.events // count)
    codes = [crashes.failing_event(scene, at).code for at in range(1, scene.events, step)]
    return f"{len(codes)} moments without space: exit 1 in {codes.count(1)}, 0 torn"


def full_disk(scene: Scene) -> str:
    """Small disks in memory."""
    try:
        codes = [crashes.full_disk(scene, room).code for room in (0, 50, 200, 500, 1000, 4000)]
    except PermissionError as error:
        raise Skipped(f"no tmpfs may be mounted: {error}") from error
    return f"{len(codes)} sizes of disk: exit 1 in {codes.count(1)}, 0 torn, all recover"


def bit_rot(scene: Scene, count: int) -> str:
    """Flips in every room, and what a run does about them."""
    done, found = bits.tally(scene.home(), count, 11)
    if done != found:
        raise TornError(f"flips {dict(done)}, found {dict(found)}")
    for name in ("copydesk.duckdb", "parquet/articles.parquet", "manifest.json", "dashboard.html"):
        bits.published_damage_is_mended(scene, name)
    for pattern in ("documents/*/*.parquet", "pairs/*/*.parquet", "commits/*.clean.json"):
        path = next((scene.first / "lake").glob(pattern))
        bits.lake_damage_stops_the_night(scene, path.relative_to(scene.first))
    return f"{done.total()} flips: {found.total()} found and named; 4 mended, 3 nights stopped"


def power_loss(scene: Scene) -> str:
    """Order of flush and rename, and connections, under strace."""
    home = scene.home()
    try:
        calls, _ = traced.trace(scene.landing, home, scene.folder)
    except FileNotFoundError as error:
        raise Skipped(str(error)) from error
    count, faults = traced.power_loss(calls, home)
    called = traced.connections(calls)
    if faults or called:
        raise TornError(f"{faults[:5]} {called[:5]}")
    return f"{count} of {count} files flushed, named, flushed; 0 connections"


def races(scene: Scene, count: int) -> str:
    """Two runs on one home."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Nursery(Path(folder)) as rival,
    ):
        return f"{nights.race(scene, rival, count)} races: 1 winner each, the other exits 4"


def rows(scene: Scene, share: float) -> Iterator[tuple[str, Trial]]:
    """The faults, in the order of the table."""

    def part(count: int, least: int = 1) -> int:
        return max(least, round(count * share))

    nursery, folder = scene.nursery, scene.folder
    yield "kill -9", lambda: kills(scene, part(200, 4))
    yield "power loss; connections", lambda: power_loss(scene)
    yield "disk full", lambda: full_disk(scene)
    yield "no space at a file change", lambda: failing_events(scene, part(40))
    yield "failing write", lambda: failing_writes(scene, part(40))
    yield "bit rot", lambda: bit_rot(scene, part(1000))
    yield (
        "damaged input files",
        lambda: str(inputs.damaged_inputs(nursery, folder, part(60, 10), 3)) + " balance",
    )
    yield (
        "files still being written",
        lambda: f"{inputs.half_written(nursery, folder, part(50, 5), 3)} files, 0 partial",
    )
    yield "delivered again, changed", lambda: (nights.delivered_again(scene), "as promised")[1]
    yield "two runs at once", lambda: races(scene, part(50, 2))
    yield (
        "three nights missed",
        lambda: f"same documents; {nights.missed_nights(scene):.1%} cleaned otherwise",
    )
    yield (
        "any order of arrival",
        lambda: (
            f"{part(20, 2)} orders: same documents; "
            f"{nights.arrival_orders(scene, part(20, 2), 3):.1%} cleaned otherwise"
        ),
    )
    yield "hostile names", lambda: f"{inputs.hostile_names(nursery, folder, part(500))}: 0 effects"
    yield "secrets", lambda: f"{inputs.canaries(nursery, folder)} canaries, 4 runs: 0 told"


def main() -> int:
    """Do all faults. Returns 0 if none got through."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the trials to do")
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    asked = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory(prefix="copydesk-faults-") as name:
        folder = Path(name)
        with Nursery(folder, build_shim(folder)) as nursery:
            scene = prepare(folder, nursery)
            for fault, trial in rows(scene, asked.share):
                if asked.only in fault:
                    worst = max(worst, report(fault, trial))
    return worst


def report(fault: str, trial: Trial) -> int:
    """Do one fault and print its row. Returns 1 if it got through."""
    begun = time.monotonic()
    try:
        verdict, figures = "ok", trial()
    except Skipped as reason:
        verdict, figures = "skipped", str(reason)
    except TornError as error:
        verdict, figures = "FAILED", str(error)
    seconds = time.monotonic() - begun
    print(f"| {fault:26} | {verdict:7} | {figures} | {seconds:.0f} s |", flush=True)
    return int(verdict == "FAILED")


if __name__ == "__main__":
    sys.exit(main())
