"""Damage in the lake: what can be made anew from sound files is, what cannot is named.

Whatever `clean` and `link` wrote follows from the documents and from the runs before. So the
commits of these verbs are forgotten from the first damaged run on and done again, run by run. A
crash on the way leaves runs whose later verbs are there and these are not: the next night goes on
with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from pipelines import linking, steps
from pipelines.durable import DamagedError, sync_folder
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.tonight import Night, Summary, open_lake

_AGAIN: Final[dict[str, Callable[[Night], Summary]]] = {"clean": steps.clean, "link": linking.link}
"""Verbs whose commits can be made anew."""


def judge(lake: Lake) -> tuple[list[Path], list[Path]]:
    """Damaged files of the lake: those that are made anew by the next run, and those that are lost.

    While one is lost, nothing is made anew.
    """
    damaged = lake.damage()
    anew = [path for path in damaged if _origin(path)[1] in _AGAIN]
    return anew, [path for path in damaged if path not in anew]


def mend(settings: Settings) -> Summary:
    """Make anew what is damaged, if all of it can be. The caller holds the lease.

    Returns how many files were damaged and how many runs were done again; empty if none.
    """
    lake, count = open_lake(settings), 0
    while True:
        anew, lost = judge(lake)
        if lost or not anew:
            break
        count += len(anew)
        _forget(lake, min(_origin(path)[0] for path in anew))
    done = [_do_again(night) for night in (() if lost else _unfinished(settings, lake))]
    return {"damaged_files": count, "nights_made_anew": len(done)} if done else {}


def _origin(path: Path) -> tuple[str, str]:
    """Run and verb that wrote a file: `<run>.<verb>.json` or `<table>/<run>/<verb>-….parquet`."""
    if path.parent.name == "commits":
        run_id, verb = path.name.removesuffix(".json").rsplit(".", 1)
        return run_id, verb
    return path.parent.name, path.name.rsplit("-", 1)[0]


def _forget(lake: Lake, first: str) -> None:
    """Remove what `_AGAIN` committed in this run and later ones, the last first."""
    for path in sorted((lake.root / "commits").glob("[0-9]*.json"), reverse=True):
        run_id, verb = _origin(path)
        if run_id >= first and verb in _AGAIN:
            path.unlink()
            sync_folder(path.parent)


def _unfinished(settings: Settings, lake: Lake) -> Iterator[Night]:
    """Runs that were published once and lack a commit of `_AGAIN`, oldest first."""
    try:
        commits = {(commit.run_id, commit.verb): commit for commit in lake.commits()}
    except DamagedError:
        return
    for (run_id, verb), commit in sorted(commits.items()):
        is_whole = all((run_id, again) in commits for again in _AGAIN)
        if verb == "ingest" and (run_id, "publish") in commits and not is_whole:
            begun = datetime.fromisoformat(commit.summary["started_at"])
            night = date.fromisoformat(commit.summary["logical_date"])
            yield Night(settings, run_id, night, begun, is_resumed=True)


def _do_again(night: Night) -> str:
    for verb in _AGAIN.values():
        verb(night)
    return night.run_id
