"""Documents -> articles: the steps of cleaning, put together.

Exactness: `edits.restore(body, removed lines, repairs)` is the raw text, for every document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from pipelines.clean import repair
from pipelines.clean.classify import Given, Judge, Verdicts, classify
from pipelines.clean.cleaner import Cleaner, load_cleaner
from pipelines.clean.edits import RemovedLine, Repair, apply
from pipelines.clean.fold import FoldedLines, fold
from pipelines.clean.language import languages
from pipelines.clean.metadata import Fields, columns, published
from pipelines.clean.segment import LineBatch, segment
from pipelines.clean.sightings import nights
from pipelines.clean.spacing import Gaps, read_gaps, without_date_prefix
from pipelines.clean.words import count_words
from pipelines.clean.wraps import find_wraps, join
from pipelines.contract import ARTICLES, DOCUMENTS, KINDS, REMOVED_LINES, REPAIRS

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


class _Reading(NamedTuple):
    """A batch, read and judged."""

    lines: LineBatch
    folded: FoldedLines
    verdicts: Verdicts
    gaps: Gaps
    wraps: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    prefixes: dict[int, str]
    languages: list[str]


def _read(documents: Mapping[str, list[Any]], texts: pa.Array, judge: Judge) -> _Reading:
    lines, prefixes = without_date_prefix(segment(texts))
    folded = fold(lines)
    bounds = np.stack([lines.document_start[:-1], lines.document_start[1:]], axis=1)
    told = documents["given_language"]
    spoken = languages(lines.codes, bounds)
    tongue = [known or guess for known, guess in zip(told, spoken, strict=True)]
    gaps = read_gaps(lines)
    wraps = find_wraps(lines, gaps)
    given = Given(documents["given_headline"], documents["site"], documents["night"], tongue, wraps)
    return _Reading(
        lines,
        folded,
        classify(lines, folded, given, judge),
        gaps,
        wraps,
        repair.flags(lines.codes, lines.document_start),
        prefixes,
        tongue,
    )


__all__ = ["CleanBatch", "CleanedText", "Cleaner", "clean_batch", "clean_text", "load_cleaner"]

_NEEDED: Final = (
    "document_id", "site", "given_headline", "given_byline", "given_published",
    "given_published_precision", "given_section", "given_language", "run_id", "ingested_at",
)  # fmt: skip


def clean_batch(documents: pa.RecordBatch, cleaner: Cleaner) -> CleanBatch:
    """Clean a batch of `contract.DOCUMENTS`; one article a document, in the same order."""
    rows = {name: documents.column(name).to_pylist() for name in _NEEDED}
    rows["night"] = nights(documents).to_pylist()
    articles: list[dict[str, Any]] = []
    removed: list[dict[str, Any]] = []
    repairs: list[dict[str, Any]] = []
    for row, cleaned in enumerate(_clean(rows, documents.column("raw_text"), cleaner)):
        key = {"document_id": rows["document_id"][row], "run_id": rows["run_id"][row]}
        stamp = {"cleaned_at": rows["ingested_at"][row], "rules_version": cleaner.rules_version}
        articles.append(key | stamp | cleaned.article)
        removed += [_removed_row(line, key["document_id"]) for line in cleaned.removed_lines]
        repairs += [{"document_id": key["document_id"], **r._asdict()} for r in cleaned.repairs]
    return CleanBatch(
        pa.RecordBatch.from_pylist(articles, schema=ARTICLES),
        pa.RecordBatch.from_pylist(removed, schema=REMOVED_LINES),
        pa.RecordBatch.from_pylist(repairs, schema=REPAIRS),
    )


def _removed_row(line: RemovedLine, document_id: str) -> dict[str, Any]:
    end = line.start_char + len(line.line_text)
    return {"document_id": document_id, "end_char": end, **line._asdict()}


def clean_text(text: str, cleaner: Cleaner, **given: Any) -> CleanedText:
    """Clean one raw text; `given` may name columns of `contract.DOCUMENTS` (site, url …).

    Raises ValueError for a name that is no such column.
    """
    unknown = set(given) - set(DOCUMENTS.names)
    if unknown:
        raise ValueError(f"no column of documents: {', '.join(sorted(unknown))}")
    rows = {name: [given.get(name)] for name in (*_NEEDED, "night")}
    return next(_clean(rows, pa.array([text], pa.string()), cleaner))


def _clean(
    rows: Mapping[str, list[Any]], texts: pa.Array, cleaner: Cleaner
) -> Iterator[CleanedText]:
    reading = _read(rows, texts, cleaner.judge)
    first = np.searchsorted(
        reading.lines.document, np.arange(reading.lines.document_start.size)
    ).tolist()
    for row in range(len(texts)):
        given = {name: values[row] for name, values in rows.items()}
        yield _compose(row, range(first[row], first[row + 1]), given, reading, cleaner.judge)


def _compose(
    row: int, span: range, given: Mapping[str, Any], reading: _Reading, judge: Judge
) -> CleanedText:
    """The article of one document."""
    start, end = (int(at) for at in reading.lines.document_start[row : row + 2])
    raw_text = reading.lines.text[start:end]
    removed = tuple(_removed_lines(span, start, reading, judge))
    repairs = tuple(_repairs(row, span, start, reading))
    body = apply(raw_text, removed, repairs)
    fields = _fields(row, span, reading, judge)
    at, precision = published(
        given["given_published"],
        given["given_published_precision"],
        reading.prefixes.get(row),
        fields.dates,
    )
    article = columns(fields, given, reading.verdicts.found.get(row), body) | {
        "date_published": at,
        "date_published_precision": precision,
        "in_language": reading.languages[row],
        "article_body": body,
        "word_count": count_words(body),
        "raw_chars": len(raw_text),
        "removed_chars": sum(len(line.line_text) for line in removed),
        "removed_line_count": len(removed),
    }
    return CleanedText(raw_text, article, removed, repairs)


def _removed_lines(
    span: range, offset: int, reading: _Reading, judge: Judge
) -> Iterator[RemovedLine]:
    lines, verdicts = reading.lines, reading.verdicts
    for i in span:
        code = int(verdicts.code[i])
        if code < 0:
            continue
        start, end = int(lines.start[i]), int(lines.end[i])
        yield RemovedLine(
            int(lines.number[i]),
            start - offset,
            lines.text[start:end],
            lines.text[end : reading.gaps.until[i]],
            KINDS[verdicts.kind[i]],
            judge.rule_id(code),
            round(float(verdicts.score[i]), 4),
        )


def _repairs(row: int, span: range, offset: int, reading: _Reading) -> Iterator[Repair]:
    lines = reading.lines
    kept = [i for i in span if reading.verdicts.code[i] < 0]
    until = int(lines.start[span[0]]) if span else int(lines.document_start[row + 1])
    if until > offset:
        name = "date_prefix" if row in reading.prefixes else "outer_white_space"
        yield Repair(name, 0, lines.text[offset:until], "")
    flag = int(reading.flags[row])
    context = repair.Context(
        lines.text[offset : lines.document_start[row + 1]] if flag else "", reading.languages[row]
    )
    for i in kept:
        start, end = int(lines.start[i]), int(lines.end[i])
        for name, (at, before, after) in repair.repair_line(lines.text[start:end], flag, context):
            yield Repair(name, start - offset + at, before, after)
        goes_on = i != kept[-1] and reading.wraps[i] and reading.verdicts.code[i + 1] < 0
        yield from _joined(i, offset, reading) if goes_on else _gap(i, offset, reading, kept[-1])


def _gap(i: int, offset: int, reading: _Reading, last: int) -> Iterator[Repair]:
    """White space below a kept line, where it is not as it should be."""
    end = int(reading.lines.end[i])
    gap = reading.lines.text[end : reading.gaps.until[i]]
    if i == last and gap:
        yield Repair("outer_white_space", end - offset, gap, "")
    elif i != last and not reading.gaps.is_plain[i]:
        breaks = min(int(reading.gaps.breaks[i]), 2)
        yield Repair("white_space", end - offset, gap, "\n" * breaks)


def _joined(i: int, offset: int, reading: _Reading) -> Iterator[Repair]:
    """A wrapped line and the one below it, both kept, made one."""
    lines, document = reading.lines, reading.lines.document[i]
    raw_text = lines.text[offset : lines.document_start[document + 1]]
    name, tail, after = join(_text(lines, i), _text(lines, i + 1), raw_text)
    end = int(lines.end[i])
    gap = lines.text[end : reading.gaps.until[i]]
    yield Repair(name, end - len(tail) - offset, tail + gap, after)


def _fields(row: int, span: range, reading: _Reading, judge: Judge) -> Fields:
    lines, verdicts, rules = reading.lines, reading.verdicts, judge.rulebook.rules
    fields = Fields()
    found = verdicts.found.get(row)
    if found and found.section_rows:
        fields.section = " / ".join(_text(lines, i) for i in found.section_rows)
    for i in span:
        code = int(verdicts.code[i])
        if 0 <= code < len(rules) and rules[code].moves:
            fields.add(rules[code], _text(lines, i), verdicts.dates.get(i))
    return fields


def _text(lines: LineBatch, row: int) -> str:
    return lines.text[lines.start[row] : lines.end[row]]
