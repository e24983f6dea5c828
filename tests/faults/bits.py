"""Bit rot: one flipped bit in any file that counts is found, named, and never served."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipelines import publish, tonight
from pipelines.settings import Settings

from .crashes import NIGHT, TornError, whole
from .runs import FIRST, Scene, seen

LINKED = ("fingerprints", "shingles", "terms", "sentences", "pairs", "evidence", "clusters")


def rooms(home: Path) -> dict[str, list[Path]]:
    """Files that count, by room: lake, index (what linkage keeps), published."""
    version = (home / "published" / "current").resolve()
    lake = sorted((home / "lake").glob("*/*/*.parquet"))
    index = [path for path in lake if path.parent.parent.name in LINKED]
    commits = sorted((home / "lake" / "commits").glob("*.json"))
    return {
        "lake": [path for path in lake if path not in index] + commits,
        "index": index,
        "published": sorted(path for path in version.rglob("*") if path.is_file()),
    }


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file over, in place."""
    with path.open("r+b") as file:
        file.seek(bit // 8)
        old = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([old ^ 1 << bit % 8]))


def found(home: Path, path: Path) -> bool:
    """Whether the damage of a file is found and its name told."""
    settings = Settings(home=home)
    named = [it.resolve() for it in publish.damage(settings)]
    named += [it.resolve() for it in tonight.open_lake(settings).damage()]
    return path.resolve() in named


def flips(home: Path, count: int, seed: int) -> Iterator[tuple[str, bool]]:
    """`count` one-bit flips, a third in each room, each undone: the room, and whether found."""
    chosen = random.Random(seed)
    places = rooms(home)
    for number in range(count):
        room = list(places)[number % len(places)]
        path = chosen.choice(places[room])
        bit = chosen.randrange(8 * path.stat().st_size)
        flip(path, bit)
        yield room, found(home, path)
        flip(path, bit)


def tally(home: Path, count: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Flips done and flips found, by room."""
    done: Counter[str] = Counter()
    detected: Counter[str] = Counter()
    for room, is_found in flips(home, count, seed):
        done[room] += 1
        detected[room] += is_found
    return done, detected


def published_damage_is_mended(scene: Scene, name: str) -> None:
    """The next run writes a damaged published file anew, though nothing new has landed."""
    home = scene.home()
    path = next((home / "published" / "current").glob(name))
    flip(path, 8 * (path.stat().st_size // 2))
    ended = scene.nursery.run(scene.first_landing, home, "--date", FIRST)
    if ended.code != 0 or seen(home) != scene.old:
        raise TornError(f"{name}: not mended: {ended.said[-1000:]}")


def lake_damage_is_mended(scene: Scene, path: Path) -> None:
    """What follows from the documents is made anew, and the night gives what it always gives."""
    home = scene.home()
    path = home / path
    flip(path, 8 * (path.stat().st_size // 2))
    ended = scene.nursery.run(scene.landing, home, *NIGHT)
    if ended.code != 0 or seen(home) != scene.new:
        raise TornError(f"{path}: not mended, {ended.code}: {ended.said[-1000:]}")
    if found := tonight.open_lake(Settings(home=home)).damage():
        raise TornError(f"{path}: still damaged: {found}")


def lake_damage_stops_the_night(scene: Scene, path: Path) -> None:
    """A night whose documents are damaged ends with 1 and the name; last night is served."""
    home = scene.home()
    path = home / path
    flip(path, 8 * (path.stat().st_size // 2))
    ended = scene.nursery.run(scene.landing, home, *NIGHT)
    if ended.code != 1 or str(path) not in ended.said:
        raise TornError(f"{path}: ended with {ended.code}: {ended.said[-1000:]}")
    whole(scene, home, f"a flipped bit in {path}")
