"""Two runs at once, nights missed, articles delivered again, changed, late or in another order."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines import tonight
from pipelines.settings import Settings

from .crashes import NIGHT, TornError
from .runs import FIRST, SECOND, THIRD, Nursery, Scene, fill_landing, seen

MAY_DIFFER = 0.1
"""Share of documents that may be cleaned otherwise when nights come otherwise: a night knows what
a site repeats from the nights so far, and on the five small sites of the samples one line more or
less is a lot. Nothing else may differ."""


def race(scene: Scene, rival: Nursery, count: int) -> int:
    """Two runs started together: one works, the other exits 4 with a clear word."""
    home = scene.home()
    for number in range(count):
        with ThreadPoolExecutor(2) as pool:
            runs = [
                pool.submit(nursery.run, scene.landing, home, *NIGHT)
                for nursery in (scene.nursery, rival)
            ]
            ended = [run.result() for run in runs]
        codes = sorted(it.code for it in ended)
        words = "".join(it.said for it in ended if it.code == 4)
        if codes != [0, 4] or "held by" not in words:
            raise TornError(f"race {number}: {codes} {[it.said[-300:] for it in ended]}")
    if seen(home) != scene.new:
        raise TornError("a race changed the tables")
    return count


Bodies = dict[str, str]


def bodies(home: Path) -> Bodies:
    """Clean text of each document."""
    lake = tonight.open_lake(Settings(home=home))
    rows = lake.read("articles", ["document_id", "article_body"]).to_pylist()
    return {row["document_id"]: row["article_body"] for row in rows}


def differing(one: Bodies, other: Bodies, what: str) -> float:
    """Share of documents with another clean text. Raises TornError if documents are missing."""
    if one.keys() != other.keys():
        raise TornError(f"{what}: {len(one.keys() ^ other.keys())} documents are not in both")
    share = sum(one[name] != other[name] for name in one) / len(one)
    if share > MAY_DIFFER:
        raise TornError(f"{what}: {share:.0%} of the documents are cleaned otherwise")
    return share


def _run(scene: Scene, landing: Path, home: Path, *more: str) -> None:
    ended = scene.nursery.run(landing, home, *more)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])


def missed_nights(scene: Scene) -> float:
    """One run over three nights takes what three runs take. Returns the share cleaned otherwise."""
    landing = scene.folder / "three"
    for night in (FIRST, SECOND, THIRD):
        fill_landing(landing, night)
    nightly, late = scene.folder / "nightly", scene.folder / "late"
    for night in (FIRST, SECOND, THIRD):
        _run(scene, landing, nightly, "--date", night)
    _run(scene, landing, late, "--date", THIRD)
    return differing(bodies(nightly), bodies(late), "three nights and one")


def delivered_again(scene: Scene) -> None:
    """The same bytes change nothing; other bytes under the same name are one more document."""
    landing = scene.folder / "again"
    shutil.copytree(scene.landing, landing)
    home = scene.home()
    _run(scene, landing, home, *NIGHT)
    for path in landing.rglob("*.txt"):
        path.touch()
    _run(scene, landing, home, *NIGHT)
    if seen(home) != scene.new:
        raise TornError("the same bytes changed the tables")
    changed = sorted(landing.rglob("*.txt"))[0]
    old, name = changed.read_text("utf-8"), changed.relative_to(landing).as_posix()
    changed.write_text(f"{old}\nThis report was updated with a word from the mayor.\n", "utf-8")
    _run(scene, landing, home, *NIGHT)
    rows = tonight.open_lake(Settings(home=home)).read("documents").to_pylist()
    kept = [row["raw_text"] for row in rows if row["source_uri"] == name]
    if len(kept) != 2:
        raise TornError(f"{len(kept)} versions of a changed file")


def arrival_orders(scene: Scene, count: int, seed: int) -> float:
    """The same files in two runs, in any order: the same documents.

    Returns the mean share of documents cleaned otherwise than in the order of their dates.
    """
    chosen = random.Random(seed)
    files = sorted(path for path in scene.landing.rglob("*") if path.is_file())
    usual = scene.folder / "order-usual"
    _run(scene, scene.landing, usual, *NIGHT)
    shares = []
    for number in range(count):
        landing, home = scene.folder / "order", scene.folder / "order-home"
        for folder in (landing, home):
            shutil.rmtree(folder, ignore_errors=True)
        chosen.shuffle(files)
        half = chosen.randrange(1, len(files))
        for part in (files[:half], files[half:]):
            for path in part:
                target = landing / path.relative_to(scene.landing)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
            _run(scene, landing, home, *NIGHT)
        shares.append(differing(bodies(usual), bodies(home), f"order {number}"))
    return sum(shares) / len(shares)
