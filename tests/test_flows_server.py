"""The nightly deployment on a real Prefect server and worker, as `make up` starts them."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import local, processes
from flows.assets import LINEAGE

ARTICLE = """Ferry back in service

The ferry between Elm and the islands is back in service after {number} days, the harbour said.
"We are glad to sail again," said the captain, Ada Moss, who has worked on it for {number} years.
The next crossing leaves at nine; the fare has not changed since the spring of last year.

Back to Top
"""

FOOTERS = "Leave a comment\nShare this article\nRelated Articles\n" * 10

TERMINAL = {"COMPLETED", "CANCELLED", "FAILED", "CRASHED"}


class Api:
    """Prefect's REST interface, as far as the test looks."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        request = urllib.request.Request(
            f"{self.url}/api/{path}", data, {"Content-Type": "application/json"}
        )
        return json.loads(until(lambda: _answer(request), lambda text: text is not None))

    def start(self, deployment: str, when: datetime, **parameters: Any) -> str:
        found = self(f"deployments/name/{deployment}")
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": when.isoformat()}}
        wanted = {"state": state, "parameters": parameters, "idempotency_key": f"{when}"}
        run = self(f"deployments/{found['id']}/create_flow_run", wanted)
        return str(run["id"])

    def ended(self, *runs: str) -> list[dict[str, Any]]:
        """The runs, once all have ended."""
        found: list[dict[str, Any]] = until(
            lambda: [self(f"flow_runs/{run}") for run in runs],
            lambda found: {run["state_type"] for run in found} <= TERMINAL,
        )
        return found


def _answer(request: urllib.request.Request) -> bytes | None:
    """The server's answer; None while its database is busy, when a client is to ask again."""
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return None


