"""One night: the six verbs over one home folder, each done once and resumed where it was cut off.

Each verb reads what the verb before it committed to the lake and commits its own result, so that
a night that was killed goes on from its last commit and ends in the same tables.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pipelines import arrivals, kernels, linking, mending, objects, steps, takedown, tonight
from pipelines.batch import collect_rarely, give_back
from pipelines.lease import lease
from pipelines.settings import Settings, SettingsError
from pipelines.tonight import Night, Summary, Watch, unwatched

_LOG: Final = logging.getLogger(__name__)
_HERE: Final = Path(__file__).resolve().parent
_PACKAGED: Final = _HERE / "samples"
SAMPLES: Final = _PACKAGED if _PACKAGED.is_dir() else _HERE.parent / "data/samples"
"""The fictional articles of three nights that come with copydesk."""

EXIT_CODES: Final = {"published": 0, "unchanged": 0, "quality_gate_failed": 3}


Narrate = Callable[[str, Summary], None]
"""Told the name and summary of each verb that is done."""

FIRST_VERBS: Final = ("ingest", "takedown")
"""Verbs whose commit begins a run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a night ended. `ledger` is its row of `runs`, `checks` its rows of `checks`."""

    run_id: str
    status: str
    ledger: Mapping[str, Any]
    checks: list[dict[str, Any]]
    published: Path
    dashboard: Path

    @property
    def exit_code(self) -> int:
        """0 published or unchanged, 3 quality gate failed."""
        return EXIT_CODES[self.status]


def open_night(settings: Settings, logical_date: date | None = None) -> Night:
    """The night that was cut off, if there is one, else a new one.

    With a date given, files whose path bears a later one wait for their own night; without, the
    night takes all that has landed, so that a run catches up on the nights that were missed.
    The caller holds the lease. First what is damaged and can be is made anew, and litter that no
    commit names is swept away.
    """
    if mended := mending.mend(settings):
        _LOG.warning("damage in the lake was made anew from the documents: %s", mended)
    lake = tonight.open_lake(settings)
    if (mirror := objects.mirror_of(settings)) and not lake.commits():
        objects.pull(mirror, lake)
    lake.sweep()
    commits = {(commit.run_id, commit.verb): commit for commit in lake.commits()}
    for (run_id, verb), commit in sorted(commits.items()):
        if verb in FIRST_VERBS and (run_id, "publish") not in commits:
            begun = datetime.fromisoformat(commit.summary["started_at"])
            night = date.fromisoformat(commit.summary["logical_date"])
            return Night(settings, run_id, night, begun, is_resumed=True)
    now = datetime.now(UTC)
    night = logical_date or now.date()
    number = 1 + len({run_id for run_id, _ in commits})
    return Night(settings, f"{number:06d}.{night.isoformat()}", night, now, logical_date)


VERBS: Final[tuple[Callable[[Night], Summary], ...]] = (
    arrivals.ingest,
    steps.clean,
    linking.link,
    steps.build,
    steps.validate,
    steps.publish,
)


def do(verb: Callable[[Night], Summary], night: Night) -> Summary:
    """Do one verb and note how long it took; before the first that needs them, compile kernels."""
    if verb is steps.clean and not kernels.are_compiled(kernels.folder()) and _has_come(night):
        night.watch("compiling", 0, None)
        kernels.compile_once(night.settings, SAMPLES, kernels.folder())
    begun = time.monotonic()
    collect_rarely()
    night.watch(verb.__name__, 0, None)
    summary = verb(night)
    give_back()
    night.durations[verb.__name__] = round(time.monotonic() - begun, 3)
    return summary


def _has_come(night: Night) -> bool:
    """Whether there are documents to clean."""
    return bool(night.lake.files("documents", run_id=night.run_id))


def finish(night: Night) -> Outcome:
    """How a night whose six verbs are done ended, read back from the lake, and its mirror done."""
    if mirror := objects.mirror_of(night.settings):
        objects.push(night.lake, mirror)
    runs = night.lake.read("runs", run_id=night.run_id).to_pylist()
    checks = night.lake.read("checks", run_id=night.run_id).to_pylist()
    return Outcome(
        night.run_id,
        runs[0]["status"],
        runs[0],
        checks,
        night.settings.published / "copydesk.duckdb",
        night.settings.published / "dashboard.html",
    )


def run_night(
    settings: Settings,
    logical_date: date | None = None,
    *,
    narrate: Narrate = lambda verb, summary: None,
    watch: Watch = unwatched,
) -> Outcome:
    """Run a whole night under the lease; a night that was cut off is finished first.

    Raises LeaseHeldError if another run holds the home folder.
    """
    with lease(settings.home):
        return _whole(_new_night(settings, logical_date, narrate, watch), narrate)


def take_down(
    settings: Settings,
    beginnings: Sequence[str],
    reason: str,
    *,
    narrate: Narrate = lambda verb, summary: None,
) -> Outcome:
    """Take documents down, for good, in a run of its own; see `pipelines.takedown`.

    `beginnings` are document ids or their first digits. Raises NoSuchDocumentError, SettingsError
    where no reason is given, and LeaseHeldError if another run holds the home folder.
    """
    if not reason.strip():
        raise SettingsError("--reason is empty; say why: it is all that stays of the document")
    with lease(settings.home):
        night = _new_night(settings, None, narrate)
        ids = [takedown.find(night.lake, beginning) for beginning in beginnings]
        takedown.take_down(night, ids, reason)
        return _whole(night, narrate)


def _new_night(
    settings: Settings, logical_date: date | None, narrate: Narrate, watch: Watch = unwatched
) -> Night:
    """A new night, after the one that was cut off, if there is one, has been finished."""
    while (night := open_night(settings, logical_date)).is_resumed:
        _whole(replace(night, watch=watch), narrate)
    return replace(night, watch=watch)


def _whole(night: Night, narrate: Narrate) -> Outcome:
    for verb in VERBS:
        narrate(verb.__name__, do(verb, night))
    return finish(night)
