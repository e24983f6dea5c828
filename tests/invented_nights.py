"""Invented nights for tests: what was delivered, cleaned, linked and refused, row by row."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from invented_texts import Story, deliver, invent, rendered, rewrite

from pipelines import contract

LAST_NIGHT = date(2026, 3, 2)
SITES = (
    "kelmar-times.example", "halven-post.example", "merivian-ledger.example",
    "brackwater-gazette.example", "newsdrift.example", "orbit-daily.example",
    "skerrin-observer.example", "tarn-echo.example",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What goes wrong at one site in the last night: silent, stripped, flood, footer, check."""

    site: str
    kind: str


@dataclass(frozen=True)
class Plan:
    """How large a database to invent, and what to plant in it.

    Every `every`-th check is judged per site.
    """

    nights: int = 30
    sites: int = 8
    checks: int = 12
    documents: int = 6
    seed: int = 1
    faults: tuple[Fault, ...] = ()
    titles: tuple[str, ...] = ()
    status: str = "published"
    every: int = 3

    def days(self) -> list[date]:
        """The nights, oldest first."""
        return [LAST_NIGHT - timedelta(days=n) for n in reversed(range(self.nights))]

    def site_names(self) -> list[str]:
        """The sites, by name."""
        more = [f"site-{n:03d}.example" for n in range(max(0, self.sites - len(SITES)))]
        return [*SITES[: self.sites], *more]

    def fault_of(self, site: str, day: date) -> str:
        """What goes wrong at a site in a night, or an empty text."""
        found = [it.kind for it in self.faults if it.site == site and day == LAST_NIGHT]
        return found[0] if found else ""


class Tables(defaultdict[str, list[dict[str, Any]]]):
    """Rows by table."""

    def __init__(self) -> None:
        super().__init__(list)


def run_of(plan: Plan, day: date) -> str:
    """The run id of a night, as `night.open_night` makes them."""
    return f"{plan.days().index(day) + 1:06d}.{day.isoformat()}"


