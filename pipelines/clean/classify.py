"""The one decision per line, from phrases, from what the site repeats, and from the line model.

`evidence` gathers what phrases, dates and headings say of each line; the line model reads it (which
kind of rule, how often that rule is right, how often the site repeats the line) beside the line's
own wording, shape and place, and its score decides. A line that evidence speaks against goes from a
lower score on than one that nothing else speaks against. What the site's owner says stands above
all, and the guards keep a document from losing its prose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from pipelines.clean.captions import is_companion
from pipelines.clean.dates import Printed
from pipelines.clean.draft import DERIVED, Draft, Given, Judge
from pipelines.clean.evidence import gather
from pipelines.clean.fold import FoldedLines
from pipelines.clean.headline import (
    MAX_CHARS,
    MIN_TITLE,
    NOTHING,
    Found,
    HeadLine,
    find_headline,
)
from pipelines.clean.headline_words import may_be_headlines
from pipelines.clean.line_model import LINE_KINDS, LineScores
from pipelines.clean.match import BODY, HEAD
from pipelines.clean.place import SENTENCE_CHARS, Place, in_wrapped
from pipelines.clean.segment import LineBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DERIVED", "Given", "Judge", "Verdicts", "classify"]

MIN_SITE_ARTICLES: Final = 3
"""Distinct articles of a site that must repeat a line before that alone removes it."""

PROSE_DOUBT: Final = 0.7
"""Share of the doubt the threshold allows that is allowed for prose, with which more is lost, and
for a line or two between paragraphs, as subheadings are."""

SUBHEADING_LINES: Final = 2
"""So many lines between paragraphs may be a subheading; more are a list, or boilerplate."""

MIN_KEPT_SHARE: Final = 0.25
"""Share of a document's prose that is kept whatever the model says."""

WITH_EVIDENCE: Final = 0.85
"""Share of the threshold from which a line goes that other evidence speaks against, too; chosen
with the threshold on pages out of fold (docs/decisions/0021)."""

TRUSTED_ODDS: Final = 1.5
"""Log-odds from which a rule is mostly right on the training pages: on four sites of five."""

LIKELY_KIND: Final = 0.5
"""How likely the model must find that a line bears information for it to move with the next."""

