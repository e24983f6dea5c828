"""What a decision rests on, and the batch while it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipelines.clean.dates import Printed
from pipelines.clean.fold import FoldedLines
from pipelines.clean.line_model import LineModel
from pipelines.clean.place import Place
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
    "any.comments.below": ("reader_comment", "below a heading that opens the readers' comments"),
    "site.repeats": ("site_template", "the site repeats this line in other articles"),
    "owner.drop": ("site_template", "the owner's settings drop this line on this site"),
    "model.line": ("other_boilerplate", "shape, place and wording are those of boilerplate"),
}
"""Verdicts that no rule of the book carries: rule_id -> (kind, reason)."""


@dataclass(frozen=True)
class Judge:
    """All that a decision rests on besides the text."""

    rulebook: Rulebook
    model: LineModel | None
    """None: rules and sites alone decide."""
    threshold: float
    sites: SiteLines
    owner: Owner

    @cached_property
    def rule_ids(self) -> list[str]:
        """The rule_id of every verdict code."""
        return [*(rule.id for rule in self.rulebook.rules), *DERIVED]

    @cached_property
    def is_sure(self) -> NDArray[np.bool_]:
        """Whether the line model may not overrule each verdict code."""
        known = self.model.known_rules() if self.model else frozenset[str]()
        rules = [rule.sure or rule.id not in known for rule in self.rulebook.rules]
        return np.array(rules + [False] * len(DERIVED))

    @cached_property
    def odds(self) -> NDArray[np.float32]:
        """Log-odds on the training pages of what each verdict code hits; 0 without a model."""
        if self.model is None:
            return np.zeros(len(self.rule_ids), dtype=np.float32)
        return self.model.rule_odds(self.rule_ids, self.kinds)

    def code(self, derived: str) -> int:
        """The verdict code of a derived rule_id."""
        return len(self.rulebook.rules) + list(DERIVED).index(derived)

    @cached_property
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
class Draft:
    """A batch while it is judged: the evidence, and the verdicts that the steps write."""

    lines: LineBatch
    folded: FoldedLines
    where: Place
    given: Given
    judge: Judge
    support: NDArray[np.float32]
    """Articles of its site that have the line, shape (lines,); 0 unknown."""
    code: NDArray[np.int32]
    """Verdict code of each line, -1 for none, shape (lines,)."""
    score: NDArray[np.float32]
    """Confidence of each verdict, 0 without one, shape (lines,)."""
    dates: dict[int, Printed]
    """What the date lines say, by line."""
    is_dateline: NDArray[np.bool_]
    """Lines above the prose that say when the article was published, shape (lines,)."""

    def text(self, row: int) -> str:
        """The text of one line."""
        return self.lines.text[self.lines.start[row] : self.lines.end[row]]

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
