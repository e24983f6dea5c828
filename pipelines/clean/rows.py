"""A judged batch to rows of the three tables that cleaning writes.

Everything is made column by column; Python sees single documents only where a line of theirs moves
to a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.clean.changes import REPAIR_IDS, Changes, Reading, bodies
from pipelines.clean.classify import DERIVED, Judge, Verdicts
from pipelines.clean.datelines import BEGINNING_CHARS, may_have_dateline
from pipelines.clean.dates import read_date
from pipelines.clean.match import HEAD
from pipelines.clean.metadata import Fields, columns, published
from pipelines.clean.segment import LineBatch
from pipelines.clean.strings import strings
from pipelines.clean.words import word_counts
from pipelines.contract import ARTICLES, KINDS, REMOVED_LINES, REPAIRS, TIMESTAMP

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Judged(NamedTuple):
    """A batch, read and judged."""

    reading: Reading
    verdicts: Verdicts
    given: Mapping[str, list[Any]]


def removed_lines(names: pa.Array, judged: Judged, judge: Judge) -> pa.RecordBatch:
    """Rows of `contract.REMOVED_LINES`; `names` are the ids of the documents."""
    lines, verdicts = judged.reading.lines, judged.verdicts
    rows = np.flatnonzero(verdicts.code >= 0)
    start, end = lines.start[rows], lines.end[rows]
    offset = lines.document_start[lines.document[rows]]
    scores = np.round(verdicts.score[rows].astype(np.float64), 4)
    return pa.RecordBatch.from_arrays(
        [
            names.take(pa.array(lines.document[rows])),
            pa.array(lines.number[rows]),
            pa.array((start - offset).astype(np.int32)),
            pa.array((end - offset).astype(np.int32)),
            strings(lines.codes, start, end),
            strings(lines.codes, end, judged.reading.gaps.until[rows]),
            pa.array(KINDS).take(pa.array(verdicts.kind[rows])),
            pa.array(judge.rule_ids).take(pa.array(verdicts.code[rows])),
            pa.array(scores.astype(np.float32)),
        ],
        schema=REMOVED_LINES,
    )


def repair_rows(names: pa.Array, lines: LineBatch, changes: Changes) -> pa.RecordBatch:
    """Rows of `contract.REPAIRS`; `names` are the ids of the documents."""
    document = np.searchsorted(lines.document_start, changes.start, side="right") - 1
    return pa.RecordBatch.from_arrays(
        [
            names.take(pa.array(document)),
            pa.array(REPAIR_IDS).take(pa.array(changes.repair)),
            pa.array((changes.start - lines.document_start[document]).astype(np.int32)),
            strings(lines.codes, changes.start, changes.end),
            pa.array(changes.texts).take(pa.array(changes.after)),
        ],
        schema=REPAIRS,
    )


def articles(
    documents: pa.RecordBatch, judged: Judged, changes: Changes, rules_version: str, judge: Judge
) -> pa.RecordBatch:
    """Rows of `contract.ARTICLES`, one a document."""
    reading = judged.reading
    lines, count = reading.lines, documents.num_rows
    codes, bounds = bodies(reading, changes)
    gone = np.flatnonzero(~reading.kept)
    size, document = (lines.end - lines.start)[gone], lines.document[gone]
    fields = _fields(judged, judge)
    made: dict[str, Any] = {
        "document_id": documents["document_id"],
        "run_id": documents["run_id"],
        "cleaned_at": documents["ingested_at"],
        "rules_version": pa.repeat(pa.scalar(rules_version), count),
        "in_language": pa.array(reading.languages, pa.string()),
        "article_body": strings(codes, bounds[:-1], bounds[1:]),
        "word_count": pa.array(word_counts(codes, bounds)),
        "raw_chars": pa.array(np.diff(lines.document_start)),
        "removed_chars": pa.array(np.bincount(document, size, count).astype(np.int64)),
        "removed_line_count": pa.array(np.bincount(document, minlength=count).astype(np.int64)),
        **_dates(documents["given_published"], judged, fields),
    }
    rows = _text_columns(judged, fields, codes, bounds)
    made |= {
        name: pa.array([row[name] for row in rows], ARTICLES.field(name).type)
        for name in _TEXT_COLUMNS
    }
    return pa.RecordBatch.from_arrays([made[name] for name in ARTICLES.names], schema=ARTICLES)


_TEXT_COLUMNS: Final = (
    "headline", "byline", "article_section", "info_source", "credit_text", "copyright_notice",
    "captions",
)  # fmt: skip


def _fields(judged: Judged, judge: Judge) -> dict[int, Fields]:
    """What removed lines say, of the documents in which they say something."""
    lines, verdicts, rules = judged.reading.lines, judged.verdicts, judge.rulebook.rules
    fields: dict[int, Fields] = {}
    for row, found in verdicts.found.items():
        if found.section_rows:
            texts = (_text(lines, i) for i in found.section_rows)
            fields[row] = Fields(section=" / ".join(texts))
    moves = np.array([bool(rule.moves) for rule in rules] + [False] * (len(DERIVED) + 1))
    for i in np.flatnonzero(moves[verdicts.code]).tolist():
        said = fields.setdefault(int(lines.document[i]), Fields())
        said.add(rules[verdicts.code[i]], _text(lines, i), verdicts.dates.get(i))
    for i in _dates_by_model(verdicts, judge):
        row = int(lines.document[i])
        if printed := read_date(_text(lines, i).lower(), judged.reading.languages[row]):
            fields.setdefault(row, Fields()).dates.append(printed)
    return fields


def _dates_by_model(verdicts: Verdicts, judge: Judge) -> list[int]:
    """Lines above the prose that no rule knows and the line model takes for date lines."""
    is_model = verdicts.code == judge.code("model.line")
    is_date = verdicts.kind == KINDS.index("dateline")
    rows: list[int] = np.flatnonzero(is_model & is_date & (verdicts.place.zone == HEAD)).tolist()
    return rows


def _dates(given: pa.Array, judged: Judged, fields: Mapping[int, Fields]) -> dict[str, pa.Array]:
    """Publication dates and their precision: given, or read in the text."""
    told = judged.given["given_published_precision"]
    known = given.is_valid().to_numpy(zero_copy_only=False).copy()
    at = pc.fill_null(given.cast(pa.int64()), 0).to_numpy(zero_copy_only=False).copy()
    precision = [told[row] or ("second" if known[row] else None) for row in range(len(told))]
    prefixes = judged.reading.prefixes
    for row in {*prefixes, *(row for row, said in fields.items() if said.dates)}:
        if known[row] and precision[row] != "day":
            continue  # a date with its time is not refined
        dates = fields[row].dates if row in fields else []
        read, precision[row] = published(given[row].as_py(), told[row], prefixes.get(row), dates)
        known[row] = read is not None
        at[row] = (read - _EPOCH) // timedelta(microseconds=1) if read else 0
    return {
        "date_published": pa.array(at, pa.int64(), mask=~known).cast(TIMESTAMP),
        "date_published_precision": pa.array(precision, pa.string()),
    }


def _text_columns(
    judged: Judged,
    fields: Mapping[int, Fields],
    codes: NDArray[np.uint32],
    bounds: NDArray[np.int64],
) -> list[dict[str, Any]]:
    """Headline, byline and the other text columns of each article."""
    given, found = judged.given, judged.verdicts.found
    beginnings = dict.fromkeys(range(bounds.size - 1), "")
    rows = np.flatnonzero(may_have_dateline(codes, bounds))
    start, until = bounds[rows], np.minimum(bounds[rows + 1], bounds[rows] + BEGINNING_CHARS)
    beginnings |= zip(rows.tolist(), strings(codes, start, until).to_pylist(), strict=True)
    none = Fields()
    return [
        columns(
            fields.get(row, none),
            {
                name: given[name][row]
                for name in ("given_headline", "given_byline", "given_section")
            },
            found.get(row),
            beginnings[row],
        )
        for row in beginnings
    ]


def _text(lines: LineBatch, row: int) -> str:
    return lines.text[lines.start[row] : lines.end[row]]
