"""The pipeline's own cleaning as a system of the benchmark, each page by its fold's model."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from line_data import Page
from line_folds import FOLDS, fold_of, fold_path

from pipelines.clean.article import Cleaner, clean_batch, load_cleaner
from pipelines.clean.line_model import read_model
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


def documents(texts: list[str], sites: list[str]) -> pa.RecordBatch:
    """Documents of the contract from bare texts; `document_id` is the row number."""
    rows = [
        {
            "document_id": str(i), "source_uri": str(i), "content_sha256": str(i), "site": site,
            "raw_text": text, "run_id": "benchmark", "ingested_at": _NOW,
        }
        for i, (text, site) in enumerate(zip(texts, sites, strict=True))
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS)


def fold_cleaners(*, with_model: bool = True) -> list[Cleaner]:
    """One cleaner a fold, with the default settings."""
    settings = load(environment={}, file=Path("/nonexistent"))
    return [fold_cleaner(n, settings, with_model=with_model) for n in range(FOLDS)]


class FoldCleaner:
    """Judges pages with `clean_batch`, each with the model that has not seen its site."""

    def __init__(self, *, with_model: bool = True) -> None:
        self.cleaners = fold_cleaners(with_model=with_model)

    def judge_pages(self, pages: list[Page]) -> list[np.ndarray]:
        """True for each line that the pipeline removes."""
        verdicts: list[np.ndarray] = [np.zeros(len(p.lines), dtype=bool) for p in pages]
        for number, cleaner in enumerate(self.cleaners):
            mine = [i for i, page in enumerate(pages) if fold_of(page.site, FOLDS) == number]
            batch = documents(
                ["\n".join(pages[i].lines) for i in mine], [pages[i].site for i in mine]
            )
            removed = clean_batch(batch, cleaner).removed_lines
            document = removed["document_id"].to_pylist()
            for row, line in zip(document, removed["line_number"].to_pylist(), strict=True):
                verdicts[mine[int(row)]][line - 1] = True
        return verdicts
