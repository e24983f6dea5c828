"""Tell people that a night needs a look: the site, the number and the page, through Apprise.

`alert_urls` holds one Apprise address per service, separated by commas or spaces
(https://github.com/caronc/apprise: `slack://…`, `msteams://…`, `mailtos://…`, `jsons://…`). A good
night sends nothing, and an alert that cannot be sent never fails a night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipelines.dashboard import panels, sentence
from pipelines.settings import Settings
from pipelines.warehouse import Connection

_MOST_FINDINGS: Final = 10
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
    page = settings.alert_page or str((settings.published / "dashboard.html").resolve())
    alert = alert_of(con, page)
    return None if alert is None else send(alert, settings)
