"""The one decision per line, from phrases, from what the site repeats, and from the line model.

In order: the rule that holds where the line stands; lines below a heading that opens links or a
footer; headline and section; companions of captions; what the site repeats; the line model. What
the site's owner says stands above all, and the guards keep a document from losing its prose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipelines.clean.captions import is_companion
from pipelines.clean.dates import Printed, read_date
from pipelines.clean.fold import FoldedLines
from pipelines.clean.headline import NOTHING, Found, HeadLine, find_headline
from pipelines.clean.line_model import LINE_KINDS, LineModel
from pipelines.clean.match import HEAD, TAIL, candidates
from pipelines.clean.place import Place, in_wrapped, place
from pipelines.clean.rulebook import Rule, Rulebook
from pipelines.clean.segment import LineBatch
from pipelines.clean.sites import Owner, SiteLines
from pipelines.contract import KINDS

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

DERIVED: Final[dict[str, tuple[str, str]]] = {
    "any.headline.moved": ("repeated_headline", "the headline, moved to its column"),
    "any.headline.repeated": ("repeated_headline", "the headline, standing here once more"),
    "any.section.label": ("section_label", "a label above the headline, moved to the section"),
    "any.caption.companion": ("caption", "title or double of the caption beside it"),
    "any.links.below": ("related_links", "in the list of links below a heading that opens one"),
    "any.footer.below": ("about_publisher", "in the page's footer, below the copyright line"),
    "site.repeats": ("site_template", "the site repeats this line in other articles"),
    "owner.drop": ("site_template", "the owner's settings drop this line on this site"),
    "model.line": ("other_boilerplate", "shape, place and wording are those of boilerplate"),
}
"""Verdicts that no rule of the book carries: rule_id -> (kind, reason)."""

MIN_SITE_ARTICLES: Final = 3
"""Distinct articles of a site that must repeat a line before that alone removes it."""

FOOTER_AFTER: Final = 0.6
"""Share of the prose that must stand above a copyright line for it to open the footer."""

PROSE_DOUBT: Final = 0.6
"""Share of the doubt the threshold allows that is allowed for prose: more is lost with it."""

MIN_KEPT_SHARE: Final = 0.25
"""Share of a document's prose that is kept whatever the model says."""


@dataclass(frozen=True, slots=True)
class Judge:
    """All that a decision rests on besides the text."""

    rulebook: Rulebook
    model: LineModel | None
    """None: rules and sites alone decide."""
    threshold: float
    sites: SiteLines
    owner: Owner

    def rule_id(self, code: int) -> str:
        """The rule_id of a verdict code."""
        rules = self.rulebook.rules
        return rules[code].id if code < len(rules) else list(DERIVED)[code - len(rules)]

    def code(self, derived: str) -> int:
        """The verdict code of a derived rule_id."""
        return len(self.rulebook.rules) + list(DERIVED).index(derived)

    def kinds(self) -> NDArray[np.int8]:
        """Kind (index into KINDS) of every verdict code."""
        named = [rule.kind for rule in self.rulebook.rules] + [kind for kind, _ in DERIVED.values()]
        return np.array([KINDS.index(kind) for kind in named], dtype=np.int8)


@dataclass(frozen=True, slots=True)
class Given:
    """What is known beside the lines: of each document, one entry a row; of its breaks."""

    headline: list[str | None]
    site: list[str | None]
    night: list[date | None]
    language: list[str]
    wraps: NDArray[np.bool_]
    """Whether the break below each line is a hard wrap, shape (lines,)."""


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A batch while it is judged: the evidence, and the verdicts that the steps write."""

    lines: LineBatch
    folded: FoldedLines
    where: Place
    given: Given
    judge: Judge
    support: NDArray[np.float32]
    code: NDArray[np.int32]
    score: NDArray[np.float32]
    model_score: NDArray[np.float32]
    """What the line model says, shape (lines,); 0 without a model."""
    title: NDArray[np.float32]
    """How likely the line model takes a line for the headline; 1 without a model."""

    def text(self, row: int) -> str:
        """The text of one line."""
        return self.lines.text[self.lines.start[row] : self.lines.end[row]]

    def head_line(self, row: int) -> HeadLine:
        """One line as the search for the headline sees it."""
        is_free, title = bool(self.code[row] < 0), float(self.title[row])
        return HeadLine(row, self.text(row), is_free, title, int(self.folded.line_hash[row]))

    def core(self, row: int) -> str:
        """The lower-case core of one line."""
        return self.folded.lower_text(self.folded.core_start[row], self.folded.core_end[row])

    def mark(self, rows: Any, derived: str, score: Any = 0.97) -> None:
        """Give rows a derived verdict."""
        self.code[rows], self.score[rows] = self.judge.code(derived), score

    def rows_of(self, wanted: Callable[[Rule], bool]) -> list[int]:
        """Rows whose verdict is carried by a rule of the wanted sort."""
        rules = self.judge.rulebook.rules
        table = np.array([wanted(rule) for rule in rules] + [False] * (len(DERIVED) + 1))
        rows: list[int] = np.flatnonzero(table[self.code]).tolist()
        return rows

    def rule(self, row: int) -> Rule:
        """The rule that carries a row's verdict."""
        rule: Rule = self.judge.rulebook.rules[self.code[row]]
        return rule


