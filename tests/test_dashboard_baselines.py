"""What is out of the ordinary: quiet years stay quiet, planted faults are found and named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from published_fixture import LAST_NIGHT, SITES, Fault, Plan, build

from pipelines import dashboard, warehouse
from pipelines.dashboard import sentence
from pipelines.settings import Settings

Row = dict[str, Any]
SITE_NIGHTS = pa.schema(
    {
        "site": pa.string(),
        "night": pa.date32(),
        "document_count": pa.int64(),
        "copy_share": pa.float64(),
        "repeated_share": pa.float64(),
        "removed_share": pa.float64(),
        "median_word_count": pa.float64(),
        "undated_share": pa.float64(),
        "other_language_share": pa.float64(),
        "rejected_count": pa.int64(),
    }
)


def quiet_site(chance: np.random.Generator, name: str, nights: int) -> Iterator[Row]:
    """A site without faults: its own size, week, habits and everyday scatter."""
    size = float(np.exp(chance.uniform(np.log(2), np.log(300))))
    week = np.exp(chance.normal(0, 0.35, 7))
    removed, copies = chance.uniform(0.05, 0.5), chance.uniform(0.05, 0.7)
    words = chance.uniform(200, 700)
    undated, foreign, bad, twice = (
        chance.choice(it) for it in ((0, 0.05, 0.5), (0, 0.02, 0.3), (0, 0.1, 2), (0, 0.02, 0.1))
    )
    for number in range(nights):
        mean = size * week[number % 7] * np.exp(chance.normal(0, 0.1))
        count = int(chance.poisson(mean))
        night = LAST_NIGHT - timedelta(days=nights - 1 - number)
        row: Row = dict.fromkeys(SITE_NIGHTS.names)
        row |= {"site": name, "night": night, "document_count": count}
        row["rejected_count"] = int(chance.poisson(bad))
        if count:
            tonight = float(np.clip(copies + chance.normal(0, 0.05), 0, 1))
            cut = chance.beta(8 * removed, 8 * (1 - removed), count)
            row |= {
                "copy_share": chance.binomial(count, tonight) / count,
                "removed_share": float(cut.mean()),
                "median_word_count": float(np.median(chance.lognormal(np.log(words), 0.5, count))),
                "undated_share": chance.binomial(count, undated) / count,
                "other_language_share": chance.binomial(count, foreign) / count,
                "repeated_share": chance.binomial(count, twice) / count,
            }
        yield row


def drift_of(rows: list[Row], folder: Path) -> list[Row]:
    models = {it.name: it for it in warehouse.load_models("marts")}
    with warehouse.closing(warehouse.connect(Settings(home=folder))) as con:
        con.register("given", pa.Table.from_pylist(rows, schema=SITE_NIGHTS))
        con.execute("create schema marts")
        con.execute("create table marts.site_nights as select * from given")
        return warehouse.query(con, models["site_drift"].sql).to_pylist()


@pytest.mark.parametrize("seed", [1, 2])
def test_quiet_years_raise_few_alarms(tmp_path: Path, seed: int) -> None:
    """At most two false alarms in 1,000 site-nights: one in 12 nights on a desk of 40 sites."""
    chance = np.random.default_rng(seed)
    rows = [row for n in range(20) for row in quiet_site(chance, f"site-{n}", 365)]
    judged = [it for it in drift_of(rows, tmp_path) if it["verdict"] != "new"]
    nights = {(it["site"], it["night"]) for it in judged}
    off = {(it["site"], it["night"]) for it in judged if it["verdict"] != "calm"}
    assert len(nights) > 7_000
    assert len(off) / len(nights) <= 0.002


def halved(row: Row) -> Row:
    return row | {"document_count": row["document_count"] // 10}


CHANGES: dict[str, tuple[Callable[[Row], Row], str]] = {
    "silent": (lambda row: row | {"document_count": 0}, "document_count"),
    "a tenth": (halved, "document_count"),
    "tenfold": (lambda row: row | {"document_count": 10 * row["document_count"]}, "document_count"),
    "stripped": (lambda row: row | {"removed_share": 0.9}, "removed_share"),
    "teasers": (lambda row: row | {"median_word_count": 25.0}, "median_word_count"),
    "undated": (lambda row: row | {"undated_share": 1.0}, "undated_share"),
    "doubled": (lambda row: row | {"repeated_share": 0.5}, "repeated_share"),
    "foreign": (lambda row: row | {"other_language_share": 1.0}, "other_language_share"),
    "rejected": (lambda row: row | {"rejected_count": 50}, "rejected_count"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("nights", [10, 60])
def test_a_change_of_one_night_is_found_whether_weeks_are_known_or_not(
    tmp_path: Path, name: str, nights: int
) -> None:
    change, measure = CHANGES[name]
    steady = random.Random(7)
    rows = [
        dict.fromkeys(SITE_NIGHTS.names)
        | {"site": "a.example", "night": LAST_NIGHT - timedelta(days=n)}
        | {"document_count": 40 + steady.randint(-5, 5), "copy_share": 0.3, "removed_share": 0.2}
        | {"median_word_count": 400.0, "undated_share": 0.02, "other_language_share": 0.0}
        | {"rejected_count": steady.randint(0, 1), "repeated_share": 0.02}
        for n in reversed(range(nights))
    ]
    rows[-1] = change(rows[-1])
    found = [it for it in drift_of(rows, tmp_path) if it["verdict"] in ("watch", "fault")]
    assert [(it["night"], it["measure"]) for it in found] == [(LAST_NIGHT, measure)]
    assert found[0]["is_same_weekday"] is (nights > 28)


def verdict_of(plan: Plan, folder: Path) -> sentence.Verdict:
    with warehouse.closing(build(plan, Settings(home=folder))) as con:
        con.execute("set search_path = 'marts'")
        rows = dashboard.panels(con)
    tonight = rows["tonight"][0]
    found = sentence.all_findings(rows["findings"], rows["new_lines"], tonight["night"])
    return sentence.verdict(tonight, found)


@dataclass(frozen=True)
class Counts:
    """Documents night by night from Monday, 5 January on, and the nights that are called out."""

    counts: list[int]
    told: list[int]


WEEK: Final = [10, 9, 11, 10, 12, 0, 0]
SILENCES: Final = {
    "as long as it lasts": Counts([8, 9, 7] * 10 + [0] * 6, [*range(30, 36)]),
    "of a site that pauses at weekends": Counts(5 * WEEK + [0, 0, 11], [35, 36]),
    "of such a site, in its third week": Counts(2 * WEEK + [10, 0, 0, 10], [15, 16]),
    "again within the month": Counts([8] * 30 + [0, 0] + [8] * 6 + [0], [30, 31, 38]),
    "of a small site, on its better weekday": Counts([3, 2, 6, 3, 4, 2, 3] * 5 + [3, 2, 0], []),
    "of a site that is silent every third night": Counts([8, 9, 0] * 14, []),
    "of a site that now and then delivers": Counts([9, 0, 9, 9, 0] * 12, []),
    "after a month of it": Counts([8] * 30 + [0] * 40, [*range(30, 58)]),
}


@pytest.mark.parametrize(("missed", "told"), [(3, []), (0, [LAST_NIGHT])])
def test_a_run_that_takes_what_waited_is_no_flood(
    tmp_path: Path, missed: int, told: list[date]
) -> None:
    """Four nights' documents in one are a fault, unless three nights had no run."""
    rows = [
        dict.fromkeys(SITE_NIGHTS.names)
        | {"site": "a.example", "night": LAST_NIGHT - timedelta(days=n)}
        | {"document_count": 160 if n == 0 else 40}
        for n in reversed(range(40))
        if not 1 <= n <= missed
    ]
    found = [it for it in drift_of(rows, tmp_path) if it["verdict"] in ("watch", "fault")]
    assert [it["night"] for it in found] == told


