"""Documents that come, change and go over nights, linked by the night's own steps in memory."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from linkage_bench import MemoryBench

from pipelines.link import steps, tables
from pipelines.link.background import load_background
from pipelines.link.fingerprint import fingerprint_batch
from pipelines.link.verify import shelf_of

TIME = pa.timestamp("us", tz="UTC")
ARTICLES = pa.schema(
    [
        ("document_id", pa.string()),
        ("article_body", pa.string()),
        ("site", pa.string()),
        ("date_published", TIME),
        ("retrieved_at", TIME),
        ("info_source", pa.string()),
        ("night", pa.date32()),
    ]
)

SUBJECTS = ("harbour", "council", "orchestra", "ferry", "hospital", "brewery", "library", "glacier")
VERBS = ("approved", "postponed", "inspected", "rebuilt", "abandoned", "celebrated", "auctioned")
PLACES = ("Velmora", "Kestrelby", "Ostrava Minor", "Dunwich Sands", "Tarnmouth", "Aldershaw")
NAMES = ("Ilse Karvonen", "Bram Oduya", "Petra Szollosi", "Nikos Ferrante", "Maud Ellingsen")
FOOTER = "Write to the night desk of this paper at any hour with tips and pictures."


def invented(rng: random.Random) -> list[str]:
    """The sentences of a fictional report."""
    place, names = rng.choice(PLACES), rng.sample(NAMES, 2)
    return [
        f"The {rng.choice(SUBJECTS)} of {place} was {rng.choice(VERBS)} after {rng.choice(names)} "
        f"spoke of {rng.randint(2, 900)} {rng.choice(SUBJECTS)} tickets, a {rng.choice(SUBJECTS)} "
        f"that {rng.choice(names)} had {rng.choice(VERBS)} in {rng.randint(1950, 2024)}."
        for _ in range(rng.randint(4, 9))
    ]


def corpus(count: int, seed: int = 7) -> pa.Table:
    """Reports, copies of reports, and a footer that two of the sites put under everything."""
    rng = random.Random(seed)
    reports: list[list[str]] = []
    while len(reports) < count:
        report = invented(rng)
        reports.append(report)
        if rng.random() < 0.4:
            cut = report[: max(3, len(report) - rng.randint(0, 3))]
            reports.append([*cut, *invented(rng)[: rng.randint(0, 2)]])
        if rng.random() < 0.2:
            reports.append(list(report))
    sites = [rng.choice("pqrst") for _ in range(count)]
    bodies = [
        "\n".join([*report, FOOTER] if site in "pq" else report)
        for report, site in zip(reports[:count], sites, strict=True)
    ]
    start = datetime.datetime(2025, 3, 1, tzinfo=datetime.UTC)
    dates = [start + datetime.timedelta(days=rng.randint(0, 40)) for _ in range(count)]
    columns = {
        "document_id": [f"d{number:04}" for number in range(count)],
        "article_body": bodies,
        "site": sites,
        "date_published": [day if rng.random() < 0.9 else None for day in dates],
        "retrieved_at": [None] * count,
        "info_source": [rng.choice([None, None, "Reuters"]) for _ in range(count)],
        "night": [day.date() + datetime.timedelta(days=rng.randint(0, 2)) for day in dates],
    }
    return pa.table(columns, schema=ARTICLES)


class World:
    """What the lake would hold, night after night."""

    def __init__(self) -> None:
        self.bench = MemoryBench()
        self.before = steps.first_night()
        self.articles = ARTICLES.empty_table()
        self.live = tables.FINGERPRINTS.empty_table()
        self.index = {name: tables.LAKE_TABLES[name].empty_table() for name in steps.INDEX_TABLES}
        self.pairs = tables.PAIRS.empty_table()
        self.evidence = tables.EVIDENCE.empty_table()
        self.compared = 0
        self.linked: steps.Linked | None = None

    def night(self, came: pa.Table, went: Iterable[str] = ()) -> World:
        """Documents that came (in place of those of the same id) and ids of those that went."""
        names = pa.array([*came["document_id"].to_pylist(), *went], pa.string())
        self.articles = pa.concat_tables([_without(self.articles, "document_id", names), came])
        batch = came.combine_chunks().to_batches()
        made = fingerprint_batch(batch[0] if batch else _none(), load_background())
        new = pa.Table.from_batches([made.fingerprints])
        old = _without(self.live, "document_id", names)
        dead = self.live.filter(pc.is_in(self.live["document_id"], names))
        known = self.live["text_id"]
        for name, rows in self.index.items():
            fresh = _without(pa.Table.from_batches([getattr(made, name)]), "text_id", known)
            self.index[name] = pa.concat_tables([rows, fresh])
            self.bench.put(name, self.index[name])
        self.live = pa.concat_tables([old, new])
        shown = {"": self.live, "_old": old, "_new": new, "_dead": dead}
        for suffix, rows in shown.items():
            self.bench.put(f"fingerprints{suffix}", rows)
        self.bench.put("pairs_before", self.pairs)
        self._link()
        return self

    def _link(self) -> None:
        kept: dict[str, list[pa.Table]] = {"pairs": [], "evidence": []}
        shelf = shelf_of(steps.distinct_texts(self.articles))
        linked = steps.compare(
            self.bench,
            self.before,
            lambda _: shelf,
            load_background(),
            lambda name, rows: kept[name].append(rows),
        )
        retired = linked.retired_pairs["pair_id"]
        for name, rows in kept.items():
            left = _without(getattr(self, name), "pair_id", retired)
            setattr(self, name, pa.concat_tables([left, *rows]))
        for name, rows in self.index.items():
            self.index[name] = _without(rows, "text_id", linked.retired_texts["text_id"])
        self.before = steps.Before(linked.masked_sentences, linked.story_members)
        self.compared += linked.compared
        self.linked = linked

    def outcome(self) -> dict[str, list[dict[str, Any]]]:
        """All that readers come to see, in a fixed order."""
        assert self.linked is not None
        self.bench.put("evidence", self.evidence)
        self.bench.put("body_pairs", self.linked.body_pairs)
        self.bench.put("story_members", self.linked.story_members)
        found = {**self.bench.outputs(), "masked": self.linked.masked_sentences}
        found |= {"compared": self.pairs, "evidence": self.evidence} | self.index
        return {name: in_order(table) for name, table in found.items()}


def rebuilt(articles: pa.Table) -> World:
    """The same documents in one night."""
    return World().night(articles)


def in_order(table: pa.Table) -> list[dict[str, Any]]:
    keys = [(name, "ascending") for name in table.column_names[:3]]
    return list(table.sort_by(keys).to_pylist())


def _without(table: pa.Table, key: str, gone: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.filter(pc.invert(pc.is_in(table[key], pc.unique(gone))))


def _none() -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=ARTICLES)