def classify(lines: LineBatch, folded: FoldedLines, given: Given, judge: Judge) -> Verdicts:
    """The verdict on every line of a batch."""
    possible = candidates(folded, judge.rulebook)
    where = place(lines, (possible >= 0).any(axis=1), given.wraps)
    code = possible[np.arange(possible.shape[0]), where.zone].astype(np.int32)
    support = judge.sites.support(given.site, given.night, lines.document, folded.line_hash)
    score = np.where(code >= 0, np.float32(0.99), np.float32(0))
    model_score, title = _ask_model(lines, code, support, judge)
    draft = Draft(lines, folded, where, given, judge, support, code, score, model_score, title)
    dates = _read_dates(draft)
    _open_blocks(draft)
    found = _headlines(draft)
    _companions(draft)
    _site_repeats(draft)
    _apply_model(draft)
    _overrule(draft)
    kinds = np.append(judge.kinds(), np.int8(-1))
    return Verdicts(code, kinds[code], score, where, found, dates)


def _read_dates(draft: Draft) -> dict[int, Printed]:
    """Read the dates of date lines; a line that holds none is no date line after all."""
    dates = {}
    for row in draft.rows_of(lambda rule: rule.moves == "date"):
        text = draft.folded.lower_text(draft.folded.start[row], draft.folded.end[row])
        printed = read_date(text, draft.given.language[draft.lines.document[row]])
        if printed is None:
            draft.code[row], draft.score[row] = -1, 0
        else:
            dates[row] = printed
    return dates


def _open_blocks(draft: Draft) -> None:
    """Lines below a heading that opens a list of links or the footer, to their end."""
    lines, where = draft.lines, draft.where
    first = np.searchsorted(lines.document, np.arange(lines.document_start.size))
    for row in draft.rows_of(lambda rule: rule.opens is not None):
        opens = draft.rule(row).opens
        below = np.arange(row + 1, first[lines.document[row] + 1])
        free = below[draft.code[below] < 0]
        if opens == "footer" and where.prose_before[row] >= FOOTER_AFTER:
            draft.mark(free, "any.footer.below")
        elif opens == "links" and where.zone[row] == TAIL:
            draft.mark(free[~where.ends_sentence[free]], "any.links.below")


def _headlines(draft: Draft) -> dict[int, Found]:
    """Find and mark the headline and section of every document that has lines above its prose."""
    lines, given = draft.lines, draft.given
    rows = np.flatnonzero(draft.where.zone == HEAD)
    found: dict[int, Found] = {}
    for group in np.split(rows, np.flatnonzero(np.diff(lines.document[rows])) + 1):
        if not group.size:
            continue
        document = int(lines.document[group[0]])
        head = [draft.head_line(row) for row in group.tolist()]
        after = int(lines.end[group[-1]])
        until = min(after + 2000, int(lines.document_start[document + 1]))
        result = find_headline(
            head, lines.text[after:until], given.headline[document], given.site[document]
        )
        if result is not NOTHING:
            found[document] = result
    headlines = [result.headline_rows for result in found.values()]
    draft.mark([row for rows in headlines for row in rows], "any.headline.repeated")
    draft.mark([rows[0] for rows in headlines if rows], "any.headline.moved")
    sections = [row for result in found.values() for row in result.section_rows]
    draft.mark(sections, "any.section.label")
    return found


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


def _site_repeats(draft: Draft) -> None:
    """Mark short lines that other articles of the site have too."""
    enough = draft.support >= MIN_SITE_ARTICLES
    rows = np.flatnonzero((draft.code < 0) & enough & ~draft.where.is_prose)
    draft.mark(rows, "site.repeats", 1 - 1 / (1 + draft.support[rows]))


def _ask_model(
    lines: LineBatch, code: NDArray[np.int32], support: NDArray[np.float32], judge: Judge
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """P(boilerplate) and P(headline) of every line, as the line model sees them."""
    if judge.model is None or not code.size:
        return np.zeros(code.size, np.float32), np.ones(code.size, np.float32)
    kinds = np.append(judge.kinds(), np.int8(-1))
    scores = judge.model.judge(lines, kinds[code], support)
    title = scores.kind[:, [LINE_KINDS.index("title"), LINE_KINDS.index("title_dup")]]
    return scores.score, title.sum(axis=1)


def _apply_model(draft: Draft) -> None:
    """Let the line model speak for lines that nothing else speaks for."""
    code, lines, where = draft.code, draft.lines, draft.where
    free = code < 0
    draft.score[free] = draft.model_score[free]
    # Scores of single lines say nothing of lines that were cut out of a paragraph.
    doubt = np.where(where.is_prose, PROSE_DOUBT, 1) * (1 - draft.judge.threshold)
    drop = free & (draft.model_score >= 1 - doubt) & ~in_wrapped(draft.given.wraps)
    drop &= ~(_needs_prose(draft, drop)[lines.document] & where.is_prose)
    code[drop] = draft.judge.code("model.line")


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
