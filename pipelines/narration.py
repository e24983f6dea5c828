"""What the command line says: narration on stderr, data on stdout."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.settings import Settings
from pipelines.visible import plain_line

if TYPE_CHECKING:
    from pipelines.night import Outcome

LEDGER: Final = (
    ("document_count_in", "delivered"),
    ("accepted_count", "  accepted"),
    ("representative_count", "    representatives"),
    ("exact_count", "    exact copies"),
    ("near_count", "    near copies"),
    ("wholly_derived_count", "    wholly derived"),
    ("known_count", "  already known"),
    ("rejected_count", "  rejected"),
)
"""Columns of `runs` in the order and with the indentation in which a ledger is read."""

_FEW_IDS: Final = 5
"""Ids of broken rows that are told of a check."""

_PIPE_WIDTH: Final = 10_000
"""Characters of a table's line where no terminal limits it."""

_DONE: Final = {
    "ingest": "{accepted_count} new, {known_count} already known, {rejected_count} rejected",
    "clean": "{articles} articles, {removed_lines} lines removed, {repairs} repairs",
    "validate": "{check_count} checks, {failed_critical} critical and {failed_warning} warnings",
    "publish": "{status}",
}


def silent(verb: str, summary: Mapping[str, Any]) -> None:
    """Say nothing."""


def say(verb: str, summary: Mapping[str, Any]) -> None:
    """One line on stderr when a verb is done."""
    counts = {"articles": 0, "removed_lines": 0, "repairs": 0, **summary}
    if summary.get("unchanged"):
        text = "nothing has changed"
    elif verb in _DONE:
        text = _DONE[verb].format(**counts)
    else:
        text = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in summary.items())
    print(f"{verb:>9}  {_shortened(text) or 'nothing new'}", file=sys.stderr, flush=True)


def _shortened(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def console(*, to_stderr: bool = False, width: int | None = None) -> Console:
    """A console that obeys NO_COLOR and does not interpret markup in data."""
    return _Console(stderr=to_stderr, width=width, markup=False, highlight=False, emoji=False)


class _Console(Console):
    """A console whose pipe may be closed by its reader, as any other output's."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def show_table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table, cells as they are: as wide as the terminal, or a line a row in a pipe."""
    built = Table(box=None, pad_edge=False)
    for column in columns:
        built.add_column(column, overflow="fold")
    for row in rows:
        built.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(built)


def show_plan(plan: Mapping[str, Any], *, as_json: bool) -> None:
    """What a run would read."""
    if as_json:
        print(json.dumps(plan))
        return
    print("would read, without writing anything:")
    for column, label in LEDGER:
        if column in plan:
            print(f"  {label:<22}{plan[column]:>9,}")


def show_outcome(outcome: Outcome, settings: Settings, *, as_json: bool, quiet: bool) -> None:
    """The ledger, what failed, where the tables and the page are, and what to try next."""
    if as_json:
        print(json.dumps(_as_dict(outcome), default=str))
        return
    failed = [check for check in outcome.checks if not check["success"]]
    if failed and (not quiet or outcome.exit_code):
        _show_failed(failed)
    if quiet:
        return
    print(f"\nRun {outcome.run_id}: {outcome.status.replace('_', ' ')}")
    for column, label in LEDGER:
        print(f"  {label:<22}{outcome.ledger[column]:>9,}")
    _show_where(outcome, settings)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "run_id": outcome.run_id,
        "status": outcome.status,
        "ledger": dict(outcome.ledger),
        "failed_checks": [check for check in outcome.checks if not check["success"]],
        "published": str(outcome.published),
        "dashboard": str(outcome.dashboard),
    }


def _show_failed(checks: list[dict[str, Any]]) -> None:
    """One line per check, so that a log can be searched for it."""
    for check in checks:
        place = ".".join(filter(None, (check["table_name"], check["column_name"])))
        site = f", site {plain_line(check['site'])}" if check["site"] else ""
        broken = check["unexpected_count"] or 0
        count = f": {broken:,} {'row' if broken == 1 else 'rows'}" if broken else ""
        more = " …" if broken > _FEW_IDS else ""
        ids = f" ({_ids(check)}{more})" if check["unexpected_ids"] else ""
        line = f"{check['severity']}: {place}: {check['expectation_type']}{site}{count}{ids}"
        print(line, file=sys.stderr)


def _ids(check: Mapping[str, Any]) -> str:
    return " ".join((check["unexpected_ids"] or [])[:_FEW_IDS])


def _show_where(outcome: Outcome, settings: Settings) -> None:
    home = (
        ""
        if settings.origins.get("home") == "default"
        else f" --home {shlex.quote(str(settings.home))}"
    )
    if outcome.status == "quality_gate_failed":
        print("\nNothing was published; readers still see the night before.")
        print(f"Rows       {_command()} explain{home} ID")
        database = shlex.quote(str(settings.warehouse / "night.duckdb"))
        print(f"Tables     {_command()} check{home} {database}")
        return
    print(f"\nTables     {outcome.published}")
    print(f"Dashboard  {outcome.dashboard}")
    query = "from stories order by site_count desc limit 5"
    print(f'Try        {_command()} sql{home} "{query}"')


def _command() -> str:
    """How this program is called here: by name where that is found, else by its path."""
    if shutil.which("copydesk"):
        return "copydesk"
    called = Path(sys.argv[0])
    here = Path.cwd()
    return shlex.quote(str(called.relative_to(here) if called.is_relative_to(here) else called))


def show_settings(settings: Settings, *, as_json: bool) -> None:
    """Every setting with its origin."""
    rows = [
        (item.name, _said(getattr(settings, item.name)), settings.origins.get(item.name, "default"))
        for item in fields(settings)
        if item.name != "origins"
    ]
    if as_json:
        print(json.dumps({name: {"value": value, "origin": at} for name, value, at in rows}))
        return
    show_table(["setting", "value", "origin"], [list(row) for row in rows])


def _said(value: object) -> str:
    return "" if value == Path() else str(value)


def show_checks(checks: list[dict[str, Any]], *, as_json: bool) -> None:
    """A table of checks, or one JSON object per line."""
    if as_json:
        for check in checks:
            print(json.dumps(check, default=str))
        return
    rows = [
        [
            "ok" if check["success"] else check["severity"],
            check["table_name"],
            check["column_name"],
            check["expectation_type"],
            check["site"],
            check["observed_value"],
            check["unexpected_count"],
            _ids(check),
        ]
        for check in checks
    ]
    heads = ["result", "table", "column", "check", "site", "observed", "rows", "ids"]
    show_table(heads, rows)