def at(day: date, hour: int = 3, minute: int = 0) -> datetime:
    """A moment of a night, UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def invent_night(plan: Plan, tables: Tables, day: date, chance: random.Random) -> None:
    """Add the documents, clusters, pairs and rejections of a night."""
    stories = [invent(chance, chance.randint(4, 7)) for _ in range(plan.documents * 2)]
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    titles = list(plan.titles) if day == LAST_NIGHT else []
    for site in plan.site_names():
        fault = plan.fault_of(site, day)
        count = round(plan.documents * {"silent": 0, "flood": 4}.get(fault, 1))
        count += chance.choice((-1, 0, 0, 1)) if count > 2 else 0
        for serial in range(count):
            number = chance.randrange(len(stories))
            version = chance.choice((0, 0, 1)) if told[number] else 0
            story = rewrite(stories[number]) if version else stories[number]
            if titles:
                story = Story(titles.pop(), story.sentences)
            row = _document(
                plan, tables, day, site, serial, chance, deliver(chance, story, site, fault)
            )
            row |= {"headline": story.headline, "version": version, "story": number}
            told[number].append(row)
    for number, rows in told.items():
        _cluster(plan, tables, f"{day}{number}", rows)
    _reject(plan, tables, day, chance)


def _document(plan, tables, day, site, serial, chance, pieces) -> dict[str, Any]:  # noqa: PLR0917
    text = rendered(chance, pieces)
    uri = f"{day.isoformat()}/{site}/{serial:03d}.txt"
    identity = contract.document_id(uri, hashlib.sha256(text["raw"].encode()).hexdigest())
    stamp = {"run_id": run_of(plan, day)}
    published = at(day, chance.randrange(0, 3)) - timedelta(hours=chance.randrange(1, 20))
    tables["documents"].append(
        {
            "document_id": identity, "source_uri": uri, "source_format": "txt", "site": site,
            "url": f"https://{site}/{day:%Y/%m/%d}/{serial}",
            "retrieved_at": at(day, 1, serial % 60),
            "content_sha256": hashlib.sha256(text["raw"].encode()).hexdigest(),
            "raw_text": text["raw"], "ingested_at": at(day), **stamp,
        }
    )  # fmt: skip
    article = {
        "document_id": identity, "date_published": published, "date_published_precision": "second",
        "in_language": "de" if chance.random() < 0.1 else "en", "captions": [],
        "info_source": chance.choice(("Reuters", "AFP", None, None)),
        "article_body": text["body"], "word_count": len(text["body"].split()),
        "raw_chars": len(text["raw"]), "rules_version": "r1", "cleaned_at": at(day),
        "removed_chars": sum(len(it["line_text"]) for it in text["removed"]),
        "removed_line_count": len(text["removed"]), **stamp,
    }  # fmt: skip
    tables["articles"].append(article)
    tables["removed_lines"] += [{"document_id": identity, **it} for it in text["removed"]]
    tables["repairs"] += [{"document_id": identity, **it} for it in text["repairs"]]
    return article


def _cluster(plan: Plan, tables: Tables, story_key: str, rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    story_id = hashlib.md5(story_key.encode()).hexdigest()
    tables["story_members"].append({"article_id": first["document_id"], "story_id": story_id})
    for row in rows:
        tables["articles_headline"].append(row)
        relation = "representative" if row is first else "near"
        if row is not first and row["article_body"] == first["article_body"]:
            relation = "exact"
        elif row is not first and row["version"]:
            relation = "wholly_derived"
        score = {"representative": None, "exact": 1.0, "near": 0.93, "wholly_derived": 0.71}[
            relation
        ]
        tables["clusters"].append(
            {
                "document_id": row["document_id"], "article_id": first["document_id"],
                "copy_relation": relation, "copy_score": score,
                "copy_of_document_id": None if row is first else first["document_id"],
            }
        )  # fmt: skip
        if row is not first:
            tables["pairs"].append(_pair(first, row, relation, score))


def _pair(first, row, relation, score) -> dict[str, Any]:
    left, right = sorted((first, row), key=lambda it: it["document_id"])
    return {
        "document_id": left["document_id"], "other_document_id": right["document_id"],
        "relation": relation, "score": score, "derived_from_document_id": first["document_id"],
        "evidence": json.dumps(_evidence(left["article_body"], right["article_body"])),
    }  # fmt: skip


def _evidence(left: str, right: str) -> dict[str, Any]:
    pairs, left_at, right_at = [], 0, 0
    for one, other in zip(left.split("\n\n"), right.split("\n\n"), strict=False):
        pairs.append(
            {
                "start_char": left_at, "end_char": left_at + len(one),
                "other_start_char": right_at, "other_end_char": right_at + len(other),
                "score": 0.9,
            }
        )  # fmt: skip
        left_at, right_at = left_at + len(one) + 2, right_at + len(other) + 2
    return {"sentences": pairs, "quotations": [], "names": ["Port Halven"], "numbers": ["12"]}


def _reject(plan: Plan, tables: Tables, day: date, chance: random.Random) -> None:
    for number in range(chance.choice((0, 0, 1, 2))):
        site = chance.choice(plan.site_names())
        reason = chance.choice(("truncated_gzip", "not_utf8", "empty"))
        tables["rejected_documents"].append(
            {
                "rejection_id": f"{day}-{number}", "source_uri": f"{day}/{site}/bad-{number}.txt",
                "reason": reason, "detail": f"The file is {reason}; ask the scraper for it again.",
                "byte_count": 17, "quarantine_path": f"quarantine/{number}",
                "run_id": run_of(plan, day), "rejected_at": at(day),
            }
        )  # fmt: skip


def add_run(plan: Plan, tables: Tables, day: date, chance: random.Random) -> None:
    run_id = run_of(plan, day)
    ours = {it["document_id"] for it in tables["articles"] if it["run_id"] == run_id}
    counts = {name: 0 for name in contract.COPY_RELATIONS}
    for row in tables["clusters"][-len(ours) :] if ours else ():
        counts[row["copy_relation"]] += 1
    rejected = sum(it["run_id"] == run_id for it in tables["rejected_documents"][-5:])
    known = chance.randrange(4)
    verbs = ("ingest", "clean", "link", "build", "validate", "publish")
    durations = {verb: round(2 + 8 * chance.random(), 2) for verb in verbs}
    last = day == LAST_NIGHT
    tables["runs"].append(
        {
            "run_id": run_id, "logical_date": day, "started_at": at(day),
            "ended_at": at(day) + timedelta(seconds=sum(durations.values())),
            "status": plan.status if last else "published",
            "document_count_in": len(ours) + known + rejected, "accepted_count": len(ours),
            "known_count": known, "rejected_count": rejected, "version": "0.1.0",
            **{f"{name}_count": count for name, count in counts.items()},
            "durations": json.dumps(durations),
        }
    )  # fmt: skip
