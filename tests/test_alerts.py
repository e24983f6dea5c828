"""Alerts reach a real webhook on this machine, and name the site, the number and the page."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from published_fixture import LAST_NIGHT, SITES, Fault, Plan, build

from pipelines import alerts, warehouse
from pipelines import settings as configuration
from pipelines.settings import Secret, Settings


class Webhook(HTTPServer):
    """Keeps what was posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.received: list[dict] = []

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_address[1]}/"


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.received.append(json.loads(self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def told(plan: Plan, settings: Settings) -> bool | None:
    with warehouse.closing(build(plan, settings)) as con:
        con.execute("set search_path = 'marts'")
        return alerts.send_if_needed(con, settings)


def test_a_fault_is_told_with_its_site_number_and_page(tmp_path: Path, webhook: Webhook) -> None:
    settings = Settings(
        home=tmp_path,
        alert_urls=Secret(f"{webhook.url}, {webhook.url}second"),
        alert_page="https://desk.example/morning",
    )
    assert told(Plan(nights=10, faults=(Fault(SITES[5], "stripped"),)), settings) is True
    assert len(webhook.received) == 2
    sent = webhook.received[0]
    assert f"{SITES[5]} lost 8" in sent["title"] and "of its text to cleaning" in sent["title"]
    assert "usually 30" in sent["message"]
    assert sent["message"].endswith("https://desk.example/morning")


def test_a_good_night_sends_nothing(tmp_path: Path, webhook: Webhook) -> None:
    settings = Settings(home=tmp_path, alert_urls=Secret(webhook.url))
    assert told(Plan(nights=10, checks=0), settings) is None
    assert webhook.received == []


def test_without_addresses_nothing_is_sent(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert told(Plan(nights=10, faults=(Fault(SITES[5], "silent"),)), settings) is True


@pytest.mark.parametrize("url", ["json://127.0.0.1:9/", "nosuchservice://x", "not an address"])
def test_an_alert_that_cannot_be_sent_says_so_and_raises_nothing(tmp_path: Path, url: str) -> None:
    settings = Settings(home=tmp_path, alert_urls=Secret(url))
    assert told(Plan(nights=10, faults=(Fault(SITES[5], "silent"),)), settings) is False


@pytest.mark.parametrize(
    ("nights", "days_later", "is_told"),
    [(30, 7, True), (30, 1, True), (30, 0, False), (8, 1, False)],
    ids=["a week later", "the next night", "a run repeated", "too new to know"],
)
def test_a_night_that_brings_nothing_is_told(
    tmp_path: Path, webhook: Webhook, nights: int, days_later: int, is_told: bool
) -> None:
    settings = Settings(home=tmp_path, alert_urls=Secret(webhook.url), alert_page="page")
    with warehouse.closing(build(Plan(nights=nights), settings)) as con:
        con.execute("set search_path = 'marts'")
        night = LAST_NIGHT + timedelta(days=days_later)
        assert alerts.send_if_silent(con, settings, night) is (True if is_told else None)
    assert len(webhook.received) == is_told
    if is_told:
        assert webhook.received[0]["title"].endswith("Last night brought nothing new.")
        assert "On a usual" in webhook.received[0]["message"]


def test_addresses_are_not_shown(tmp_path: Path) -> None:
    """They hold tokens; `config show` and a traceback print settings."""
    environment = {"COPYDESK_ALERT_URLS": "slack://token-a/token-b"}
    found = configuration.load(environment=environment, file=tmp_path / "none.toml")
    assert found.alert_urls == "slack://token-a/token-b"
    assert "token" not in f"{found} {found!r} {found.alert_urls} {found.alert_urls!s}"