PROSE_CHARS: Final = 2000
"""Characters below the head of a document that its headline is compared with."""

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio (Knuth's multiplicative hashing): keeps heads apart."""

SURE_KIND: Final = 0.6
"""How likely a kind must be for the model's word on it to count."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One verdict a line; arrays of shape (lines,)."""

    code: NDArray[np.int32]
    """-1 keeps the line; else the verdict's code (`Judge.rule_id`)."""
    kind: NDArray[np.int8]
    """Index into KINDS; -1 for kept lines."""
    score: NDArray[np.float32]
    """Confidence that the line is boilerplate."""
    place: Place
    found: dict[int, Found]
    """Headline and section of the documents that show them, by row."""
    dates: dict[int, Printed]
    """Dates of removed date lines, by line."""


def classify(lines: LineBatch, folded: FoldedLines, given: Given, judge: Judge) -> Verdicts:
    """The verdict on every line of a batch."""
    draft = gather(lines, folded, given, judge)
    odds = _rule_odds(draft)
    scores = _ask_model(draft, odds)
    _veto(draft, scores, odds)
    found = _headlines(draft, scores)
    _companions(draft)
    _site_repeats(draft, scores)
    by_model = _apply_model(draft, scores)
    _overrule(draft)
    kind = np.append(judge.kinds, np.int8(-1))[draft.code]
    sure = by_model & (draft.code >= 0) & (scores.sort_share >= SURE_KIND)
    kind[sure] = scores.sort[sure]
    return Verdicts(draft.code, kind, draft.score, draft.where, found, draft.dates)


def _rule_odds(draft: Draft) -> NDArray[np.float32]:
    """Log-odds of what the evidence against each line hits, on the training pages; 0 for none."""
    by_code: NDArray[np.float32] = np.append(draft.judge.odds, np.float32(0))[draft.code]
    return by_code


def _ask_model(draft: Draft, odds: NDArray[np.float32]) -> LineScores:
    """What the line model says of every line; without a model, nothing against the evidence."""
    judge = draft.judge
    if judge.model is None or not draft.code.size:
        unsaid = LineScores.empty(draft.code.size)
        unsaid.kind[:, LINE_KINDS.index("title")] = 1
        return unsaid
    kinds = np.append(judge.kinds, np.int8(-1))
    return judge.model.judge(draft.lines, kinds[draft.code], draft.support, odds)


def _veto(draft: Draft, scores: LineScores, odds: NDArray[np.float32]) -> None:
    """Take verdicts back where the line model, told of the evidence, takes a line for the article.

    Where a rule is mostly right, the line itself counts, not how clean its document is: it may
    touch a document in which nothing else is wrong.
    """
    judge = draft.judge
    if judge.model is None:
        return
    is_sure = np.append(judge.is_sure, True)[draft.code] | draft.is_dateline
    is_sure |= _is_set_with_others(draft, scores)
    score = np.where(odds >= TRUSTED_ODDS, scores.bare, scores.score)
    back = np.flatnonzero(~is_sure & (score < WITH_EVIDENCE * judge.threshold))
    draft.code[back], draft.score[back] = -1, 0
    for row in back.tolist():
        draft.dates.pop(row, None)


def _is_set_with_others(draft: Draft, scores: LineScores) -> NDArray[np.bool_]:
    """Lines that likely bear information and stand beside a headline or byline, shape (lines,)."""
    bears = scores.kind[:, LINE_KINDS.index("title") :].sum(axis=1) >= LIKELY_KIND
    opens = scores.kind[:, [LINE_KINDS.index(name) for name in ("title", "title_dup", "byline")]]
    anchor = opens.sum(axis=1) >= LIKELY_KIND
    anchor[draft.rows_of(lambda rule: rule.moves == "byline")] = True
    same = draft.lines.document[1:] == draft.lines.document[:-1]
    beside = np.zeros(bears.size, dtype=np.bool_)
    beside[1:] |= anchor[:-1] & same
    beside[:-1] |= anchor[1:] & same
    both: NDArray[np.bool_] = bears & beside
    return both


def _headlines(draft: Draft, scores: LineScores) -> dict[int, Found]:
    """Find and mark the headline and section of every document that has lines above its prose."""
    text, given = draft.lines.text, draft.given
    found: dict[int, Found] = {}
    for head in _heads(draft, scores):
        known = given.headline[head.document]
        prose = "" if known else text[head.after : head.until]
        result = find_headline(head.lines, prose, known, given.site[head.document])
        if result is not NOTHING:
            found[head.document] = result
    headlines = [result.headline_rows for result in found.values()]
    draft.mark([row for rows in headlines for row in rows], "any.headline.repeated")
    draft.mark([rows[0] for rows in headlines if rows], "any.headline.moved")
    sections = [row for result in found.values() for row in result.section_rows]
    draft.mark(sections, "any.section.label")
    return found


class _Head(NamedTuple):
    """The lines above the prose of a document, and where the beginning of the prose stands."""

    document: int
    lines: list[HeadLine]
    after: int
    until: int


def _heads(draft: Draft, scores: LineScores) -> Iterator[_Head]:
    """The heads of the documents that may show their headline."""
    lines = draft.lines
    title = scores.kind[:, [LINE_KINDS.index("title"), LINE_KINDS.index("title_dup")]].sum(axis=1)
    rows = np.flatnonzero(draft.where.zone == HEAD)
    begins = np.diff(lines.document[rows], prepend=-1) > 0
    bounds = np.append(np.flatnonzero(begins), rows.size)
    document, after = lines.document[rows[bounds[:-1]]], lines.end[rows[bounds[1:] - 1]]
    until = np.minimum(after + PROSE_CHARS, lines.document_start[document + 1])
    head = np.cumsum(begins) - 1  # of each row
    is_given = np.array([bool(known) for known in draft.given.headline], dtype=np.bool_)
    is_free = draft.code[rows] < 0
    start, end, likely = lines.start[rows], lines.end[rows], title[rows]
    may_be = is_free & (likely >= MIN_TITLE) & (end - start <= MAX_CHARS)
    asked = np.flatnonzero(may_be & ~is_given[document][head])
    spans = np.stack([start[asked], end[asked], after[head[asked]], until[head[asked]]], axis=1)
    wanted = is_given[document]
    wanted[head[asked[may_be_headlines(lines.codes, spans)]]] = True
    said = draft.folded.line_hash[rows]
    wanted[head[_stands_twice(said, head)]] = True
    columns = [it.tolist() for it in (rows, start, end, is_free, likely, said)]
    places = [it.tolist() for it in (document, after, until, bounds)]
    for i in np.flatnonzero(wanted).tolist():
        low, high = places[3][i : i + 2]
        own = (
            HeadLine(row, lines.text[first:last], *more)
            for row, first, last, *more in zip(*(it[low:high] for it in columns), strict=True)
        )
        yield _Head(places[0][i], list(own), places[1][i], places[2][i])


def _stands_twice(said: NDArray[np.uint64], head: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some of the rows of a head that say the same as another of it, all heads that have one."""
    keys = said + head.astype(np.uint64) * _SPREAD
    order = np.argsort(keys)
    twice: NDArray[np.int64] = order[1:][np.diff(keys[order]) == 0]
    return twice


def _companions(draft: Draft) -> None:
    """Mark the lines right above and below captions that are their title or double."""
    lines = draft.lines
    for row in draft.rows_of(lambda rule: rule.moves == "caption"):
        for beside in (row - 1, row + 1):
            if not 0 <= beside < draft.code.size or draft.code[beside] >= 0:
                continue
            if lines.document[beside] == lines.document[row] and is_companion(
                draft.text(beside),
                draft.text(row),
                adjacent=abs(int(lines.number[beside]) - int(lines.number[row])) == 1,
            ):
                draft.mark([beside], "any.caption.companion")


def _site_repeats(draft: Draft, scores: LineScores) -> None:
    """Mark short lines that other articles of the site have too; sentences if the model agrees."""
    # a desk writes "No arrests have been made." under many
    where = draft.where
    enough = (draft.support >= MIN_SITE_ARTICLES) & ~where.is_prose
    if draft.judge.model is not None:
        said = np.where(where.zone == BODY, scores.bare, scores.score)
        is_sentence = where.ends_sentence & (where.weight < SENTENCE_CHARS)
        enough &= ~is_sentence | (said >= WITH_EVIDENCE * draft.judge.threshold)
    rows = np.flatnonzero((draft.code < 0) & enough)
    draft.mark(rows, "site.repeats", 1 - 1 / (1 + draft.support[rows]))


def _apply_model(draft: Draft, scores: LineScores) -> NDArray[np.bool_]:
    """Let the line model speak for lines that nothing else speaks for; those it removes."""
    code, lines, where = draft.code, draft.lines, draft.where
    free = code < 0
    draft.score[free] = scores.score[free]
    careful = where.is_prose | _may_be_subheading(draft)
    doubt = np.where(careful, PROSE_DOUBT, 1) * (1 - draft.judge.threshold)
    drop = free & (scores.score >= 1 - doubt) & ~in_wrapped(draft.given.wraps)
    drop &= ~(_needs_prose(draft, drop)[lines.document] & where.is_prose)
    code[drop] = draft.judge.code("model.line")
    return drop


def _may_be_subheading(draft: Draft) -> NDArray[np.bool_]:
    """Lines that stand between paragraphs alone or by twos, shape (lines,)."""
    between = (draft.where.zone == BODY) & ~draft.where.is_prose
    document = draft.lines.document
    begins = np.ones(between.size, dtype=np.bool_)
    begins[1:] = (between[1:] != between[:-1]) | (document[1:] != document[:-1])
    run = np.cumsum(begins) - 1
    few: NDArray[np.bool_] = between & (np.bincount(run)[run] <= SUBHEADING_LINES)
    return few


def _needs_prose(draft: Draft, drop: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Documents that would keep too little of their prose, shape (documents,)."""
    where, document = draft.where, draft.lines.document
    prose = np.where(where.is_prose, where.weight, 0)
    size = draft.lines.document_start.size - 1
    total = np.bincount(document, weights=prose, minlength=size)
    stays = np.where(drop | (draft.code >= 0), 0, prose)
    kept = np.bincount(document, weights=stays, minlength=size)
    too_little: NDArray[np.bool_] = kept < MIN_KEPT_SHARE * total
    return too_little


def _overrule(draft: Draft) -> None:
    """Apply what the owners of sites said."""
    judge, given, lines = draft.judge, draft.given, draft.lines
    if not judge.owner.phrases:
        return
    concerned = np.array([site in judge.owner.phrases for site in given.site], dtype=bool)
    for row in np.flatnonzero(concerned[lines.document]).tolist():
        line_hash = int(draft.folded.line_hash[row])
        says = judge.owner.says(given.site[lines.document[row]], draft.core(row), line_hash)
        if says == "keep":
            draft.code[row], draft.score[row] = -1, 0
        elif says == "drop":
            draft.mark([row], "owner.drop", 1)