def until(look: Callable[[], Any], is_enough: Callable[[Any], bool], seconds: float = 240) -> Any:
    deadline = time.monotonic() + seconds
    while not is_enough(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((local.HOST, 0))
        return int(listening.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "landing" / "2026-03-02" / "elm.example"
    folder.mkdir(parents=True)
    for number in (3, 5):
        (folder / f"{number}.txt").write_text(ARTICLE.format(number=number), "utf-8")
    return tmp_path / "home"


@pytest.fixture
def scheduler(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[local.Local]:
    monkeypatch.setenv("COPYDESK_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("COPYDESK_HOME", str(home))
    monkeypatch.delenv("PREFECT_PROFILE", raising=False)
    started = local.Local(folder=home / "prefect", port=free_port())
    try:
        local.up(started)
        yield started
    finally:
        local.down(started)
        for log in sorted(started.folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("slow")
def test_a_scheduled_night_completes_with_its_artifacts(scheduler: local.Local, home: Path) -> None:
    api = Api(scheduler.url)
    _the_schedule_makes_runs(api)
    run = _three_missed_nights_become_one(api)
    _the_artifacts_are_there(api, run)
    _the_lineage_is_kept(api, run, home)
    _the_backfill_runs_each_day(api)
    _a_missed_floor_fails_the_run_and_publishes_nothing(api, home)
    _a_missed_floor_stops_no_backfill(api)
    assert not list((home / "prefect" / "storage").glob("*")), "no result is kept"
    pids = _process_ids(scheduler)
    local.up(scheduler)
    assert _process_ids(scheduler) == pids, "what runs is left running"
    local.down(scheduler)
    assert set(pids) & set(processes.running()) == set()


def _process_ids(scheduler: local.Local) -> list[int]:
    return [int((scheduler.folder / f"{name}.pid").read_text()) for name in ("server", "worker")]


def _the_schedule_makes_runs(api: Api) -> None:
    """With an unsuitable SQLAlchemy the scheduler fails without a word: no run is ever made."""
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = until(lambda: api("flow_runs/filter", wanted), bool)
    assert {run["auto_scheduled"] for run in runs} == {True}
    hours = {datetime.fromisoformat(run["expected_start_time"]).strftime("%H:%M") for run in runs}
    assert hours <= {"01:30", "02:30"}, "3:30 in Berlin, summer and winter"


def _three_missed_nights_become_one(api: Api) -> str:
    now = datetime.now(UTC)
    missed = [api.start("nightly/nightly", now - timedelta(days=days)) for days in (3, 2, 1)]
    runs = api.ended(*missed)
    assert sorted(run["state_type"] for run in runs) == ["CANCELLED", "CANCELLED", "COMPLETED"]
    (done,) = [run for run in runs if run["state_type"] == "COMPLETED"]
    assert done["name"] == f"nightly {datetime.fromisoformat(done['start_time']).date()}"
    assert "published" in done["state"]["message"]
    tasks = api("task_runs/filter", {"flow_runs": {"id": {"any_": [done["id"]]}}})
    ordered = sorted(tasks, key=lambda task: task["start_time"])
    verbs = ["lease", "ingest", "clean", "link", "build", "validate", "publish"]
    assert [task["name"].rpartition("-")[0] for task in ordered] == verbs
    return str(done["id"])


def _the_artifacts_are_there(api: Api, run: str) -> None:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    found = {each["key"]: each for each in api("artifacts/filter", wanted)}
    assert set(found) == {"ledger", "checks", "dashboard"}
    ledger = {row["what"]: row["value"] for row in json.loads(found["ledger"]["data"])}
    assert (ledger["document_count_in"], ledger["accepted_count"]) == ("2", "2")
    assert {row["success"] for row in json.loads(found["checks"]["data"])} == {"True"}
    assert found["dashboard"]["data"].startswith("[The morning page](file://")


def _the_lineage_is_kept(api: Api, run: str, home: Path) -> None:
    """The open server has no page of assets, but keeps their events: from raw file to page."""
    wanted = {"event": {"prefix": ["prefect.asset.materialization"]}}
    wanted |= {"related": {"id": [f"prefect.flow-run.{run}"]}}
    places = {place for lineage in LINEAGE.values() for place in lineage.makes}
    answer = until(
        lambda: api("events/filter", {"filter": wanted, "limit": 50}),
        lambda answer: answer["total"] >= len(places),
    )
    made = {event["resource"]["prefect.resource.id"]: event for event in answer["events"]}
    assert set(made) == {f"{home.as_uri()}/{place}" for place in places}
    assert {event["event"] for event in made.values()} == {
        "prefect.asset.materialization.succeeded"
    }
    articles = made[f"{home.as_uri()}/lake/articles"]
    assert articles["payload"]["articles"] == 2
    sources = [it for it in articles["related"] if it["prefect.resource.role"] == "asset"]
    assert [it["prefect.resource.id"] for it in sources] == [f"{home.as_uri()}/lake/documents"]


def _the_backfill_runs_each_day(api: Api) -> None:
    dates = {"start_date": "2026-03-01", "end_date": "2026-03-02"}
    (run,) = api.ended(api.start("backfill/backfill", datetime.now(UTC), **dates))
    assert run["state_type"] == "COMPLETED", run["state"]
    assert run["name"] == "backfill 2026-03-01 to 2026-03-02"


def _a_missed_floor_fails_the_run_and_publishes_nothing(api: Api, home: Path) -> None:
    serving = home / "published" / "copydesk.duckdb"
    before = serving.read_bytes()
    lines = [{"text": f"The ferry to {n} islands sails again.\n{FOOTERS}"} for n in range(60)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (home.parent / "landing" / "footers.jsonl").write_text(text, "utf-8")
    (run,) = api.ended(api.start("nightly/nightly", datetime.now(UTC)))
    assert run["state_type"] == "FAILED"
    assert run["state"]["message"].endswith("quality_gate_failed")
    wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}, "key": {"any_": ["checks"]}}}
    (checks,) = api("artifacts/filter", wanted)
    assert "critical" in checks["description"]
    assert serving.read_bytes() == before


def _a_missed_floor_stops_no_backfill(api: Api) -> None:
    dates = {"start_date": "2026-03-03", "end_date": "2026-03-04"}
    (run,) = api.ended(api.start("backfill/backfill", datetime.now(UTC), **dates))
    assert run["state_type"] == "FAILED"
    nights = [night.partition(".")[2] for night in run["state"]["message"].split(", ")]
    assert nights == [f"{day}: quality_gate_failed" for day in dates.values()]
