"""The table of faults: what is done to real runs, what must come of it, and how often."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import (
    bits,
    canaries,
    characters,
    crashes,
    drift,
    fuzz,
    inputs,
    names,
    nights,
    pages,
    patterns,
    statements,
    takedowns,
    traced,
)
from .crashes import Skipped, TornError
from .runs import Nursery, Scene


class Row(NamedTuple):
    """A fault: its name, what must happen, CPU seconds it takes about, and how it is done.

    `count` is how often, of which a share may be done; the trial returns its figures.
    """

    fault: str
    required: str
    seconds: int
    count: int
    trial: Callable[[Scene, int], str]


def _kills(scene: Scene, count: int) -> str:
    chains = crashes.kill_plan(scene, count, 8, 7)
    hits = sum(crashes.kill_chain(scene, chain) for chain in chains)
    cold = sum("cold_after" in harm for chain in chains for harm in chain)
    return f"{count} kills, {hits} before the end of the run, {cold} cold: 0 broken, 0 lost"


def _failing_writes(scene: Scene, last: int) -> str:
    """Each write from the first fails in turn; on a full disk all after it too."""
    if not scene.has_shim:
        raise Skipped("no C compiler for the shim that fails writes")
    codes = [
        crashes.failing_write(
            scene, nth, errno.ENOSPC if nth % 2 else errno.EIO, goes_on=nth % 2 == 1
        ).code
        for nth in range(1, last + 1)
    ]
    return f"N = 1…{last}: exit 1 in {codes.count(1)}, not needed in {codes.count(0)}, 0 torn"


def _failing_events(scene: Scene, count: int) -> str:
    """No space from the Nth file-system change on, spread over the night."""
    step = max(1, scene.events // count)
    moments = range(1, scene.events, step)
    codes = [crashes.failing_event(scene, at).code for at in moments]
    return f"{len(codes)} moments: exit 1 in {codes.count(1)}, 0 torn, all recover"


def _full_disk(scene: Scene, count: int) -> str:
    """Small disks in memory."""
    rooms = (0, 50, 200, 500, 1000, 4000)[:count]
    try:
        codes = [crashes.full_disk(scene, room).code for room in rooms]
    except PermissionError as error:
        raise Skipped(f"no tmpfs may be mounted: {error}") from error
    return f"{len(codes)} sizes of disk: exit 1 in {codes.count(1)}, 0 torn, all recover"


def _bit_rot(scene: Scene, count: int) -> str:
    """Flips in every room, and what a run does about them."""
    done, found = bits.tally(scene.home(), count, 11)
    if done != found:
        raise TornError(f"flips {dict(done)}, found {dict(found)}")
    for name in (
        "copydesk.duckdb",
        "parquet/articles.parquet/*",
        "manifest.json",
        "dashboard.html",
    ):
        bits.published_damage_is_mended(scene, name)
    return f"{done.total()} flips: {found.total()} found and named; 4 of 4 files written anew"


def _bit_rot_in_the_lake(scene: Scene, count: int) -> str:
    derived = (
        "articles/*/*",
        "pairs/*/*",
        "fingerprints/*/*",
        "site_lines/*/*",
        "commits/*.link.*",
    )
    given = ("documents/*/*", "inputs/*/*", "commits/*.ingest.*")
    for pattern in derived[:count]:
        path = next((scene.first / "lake").glob(pattern))
        bits.lake_damage_is_mended(scene, path.relative_to(scene.first))
    for pattern in given[:count]:
        path = next((scene.first / "lake").glob(pattern))
        bits.lake_damage_stops_the_night(scene, path.relative_to(scene.first))
    return f"{len(derived[:count])} of 5 kinds made anew, 3 that cannot be: stopped, file named"


def _power_loss(scene: Scene, _: int) -> str:
    """Order of flush and rename, and connections, under strace."""
    home = scene.home()
    try:
        calls, _said = traced.trace(traced.with_addresses(scene), home, scene.folder)
    except FileNotFoundError as error:
        raise Skipped(str(error)) from error
    count, faults = traced.power_loss(calls, home)
    called = traced.connections(calls)
    if faults or called:
        raise TornError(f"{faults[:5]} {called[:5]}")
    return f"{count} of {count} files flushed, named, folder flushed; 0 connections"


def _races(scene: Scene, count: int) -> str:
    with tempfile.TemporaryDirectory() as folder, Nursery(Path(folder)) as rival:
        done = nights.race(scene, rival, count)
    return f"{done} races over a dead owner's lease: 1 winner each, the other exits 4"


def _damaged(scene: Scene, count: int) -> str:
    found = inputs.damaged_inputs(scene.nursery, scene.folder, count, 3)
    return f"{count} files: ledger balances, {found['rejected']} refused, 0 silently lost"


SECONDS = {name: 20 if name in ("archive", "settings") else 60 for name in fuzz.TARGETS}
"""How long each target is fuzzed; a minute for the readers and the loaders of rules and models."""

TABLE = (
    Row("kill -9 at any moment", "old or new night; a rerun ends equal", 330, 200, _kills),
    Row("power loss; sockets of a whole run", "fsync, rename, fsync; none", 60, 1, _power_loss),
    Row("disk full (tmpfs)", "exit 1, clear word, recovers", 45, 6, _full_disk),
    Row("no space from a file change on", "exit 1, clear word, recovers", 50, 10, _failing_events),
    Row("Nth write fails", "exit 1, clear word, recovers", 200, 40, _failing_writes),
    Row("bit rot, one flipped bit", "found, named, none served", 90, 1000, _bit_rot),
    Row("bit rot, next night", "stopped or rebuilt, file named", 30, 5, _bit_rot_in_the_lake),
    Row("damaged input files", "quarantined, ledger balances", 15, 60, _damaged),
    Row(
        "landing file still being written",
        "whole or not at all",
        40,
        50,
        lambda scene, n: (
            f"{inputs.half_written(scene.nursery, scene.folder, n, 3)} files, 0 partial rows"
        ),
    ),
    Row(
        "delivered again, changed later",
        "no-op; history kept",
        15,
        1,
        lambda scene, _: nights.delivered_again(scene),
    ),
    Row("two runs at once", "one works, one exits 4", 200, 50, _races),
    Row(
        "three nights missed",
        "equals three nightly runs",
        30,
        3,
        lambda scene, n: f"{nights.missed_nights(scene, n)} ways to miss nights: equal digests",
    ),
    Row(
        "DST nights, midnight, clock moved",
        "equal tables, UTC, date explicit",
        45,
        6,
        lambda scene, n: f"{nights.clocks(scene, n)} clocks: equal digests, moments in UTC",
    ),
    Row(
        "late article, any order of arrival",
        "same tables",
        600,
        100,
        lambda scene, n: f"{nights.arrival_orders(scene, n, 3)} orders: equal digests",
    ),
    Row(
        "takedown",
        "0 bytes of a marker left",
        15,
        1,
        lambda scene, _: takedowns.takedown(scene.nursery, scene.folder),
    ),
    Row(
        "schema drift in JSONL",
        "extra kept; told by site; only its rows",
        10,
        1,
        lambda scene, _: drift.schema_drift(scene.nursery, scene.folder),
    ),
    Row(
        "hostile HTML",
        "≤ 10 s, ≤ 1 GB, no silent loss",
        180,
        25,
        pages.hostile_pages,
    ),
    Row(
        "bombs, links, odd bytes and characters",
        "each its row",
        40,
        1,
        lambda scene, n: characters.cases(scene.nursery, scene.folder, with_gigabyte=n == 1),
    ),
    Row(
        "regular-expression bombs",
        "refused at load, or linear",
        20,
        1,
        lambda scene, _: patterns.bombs(scene.folder),
    ),
    Row(
        "hostile names and titles",
        "0 effects",
        30,
        500,
        lambda scene, n: names.hostile_names(scene.nursery, scene.folder, n),
    ),
    Row("an ad-hoc user's SQL", "0 succeed", 80, len(statements.ATTACKS), statements.attacks),
    Row(
        "secrets",
        "0 canaries told",
        12,
        1,
        lambda scene, _: f"{canaries.canaries(scene.nursery, scene.folder)} canaries: 0 told",
    ),
    *(
        Row(
            f"fuzz: {name}",
            "rows or the promised error",
            SECONDS[name] + 5,
            SECONDS[name],
            lambda scene, n, name=name: fuzz.fuzz(name, n, scene.folder),
        )
        for name in fuzz.TARGETS
    ),
)
