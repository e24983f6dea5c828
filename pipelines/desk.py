"""The desk commands over what is published: dashboard, check and doctor."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from pipelines import lease, mending, narration, publish, tonight, warehouse
from pipelines.durable import DamagedError
from pipelines.night import FIRST_VERBS
from pipelines.settings import Settings

_TELEMETRY: Final = ("PREFECT_SERVER_ANALYTICS_ENABLED", "GX_ANALYTICS_ENABLED")
_OFF: Final = ("0", "false", "no", "off", "")
_LONG_RUN: Final = timedelta(hours=12)
"""A million documents take less; what holds the lease longer hangs, or its clock is wrong."""

_LOW_DISK: Final = 2_000_000_000
"""Free bytes below which a first night of 100k articles may not fit: 5,000 of 3 kB took 78 MB."""


def dashboard_page(settings: Settings, out: Path | None) -> Path:
    """The page of the last night; rendered anew from the published tables if `out` is given.

    Raises FileNotFoundError when nothing is published.
    """
    page = settings.published / "dashboard.html"
    if out is None:
        if not page.is_file():
            raise FileNotFoundError(f"{page}: nothing is published yet; run `copydesk run` first")
        return page
    from pipelines import dashboard

    with warehouse.closing(publish.open_published(settings)) as con:
        return dashboard.render(con, out, generated_at=datetime.now(UTC))


def check_database(settings: Settings, database: Path | None, *, as_json: bool) -> int:
    """Judge a published or candidate database. Returns 0, or 3 if a critical check failed."""
    from pipelines import validate

    path = database or settings.published / "copydesk.duckdb"
    how: dict[str, Any] = {"run_id": "check", "checked_at": datetime.now(UTC)}
    with warehouse.closing(publish.open_published(settings, path)) as con:
        sizes = con.execute("select table_name, estimated_size from duckdb_tables()").fetchall()
        if ("documents", 0) in sizes and path.resolve().is_relative_to(settings.home.resolve()):
            how["may_be_empty"] = tonight.all_is_taken_down(tonight.open_lake(settings))
        is_judged = "runs" in dict(sizes)  # the ledger is added once the night was judged
        checks = validate.check(con, schema="main", **how) if is_judged else None
    if checks is None:
        with warehouse.closing(warehouse.connect(settings)) as con:
            publish.attach(con, path, "marts", read_only=True)
            checks = validate.check(con, schema="marts", **how)
    narration.show_checks(checks.to_pylist(), as_json=as_json)
    return 3 if validate.gate(checks) else 0


def examine(settings: Settings, *, as_json: bool) -> int:
    """Print what is well and what is not, with what to do. Returns 1 if something is not."""
    findings = [
        ("copydesk", True, _version("copydesk")),
        ("python", True, platform.python_version()),
        *((name, True, _version(name)) for name in ("duckdb", "pyarrow", "prefect")),
        _landing(settings),
        _disk(settings),
        _lease(settings),
        _lake(settings),
        _nights(settings, datetime.now(UTC).date()),
        _published(settings),
        _telemetry(os.environ),
    ]
    if as_json:
        print(json.dumps([{"what": w, "ok": ok, "detail": d} for w, ok, d in findings]))
    else:
        rows = [["ok" if ok else "LOOK", what, detail] for what, ok, detail in findings]
        narration.show_table(["", "what", "detail"], rows)
    return 0 if all(ok for _, ok, _ in findings) else 1


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not installed (run from the source tree)"


def _landing(settings: Settings) -> tuple[str, bool, str]:
    if not settings.landing.exists():
        return "landing", False, f"{settings.landing} does not exist; create it or set --landing"
    return "landing", True, str(settings.landing)


def _disk(settings: Settings) -> tuple[str, bool, str]:
    home = settings.home
    while not home.exists():
        home = home.parent
    free = shutil.disk_usage(home).free
    text = f"{free / 1e9:.1f} GB free at {settings.home}"
    if not os.access(home, os.W_OK):
        return "home", False, f"{home} cannot be written; change its owner or set --home"
    if free < _LOW_DISK:
        return "home", False, f"{text}; make room before the next night"
    return "home", True, text


def _lease(settings: Settings) -> tuple[str, bool, str]:
    """Who holds the home folder; and whether the last one who did has died over it."""
    holder, dead = lease.owner(settings.home), lease.left_behind(settings.home)
    if holder is not None:
        who = f"held by process {holder.get('process')} since {holder.get('since')}"
        if _is_older(holder.get("since"), _LONG_RUN):
            remedy = f"if it does not work any more: kill {holder.get('process')}; copydesk run"
            return "lease", False, f"{who}: longer than a run takes; {remedy}"
        return "lease", True, who
    if dead is not None:
        who = f"left by process {dead.get('process')}, which died in a run begun {dead['since']}"
        return "lease", False, f"{who}; run: copydesk run (it goes on from the last commit)"
    return "lease", True, "free"


def _is_older(since: str | None, limit: timedelta) -> bool:
    return since is not None and datetime.now(UTC) - datetime.fromisoformat(since) > limit


def _nights(settings: Settings, today: date) -> tuple[str, bool, str]:
    """Whether the last run was finished and published, and whether one was missed since."""
    lake = tonight.open_lake(settings)
    try:
        verbs = {(commit.run_id, commit.verb) for commit in lake.commits()}
        runs = lake.read("runs").sort_by("run_id").to_pylist()
    except DamagedError:
        return "nights", True, "cannot be told while the lake is damaged"
    begun = sorted(run_id for run_id, verb in verbs if verb in FIRST_VERBS)
    if cut := [run_id for run_id in begun if (run_id, "publish") not in verbs]:
        remedy = "run: copydesk run (it goes on from the last commit)"
        return "nights", False, f"run {cut[0]} was cut off; {remedy}"
    if not runs:
        return "nights", True, "no run yet"
    last = runs[-1]
    if last["status"] == "quality_gate_failed":
        remedy = "see docs/errors.md; mend the cause, then: copydesk run"
        return "nights", False, f"run {last['run_id']} failed its quality gate; {remedy}"
    if nights := missed_nights(last["started_at"].date(), today):
        dates = f"{nights[0]} to {nights[-1]}" if len(nights) > 1 else f"{nights[0]}"
        remedy = "run: copydesk run (one run takes in all that waits)"
        return "nights", False, f"no run on {len(nights)} nights, {dates}; {remedy}"
    return "nights", True, f"last run {last['run_id']}: {last['status']}"


def missed_nights(last: date, today: date) -> list[date]:
    """Days between that of the last run and today, on which no run began."""
    return [last + timedelta(days=number) for number in range(1, (today - last).days)]


def _telemetry(environment: Mapping[str, str]) -> tuple[str, bool, str]:
    """Whether the environment asks for what copydesk and `make up` turn off."""
    asked = [name for name in _TELEMETRY if environment.get(name, "").lower() not in _OFF]
    if asked:
        return "telemetry", False, f"{', '.join(asked)} asks for it; unset it"
    return "telemetry", True, "off; nothing in the environment asks for it"


def _published(settings: Settings) -> tuple[str, bool, str]:
    if damaged := publish.damage(settings):
        return "published", False, f"{_names(damaged)}: damaged; run: copydesk run"
    now = publish.manifest(settings)
    if now is None:
        return "published", False, "nothing yet; run: copydesk run"
    return "published", True, f"run {now['run_id']}, digests match"


def _lake(settings: Settings) -> tuple[str, bool, str]:
    anew, lost = mending.judge(tonight.open_lake(settings))
    if lost:
        remedy = (
            "restore it from a backup, or run all of the landing zone into a new home: "
            "copydesk run --home NEW; last night is still served"
        )
        return "lake", False, f"{_names(lost)}: damaged; {remedy}"
    if anew:
        return "lake", False, f"{_names(anew)}: damaged; made anew by: copydesk run"
    return "lake", True, "every file is as its commit says"


def _names(paths: list[Path]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(map(str, paths[:3])) + more
