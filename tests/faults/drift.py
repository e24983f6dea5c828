"""Schema drift in JSON Lines: unknown fields are kept, a lost or retyped one is told by site."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import publish, tonight
from pipelines.settings import Settings

from .crashes import TornError
from .inputs import texts
from .runs import FIRST, SECOND, Nursery

Record = dict[str, Any]
ROWS = 12


def _without(name: str) -> Callable[[Record], Record]:
    return lambda record: {key: value for key, value in record.items() if key != name}


def _with(**changes: Any) -> Callable[[Record], Record]:
    return lambda record: {**record, **changes}


DRIFTS: dict[str, tuple[Callable[[Record], Record], bool]] = {
    "same.example": (_with(), True),
    "more.example": (
        _with(paywall=True, tags=["a", "b"], nested={"deep": [1, {"er": None}]}),
        True,
    ),
    "renamed.example": (lambda it: {**_without("text")(it), "body": it["text"]}, True),
    "paragraphs.example": (lambda it: {**it, "text": it["text"].split("\n\n")}, True),
    "no-title.example": (_without("title"), True),
    "null-date.example": (_with(published=None), True),
    "text-lost.example": (_without("text"), False),
    "text-number.example": (_with(text=12), False),
    "text-object.example": (_with(text={"html": "<p>x</p>"}), False),
    "title-list.example": (_with(title=["a", "list"]), False),
    "date-object.example": (_with(published={"$date": 1}), False),
    "date-true.example": (_with(published=True), False),
}
"""Site -> what its second night makes of a record, and whether its rows are taken."""


def _lay(landing: Path, night: str, *, is_changed: bool) -> None:
    for number, (site, (change, _)) in enumerate(DRIFTS.items()):
        folder = landing / night / site
        folder.mkdir(parents=True)
        start = 1000 * number + 100 * is_changed
        records = [
            {"url": f"https://{site}/{start + row}", "title": f"Bridge {row}", "text": text}
            | {"published": f"{night}T06:00:00Z"}
            for row, text in enumerate(texts(start, ROWS))
        ]
        changed = map(change, records) if is_changed else records
        lines = "".join(json.dumps(record) + "\n" for record in changed)
        (folder / "crawl.jsonl").write_text(lines, "utf-8")


def schema_drift(nursery: Nursery, folder: Path) -> str:
    """A night in the usual form, one in which twelve sites have changed theirs."""
    landing, home = folder / "drift", folder / "drift-home"
    for night in (FIRST, SECOND):
        _lay(landing, night, is_changed=night == SECOND)
        ended = nursery.run(landing, home)
        if ended.code != 0:
            raise TornError(ended.said[-2000:])
    lake = tonight.open_lake(Settings(home=home))
    ledger = lake.read("runs").sort_by("run_id").to_pylist()[-1]
    lost = [site for site, (_, is_taken) in DRIFTS.items() if not is_taken]
    expected = {
        "accepted_count": ROWS * (len(DRIFTS) - len(lost)),
        "known_count": ROWS * len(DRIFTS),
        "rejected_count": ROWS * len(lost),
    }
    found = {name: ledger[name] for name in expected}
    if found != expected or ledger["document_count_in"] != sum(found.values()):
        raise TornError(f"the ledger says {ledger}, not {expected}")
    extra = _extra(home)
    named = _judge_reports(home, lost)
    shutil.rmtree(landing)
    return f"ledger balances; {extra} unknown fields kept; {named} sites named by a check"


def _extra(home: Path) -> int:
    """How many unknown fields were kept."""
    rows = tonight.open_lake(Settings(home=home)).read("documents").to_pylist()
    kept = [json.loads(it["extra"]) for it in rows if it["site"] == "more.example" and it["extra"]]
    if len(kept) != ROWS or any(it["nested"] != {"deep": [1, {"er": None}]} for it in kept):
        raise TornError(f"unknown fields: {kept[:2]}")
    return sum(map(len, kept))


def _judge_reports(home: Path, lost: list[str]) -> int:
    """Sites that a check names: all whose rows were refused."""
    with publish.open_published(Settings(home=home)) as con:
        query = "select site from checks where expectation_type = $1 and not success"
        rows = con.execute(query, ["audit.rejected_documents_site_fields"]).fetchall()
    if sorted(row[0] for row in rows) != sorted(lost):
        raise TornError(f"told by site: {rows}, not {lost}")
    return len(rows)