@pytest.mark.parametrize("name", SILENCES)
def test_silence_is_told(tmp_path: Path, name: str) -> None:
    first = date(2026, 1, 5)
    rows = [
        dict.fromkeys(SITE_NIGHTS.names)
        | {"site": "a.example", "night": first + timedelta(days=n), "document_count": count}
        for n, count in enumerate(SILENCES[name].counts)
    ]
    told = [it["night"] for it in drift_of(rows, tmp_path) if it["verdict"] in ("watch", "fault")]
    assert sorted((it - first).days for it in told) == SILENCES[name].told


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silent", "delivered nothing"),
        ("stripped", "of its text to cleaning"),
        ("flood", "documents"),
        ("footer", "shows a line never seen there"),
        ("check", "fails"),
    ],
)
def test_a_fault_at_one_site_of_forty_is_the_first_sentence(
    tmp_path: Path, kind: str, words: str
) -> None:
    site = "site-017.example"
    plan = Plan(nights=12, sites=40, checks=6, faults=(Fault(site, kind),))
    found = verdict_of(plan, tmp_path)
    assert site in found.sentence and words in found.sentence


def test_a_quiet_night_is_good(tmp_path: Path) -> None:
    found = verdict_of(Plan(nights=15, checks=0), tmp_path)
    assert found.sentence == "Last night is good."


def test_the_first_night_judges_nothing(tmp_path: Path) -> None:
    found = verdict_of(Plan(nights=1, checks=0), tmp_path)
    assert found.state == "good" and found.findings == ()


def test_a_night_that_was_not_published_says_so(tmp_path: Path) -> None:
    plan = Plan(nights=9, status="quality_gate_failed", faults=(Fault(SITES[1], "stripped"),))
    found = verdict_of(plan, tmp_path)
    assert found.state == "stopped"
    assert found.sentence.startswith(f"Last night was not published: {SITES[1]} lost")


def test_baselines_never_see_the_night_they_judge(tmp_path: Path) -> None:
    """Whatever tonight brings, its usual stays what it was."""
    chance = np.random.default_rng(3)
    rows = list(quiet_site(chance, "a.example", 60))
    usual = []
    for count in (0, 5, 100_000):
        rows[-1]["document_count"] = count
        last = [it for it in drift_of(rows, tmp_path) if it["night"] == LAST_NIGHT]
        usual.append({it["measure"]: it["usual"] for it in last}["document_count"])
    assert len(set(usual)) == 1


def test_last_night_is_a_monday() -> None:
    """The tests above speak of Mondays."""
    assert date(2026, 3, 2) == LAST_NIGHT and LAST_NIGHT.isoweekday() == 1
