"""Documents -> articles: the steps of cleaning, put together.

Exactness: `edits.restore(body, removed lines, repairs)` is the raw text, for every document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from pipelines.clean.changes import Reading, find_changes
from pipelines.clean.classify import Given, Judge, classify
from pipelines.clean.cleaner import Cleaner, load_cleaner
from pipelines.clean.edits import RemovedLine, Repair
from pipelines.clean.fold import fold
from pipelines.clean.language import languages
from pipelines.clean.portions import portions
from pipelines.clean.rows import Judged, articles, removed_lines, repair_rows
from pipelines.clean.segment import segment
from pipelines.clean.sightings import nights
from pipelines.clean.spacing import read_gaps, without_date_prefix
from pipelines.clean.wraps import find_wraps
from pipelines.contract import DOCUMENTS


class CleanBatch(NamedTuple):
    """What cleaning makes of a batch of documents: rows of three tables of the contract."""

    articles: pa.RecordBatch
    removed_lines: pa.RecordBatch
    repairs: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class CleanedText:
    """What cleaning makes of one document."""

    raw_text: str
    article: dict[str, Any]
    """Columns of `contract.ARTICLES`."""
    removed_lines: tuple[RemovedLine, ...]
    repairs: tuple[Repair, ...]

    @property
    def article_body(self) -> str:
        """The clean text."""
        body: str = self.article["article_body"]
        return body

    def as_json(self) -> str:
        """Article, removed lines and repairs as one JSON object."""
        record = self.article | {
            "removed_lines": [line._asdict() for line in self.removed_lines],
            "repairs": [item._asdict() for item in self.repairs],
        }
        return orjson.dumps(record, option=orjson.OPT_UTC_Z).decode()


__all__ = ["CleanBatch", "CleanedText", "Cleaner", "clean_batch", "clean_text", "load_cleaner"]

_GIVEN: Final = (
    "site", "given_headline", "given_byline", "given_published_precision", "given_section",
    "given_language",
)  # fmt: skip


def clean_batch(documents: pa.RecordBatch, cleaner: Cleaner) -> CleanBatch:
    """Clean a batch of `contract.DOCUMENTS`; one article a document, in the same order."""
    pieces = [_clean_piece(piece, cleaner) for piece in portions(documents)]
    if len(pieces) == 1:
        return pieces[0]
    return CleanBatch(*(_joined(parts) for parts in zip(*pieces, strict=True)))


def _joined(parts: tuple[pa.RecordBatch, ...]) -> pa.RecordBatch:
    return pa.concat_batches(parts)


def _clean_piece(documents: pa.RecordBatch, cleaner: Cleaner) -> CleanBatch:
    judged = _judge(documents, cleaner.judge)
    changes = find_changes(judged.reading)
    return CleanBatch(
        articles(documents, judged, changes, cleaner.rules_version, cleaner.judge),
        removed_lines(documents["document_id"], judged, cleaner.judge),
        repair_rows(documents["document_id"], judged.reading.lines, changes),
    )


def _judge(documents: pa.RecordBatch, judge: Judge) -> Judged:
    given = {name: documents[name].to_pylist() for name in _GIVEN}
    lines, prefixes = without_date_prefix(segment(documents["raw_text"]))
    folded = fold(lines)
    tongue = list(given["given_language"])
    untold = [row for row, known in enumerate(tongue) if not known]
    bounds = np.stack([lines.document_start[:-1], lines.document_start[1:]], axis=1)[untold]
    for row, guess in zip(untold, languages(lines.codes, bounds), strict=True):
        tongue[row] = guess
    gaps = read_gaps(lines)
    wraps = find_wraps(lines, gaps)
    night = nights(documents).to_pylist()
    beside = Given(given["given_headline"], given["site"], night, tongue, wraps)
    verdicts = classify(lines, folded, beside, judge)
    reading = Reading(lines, gaps, wraps, verdicts.code < 0, prefixes, tongue)
    return Judged(reading, verdicts, given)


_KEYS: Final = ("document_id", "run_id", "cleaned_at", "rules_version")


def clean_text(text: str, cleaner: Cleaner, **given: Any) -> CleanedText:
    """Clean one raw text; `given` may name columns of `contract.DOCUMENTS` (site, url …).

    Raises ValueError for a name that is no such column.
    """
    unknown = set(given) - set(DOCUMENTS.names)
    if unknown:
        raise ValueError(f"no column of documents: {', '.join(sorted(unknown))}")
    row = {name: given.get(name) for name in DOCUMENTS.names} | {"raw_text": text}
    loose = pa.schema([column.with_nullable(True) for column in DOCUMENTS])
    cleaned = _clean_piece(pa.RecordBatch.from_pylist([row], schema=loose), cleaner)
    article = cleaned.articles.to_pylist()[0]
    if article["date_published"]:
        article["date_published"] = article["date_published"].astimezone(UTC)
    return CleanedText(
        text,
        {name: value for name, value in article.items() if name not in _KEYS},
        tuple(RemovedLine(**_known(row, RemovedLine)) for row in cleaned.removed_lines.to_pylist()),
        tuple(Repair(**_known(row, Repair)) for row in cleaned.repairs.to_pylist()),
    )


def _known(row: Mapping[str, Any], kind: type[RemovedLine | Repair]) -> dict[str, Any]:
    """The fields of an edit in a row of its table."""
    values = {name: row[name] for name in kind._fields}
    return values | ({"score": round(values["score"], 4)} if "score" in values else {})
