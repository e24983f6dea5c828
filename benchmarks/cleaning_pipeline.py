"""The pipeline's own cleaning as a system of the benchmark, each page by its fold's model."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from line_data import Page
from line_folds import FOLDS, fold_of, fold_path

from pipelines.clean.article import Cleaner, clean_batch, load_cleaner
from pipelines.clean.fold import fold
from pipelines.clean.line_model import read_model
from pipelines.clean.segment import segment
from pipelines.clean.sites import SITE_LINES, SiteLines
from pipelines.contract import DOCUMENTS
from pipelines.settings import Settings, load

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def missing_folds() -> list[str]:
    """Names of the fold models that are not in the cache."""
    return [str(fold_path(n)) for n in range(FOLDS) if not fold_path(n).is_file()]


def fold_cleaner(number: int, settings: Settings, *, with_model: bool = True) -> Cleaner:
    """The shipped cleaner with the model of a fold; without owner's settings and site evidence."""
    cleaner = load_cleaner(settings, owner_file=Path("/nonexistent"))
    model = read_model(fold_path(number)) if with_model else None
    return dataclasses.replace(cleaner, judge=dataclasses.replace(cleaner.judge, model=model))


def night_of(row: int) -> date:
    """A night of its own for each page, so that each knows only the other pages of its site."""
    return date(2000, 1, 1) + timedelta(days=row)


def documents(texts: list[str], sites: list[str], rows: list[int] | None = None) -> pa.RecordBatch:
    """Documents of the contract from bare texts; `document_id` is the row number."""
    nights = [night_of(row) for row in rows or range(len(texts))]
    records = [
        {
            "document_id": str(i), "source_uri": str(i), "content_sha256": str(i), "site": site,
            "raw_text": text, "run_id": f"{i:06}.{night}", "ingested_at": _NOW,
        }
        for i, (text, site, night) in enumerate(zip(texts, sites, nights, strict=True))
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(records, schema=DOCUMENTS)


def fold_cleaners(*, with_model: bool = True) -> list[Cleaner]:
    """One cleaner a fold, with the default settings."""
    settings = load(environment={}, file=Path("/nonexistent"))
    return [fold_cleaner(n, settings, with_model=with_model) for n in range(FOLDS)]


def repeated_lines(pages: list[Page]) -> SiteLines:
    """On how many other pages of its site each page's lines stand (a text seen twice counts once).

    What the nightly run learns over weeks, from the pages of the benchmark: the page itself is
    left out, as it is when it arrives.
    """
    lines = segment(pa.array(["\n".join(page.lines) for page in pages], pa.large_string()))
    hashes = fold(lines).line_hash
    bounds = np.searchsorted(lines.document, np.arange(len(pages) + 1))
    own = [frozenset(hashes[a:b].tolist()) for a, b in pairwise(bounds)]
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for site, hashed in {(page.site, it) for page, it in zip(pages, own, strict=True)}:
        seen[site].update(hashed)
    rows = [
        {"site": page.site, "line_hash": line, "night": night_of(row), "article_count": count}
        for row, (page, hashed) in enumerate(zip(pages, own, strict=True))
        for line in hashed
        if (count := seen[page.site][line] - 1) > 0
    ]
    return SiteLines.of(pa.Table.from_pylist(rows, schema=SITE_LINES))


class FoldCleaner:
    """Judges pages with `clean_batch`, each with the model that has not seen its site."""

    def __init__(self, *, with_model: bool = True, with_sites: bool = False) -> None:
        self.cleaners = fold_cleaners(with_model=with_model)
        self.with_sites = with_sites

    def kinds(self, pages: list[Page]) -> list[np.ndarray]:
        """Kind under which each line is removed, empty for lines that stay."""
        found = [np.full(len(page.lines), "", dtype="U24") for page in pages]
        sites = repeated_lines(pages) if self.with_sites else None
        for number, cleaner in enumerate(self.cleaners):
            mine = [i for i, page in enumerate(pages) if fold_of(page.site, FOLDS) == number]
            judge = dataclasses.replace(cleaner.judge, sites=sites or cleaner.judge.sites)
            texts = ["\n".join(pages[i].lines) for i in mine]
            batch = documents(texts, [pages[i].site for i in mine], mine)
            removed = clean_batch(batch, dataclasses.replace(cleaner, judge=judge)).removed_lines
            for row in removed.select(["document_id", "line_number", "kind"]).to_pylist():
                found[mine[int(row["document_id"])]][row["line_number"] - 1] = row["kind"]
        return found

    def judge_pages(self, pages: list[Page]) -> list[np.ndarray]:
        """True for each line that the pipeline removes."""
        return [kinds != "" for kinds in self.kinds(pages)]
