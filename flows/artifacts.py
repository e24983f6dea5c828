"""What a run leaves in the Prefect interface: ledger, checks, and a link to the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from prefect.artifacts import create_link_artifact, create_table_artifact

if TYPE_CHECKING:
    from pipelines.night import Outcome

MOST_CHECKS: Final = 200
"""A screen that someone reads; the `checks` table holds all of them."""

CHECK_COLUMNS: Final = (
    "success",
    "severity",
    "table_name",
    "column_name",
    "expectation_type",
    "site",
    "observed_value",
    "why",
)

_ACTIVE: Final = re.compile(
    r"[\\`*{}\[\]()<>#+!|~&$^=:\"'/@]|(?<![^\W_])[_-]|[_-](?![^\W_])|(?<=www)\.|(?<=\d)\.(?= |$)"
)
_INVISIBLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def show(outcome: Outcome) -> None:
    """Write the three artifacts of a night."""
    create_table_artifact(
        key="ledger",
        table=ledger_rows(outcome.ledger),
        description="What came in, what became of it",
    )
    create_table_artifact(
        key="checks", table=check_rows(outcome.checks), description=checks_line(outcome.checks)
    )
    create_link_artifact(
        key="dashboard", link=outcome.dashboard.resolve().as_uri(), link_text="The morning page"
    )


def ledger_rows(ledger: Mapping[str, Any]) -> list[dict[str, str]]:
    """The row of `runs` as two columns, `what` and `value`."""
    return [{"what": plain(name), "value": plain(value)} for name, value in ledger.items()]


def check_rows(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """At most MOST_CHECKS checks, failed ones first."""
    ordered = sorted(checks, key=lambda check: bool(check["success"]))
    return [{name: plain(row[name]) for name in CHECK_COLUMNS} for row in ordered[:MOST_CHECKS]]


def checks_line(checks: Sequence[Mapping[str, Any]]) -> str:
    """One sentence about all checks of a night."""
    if not checks:
        return "Nothing new came in: no table was built, so there was nothing to check."
    failed = [check for check in checks if not check["success"]]
    if not failed:
        return f"All {len(checks)} checks passed."
    critical = sum(check["severity"] == "critical" for check in failed)
    return f"{len(failed)} of {len(checks)} checks failed, {critical} of them critical."


def plain(value: Any, most: int = 300) -> str:
    """Text that Markdown shows as it is: no markup, link, tag or hidden character takes effect.

    Longer texts are cut at `most` characters.
    """
    text = "" if value is None else str(value).strip()
    text = _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text[: most + 1])
    if len(text) > most:
        text = text[: most - 1] + "…"
    return _ACTIVE.sub(r"\\\g<0>", text)
