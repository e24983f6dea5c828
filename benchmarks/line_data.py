"""Labelled pages for the line model: loading, folds by site, and augmentation.

The data is read from `COPYDESK_BENCH` (default `../shared/bench`), see `docs/line-model.md`.
"""

from __future__ import annotations

import gzip
import os
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from pipelines.clean.segment import SPACES, ZERO_WIDTH

BENCH = Path(
    os.environ.get("COPYDESK_BENCH", Path(__file__).resolve().parents[1] / "../shared/bench")
)
SETS = ("zyte", "fundus", "daniel", "gtrends", "wcxb")
VARIANTS = ("near", "region", "full")
LABELS = ("keep", "drop", "title", "title_dup", "byline", "date", "caption", "skip")
KEEP, DROP, TITLE, TITLE_DUP, BYLINE, DATE, CAPTION, SKIP = range(8)


_INVISIBLE = SPACES + ZERO_WIDTH


@dataclass(frozen=True, slots=True)
class Page:
    """One labelled page."""

    id: str
    set: str
    site: str
    lang: str
    variant: str
    clean: bool
    lines: tuple[str, ...]
    labels: tuple[int, ...]
    covers: tuple[float, ...]


def load_pages(variant: str, names: tuple[str, ...] = SETS) -> list[Page]:
    """Pages of a variant; a set that has no such file is skipped."""
    pages = []
    for name in names:
        path = BENCH / "cleaning" / variant / f"{name}.jsonl.gz"
        if path.is_file():
            with gzip.open(path) as file:
                pages += [_page(orjson.loads(line), variant) for line in file]
    return pages


def _page(row: dict, variant: str) -> Page:
    return Page(
        row["id"], row["set"], row["site"], row["lang"], variant, bool(row.get("clean")),
        tuple(line["text"] for line in row["lines"]),
        tuple(LABELS.index(line["label"]) for line in row["lines"]),
        tuple(line["cov"] for line in row["lines"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One augmented document: lines, labels, the site each line is from, the set."""

    set: str
    lang: str
    lines: tuple[str, ...]
    labels: tuple[int, ...]
    sites: tuple[str, ...]


Row = tuple[str, int, str]
Rows = list[Row]
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")


class Augmenter:
    """Draws one training document per page and epoch; deterministic for a seed."""

    def __init__(
        self,
        pages: list[Page],
        seed: int,
        removes: Sequence[Row] = (),
        keeps: Sequence[Row] = (),
    ) -> None:
        self.random = random.Random(seed)
        self.removes = removes
        self.keeps = keeps
        self.by_id: dict[str, list[Page]] = defaultdict(list)
        for page in pages:
            self.by_id[page.id].append(page)
        self.boilerplate: dict[str, list[Rows]] = defaultdict(list)
        for page in pages:
            for run in _drop_runs(page):
                self.boilerplate[page.lang].append(run)

    def epoch(self, shares: dict[str, float]) -> list[Sample]:
        """One sample per page, of a set in `shares` only so often; in random order."""
        samples = []
        for versions in self.by_id.values():
            page = self.random.choice(versions)
            if self.random.random() > shares.get(page.set, 1):
                continue
            rows = self._noise(self._window(page), page.lang)
            if rows:
                samples.append(Sample(page.set, page.lang, *zip(*rows, strict=True)))
        self.random.shuffle(samples)
        return samples

    def _window(self, page: Page) -> Rows:
        rows = [(t, label, page.site) for t, label in zip(page.lines, page.labels, strict=True)]
        kept = [i for i, row in enumerate(rows) if row[1] == KEEP]
        if not kept:
            return rows[:40]
        draw = self.random.random()
        if draw < 0.3:
            return self._clean(rows)
        before, after = self._context(draw)
        low = max(0, kept[0] - before)
        return rows[low : min(kept[-1] + 1 + after, low + 400)]

    def _clean(self, rows: Rows) -> Rows:
        with_title = self.random.random() < 0.25
        rows = [row for row in rows if row[1] == KEEP or (with_title and row[1] == TITLE)]
        if len(rows) > 6 and self.random.random() < 0.3:
            low = self.random.randrange(0, len(rows) // 2)
            return rows[low : low + self.random.randrange(3, len(rows))]
        return rows

    def _context(self, draw: float) -> tuple[int, int]:
        if draw < 0.82:
            return self.random.randint(0, 6), self.random.randint(0, 10)
        if draw < 0.90:
            return self.random.choice([0, 0, 1, 2]), self.random.choice([0, 0, 1, 2, 3])
        return self.random.randint(0, 150), self.random.randint(0, 150)

    def _noise(self, rows: Rows, lang: str) -> Rows:
        draw = self.random.random
        if draw() < 0.3:
            rows = [row for row in rows if row[1] not in (TITLE, TITLE_DUP) or draw() < 0.5]
        if draw() < 0.15:
            rows = [row for row in rows if row[1] != DROP or draw() < 0.6]
        if draw() < 0.15:
            rows = self._transplant(rows, lang)
        if self.removes and draw() < 0.15:
            rows = self._quote_rules(rows)
        if draw() < 0.06:
            rows = self._join(rows)
        if draw() < 0.06:
            rows = self._split(rows)
        if draw() < 0.03:
            rows = [(text.rstrip(".!?。"), *rest) for text, *rest in rows]
        if draw() < 0.03:
            rows = [(text.lower(), *rest) for text, *rest in rows]
        return [row for row in rows if row[0].strip(_INVISIBLE)]

    def _transplant(self, rows: Rows, lang: str) -> Rows:
        if not self.boilerplate[lang]:
            return rows
        run = self.random.choice(self.boilerplate[lang])[: self.random.randint(1, 5)]
        kept = [i for i, row in enumerate(rows) if row[1] == KEEP] or [0]
        place = self.random.choice([kept[0], kept[-1] + 1, kept[-1] + 1, self.random.choice(kept)])
        return [*rows[:place], *run, *rows[place:]]

    def _quote_rules(self, rows: Rows) -> Rows:
        """Put in what the rule book's records say must go, and at times what must stay."""
        kept = [i for i, row in enumerate(rows) if row[1] == KEEP] or [0]
        place = self.random.choice([kept[0], kept[-1] + 1, kept[-1] + 1, self.random.choice(kept)])
        lines = self.random.choices(self.removes, k=self.random.randint(1, 3))
        rows = [*rows[:place], *lines, *rows[place:]]
        if self.random.random() < 0.5:
            place = self.random.choice(kept)
            rows = [*rows[:place], self.random.choice(self.keeps), *rows[place:]]
        return rows

    def _join(self, rows: Rows) -> Rows:
        out: Rows = []
        for row in rows:
            if out and row[1] == KEEP == out[-1][1] and self.random.random() < 0.4:
                out[-1] = (f"{out[-1][0]} {row[0]}", *row[1:])
            else:
                out.append(row)
        return out

    def _split(self, rows: Rows) -> Rows:
        return [
            (part, label, site)
            for text, label, site in rows
            for part in (_SENTENCE.split(text) if label == KEEP else [text])
        ]


def _drop_runs(page: Page) -> list[Rows]:
    runs: list[Rows] = []
    previous = False
    for text, label in zip(page.lines, page.labels, strict=True):
        if label == DROP:
            if not previous:
                runs.append([])
            runs[-1].append((text, DROP, page.site))
        previous = label == DROP
    return runs if page.variant == "near" else []
