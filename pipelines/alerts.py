"""Tell people that a night needs a look: the site, the number and the page, through Apprise.

`alert_urls` holds one Apprise address per service, separated by commas or spaces
(https://github.com/caronc/apprise: `slack://…`, `msteams://…`, `mailtos://…`, `jsons://…`). A good
night sends nothing, and an alert that cannot be sent never fails a night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from pipelines.dashboard import panels, sentence
from pipelines.dashboard.shown import plural
from pipelines.settings import Settings
from pipelines.warehouse import Connection

_MOST_FINDINGS: Final = 10
_LEAST_NIGHTS: Final = 4
_LEAST_USUAL: Final = 5
"""A Poisson count of five is zero in 0.7 % of nights; below, silence says little."""
_STATES: Final = frozenset({"look", "stopped"})


@dataclass(frozen=True, slots=True)
class Alert:
    """What is sent: plain text."""

    title: str
    body: str


def alert_of(con: Connection, page: str) -> Alert | None:
    """The alert about the latest run in the public tables, or None if the night is good.

    `con` has the public tables in its search path; `page` is where the morning page is.
    """
    rows = panels(con, only=("tonight", "findings", "new_lines"))
    if not rows["tonight"]:
        return None
    tonight = rows["tonight"][0]
    found = sentence.all_findings(rows["findings"], rows["new_lines"], tonight["night"])
    verdict = sentence.verdict(tonight, found)
    if verdict.state not in _STATES:
        return None
    lines = [f"- {it.sentence}" for it in verdict.findings[:_MOST_FINDINGS]]
    if len(verdict.findings) > _MOST_FINDINGS:
        lines.append(f"- and {len(verdict.findings) - _MOST_FINDINGS} more")
    lines += ["", sentence.what_changed(tonight), page]
    return Alert(f"copydesk {tonight['night']}: {verdict.sentence}", "\n".join(lines))


def silence_of(con: Connection, night: date, page: str) -> Alert | None:
    """The alert about a night that brought nothing new, or None if that is nothing new.

    `con` has all runs that ended. None too if the last that published was this very night's (a run
    was only repeated), or if fewer than four of its weekday are known.
    """
    row = con.execute(
        """
        select
            max(logical_date),
            count(*) filter (where isodow(logical_date) = isodow($night)),
            median(accepted_count) filter (where isodow(logical_date) = isodow($night)),
        from runs
        where status = 'published' and logical_date >= $night - 56
        """,
        {"night": night},
    ).fetchall()[0]
    last, count, usual = row
    if last is None or last >= night or count < _LEAST_NIGHTS or usual < _LEAST_USUAL:
        return None
    title = f"copydesk {night}: Last night brought nothing new."
    usual_text = f"On a usual {night:%A} it is {plural(usual, 'document')}."
    return Alert(title, f"{usual_text} The last night that brought any was {last}.\n\n{page}")


def send(alert: Alert, settings: Settings) -> bool:
    """Send an alert to every address of the settings; whether all of them took it.

    True without addresses. Never raises for a service that is down.
    """
    urls = [url for url in re.split(r"[,\s]+", settings.alert_urls) if url]
    if not urls:
        return True
    from apprise import Apprise, NotifyFormat  # 0.3 CPU-s: only where there is something to send

    services = Apprise()
    known = [services.add(url) for url in urls]
    taken = services.notify(title=alert.title, body=alert.body, body_format=NotifyFormat.TEXT)
    return bool(taken) and all(known)


def send_if_needed(con: Connection, settings: Settings) -> bool | None:
    """Alert about the latest run if it needs a look. None: no need; else whether it was sent."""
    alert = alert_of(con, _page_of(settings))
    return None if alert is None else send(alert, settings)


def send_if_silent(con: Connection, settings: Settings, night: date) -> bool | None:
    """Alert about a night that brought nothing new although nights usually do; as above."""
    alert = silence_of(con, night, _page_of(settings))
    return None if alert is None else send(alert, settings)


def _page_of(settings: Settings) -> str:
    return settings.alert_page or str((settings.published / "dashboard.html").absolute())
