"""What phrases, dates and headings say of the lines of a batch, before the line model is asked.

The model is told of it, in training as at night: `gather` is the one place where it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.clean.dates import Printed, read_date
from pipelines.clean.draft import Draft, Given, Judge
from pipelines.clean.match import BODY, HEAD, TAIL, candidates
from pipelines.clean.place import place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipelines.clean.fold import FoldedLines
    from pipelines.clean.segment import LineBatch

FOOTER_AFTER: Final = 0.6
"""Share of the prose that must stand above a copyright line for it to open the footer."""

COMMENTS_AFTER: Final = 0.3
"""Share of the prose that must stand above a heading for it to open readers' comments."""

MIN_MARKS: Final = 2
MARK_SHARE: Final = 0.15
"""How many of the lines below a heading must be marks of comments for them to be comments."""

WEB_YEAR: Final = 1995
"""Earlier no article was published on the web: the date is of what it tells of."""

_COMMENT_KINDS: Final = ("comment_form", "comment_prompt", "dateline", "share_prompt")
"""What stands beside the comments of readers: `Reply`, `Report`, when they were written."""


def gather(lines: LineBatch, folded: FoldedLines, given: Given, judge: Judge) -> Draft:
    """A batch with the verdicts of rules, dates and headings, and what its sites repeat."""
    possible = candidates(folded, judge.rulebook)
    where = place(lines, (possible >= 0).any(axis=1), given.wraps)
    code = possible[np.arange(possible.shape[0]), where.zone].astype(np.int32)
    support = judge.sites.support(given.site, given.night, lines.document, folded.line_hash)
    score = np.where(code >= 0, np.float32(0.99), np.float32(0))
    is_dateline = np.zeros(code.size, dtype=np.bool_)
    draft = Draft(lines, folded, where, given, judge, support, code, score, {}, is_dateline)
    draft.dates.update(_read_dates(draft))
    _find_datelines(draft, possible)
    _open_blocks(draft, possible)
    return draft


def _read_dates(draft: Draft) -> dict[int, Printed]:
    """Read the dates of date lines and bylines; without one a date line is none after all."""
    dates = {}
    for row in draft.rows_of(lambda rule: rule.moves in {"date", "byline"}):
        text = draft.folded.lower_text(draft.folded.start[row], draft.folded.end[row])
        printed = read_date(text, draft.given.language[draft.lines.document[row]])
        if printed is None and draft.rule(row).moves == "byline":
            continue
        if printed is None:
            draft.code[row], draft.score[row] = -1, 0
        else:
            dates[row] = printed
    return dates


def _find_datelines(draft: Draft, possible: NDArray[np.int32]) -> None:
    """Note the date lines above the prose, but for texts that go on from date to date.

    Where every other paragraph has a day above it, as in diaries, the first of them is text, too.
    """
    is_date = np.array([rule.moves == "date" for rule in draft.judge.rulebook.rules] + [False])
    document, zone = draft.lines.document, draft.where.zone
    days = is_date[possible[:, HEAD]] & (zone == BODY)
    diaries = _diaries(draft, days)
    for row, printed in [*draft.dates.items()]:
        is_when = printed.at is not None and printed.at.year >= WEB_YEAR
        is_dateline = zone[row] == HEAD and is_date[draft.code[row]]
        draft.is_dateline[row] = is_when and is_dateline
        if is_dateline and document[row] in diaries and draft.where.is_prose[row + 1]:
            draft.code[row], draft.score[row] = -1, 0
            del draft.dates[row]
    draft.is_dateline[np.isin(document, document[days])] = False


def _diaries(draft: Draft, days: NDArray[np.bool_]) -> set[int]:
    """Documents with a day, not a time, above every other paragraph."""
    where, document = draft.where, draft.lines.document
    above = np.zeros(days.size, dtype=np.bool_)
    above[:-1] = days[:-1] & where.is_prose[1:] & (document[1:] == document[:-1])
    rows = [row for row in np.flatnonzero(above).tolist() if ":" not in draft.text(row)]
    if not rows:
        return set()
    size = draft.lines.document_start.size - 1
    entries = np.bincount(document[rows], minlength=size)
    paragraphs = np.bincount(document[where.is_prose], minlength=size)
    return set(np.flatnonzero(2 * entries >= np.maximum(paragraphs, 4)).tolist())


def _open_blocks(draft: Draft, possible: NDArray[np.int32]) -> None:
    """Lines below a heading that opens a list of links, the footer or comments, to their end."""
    lines, where = draft.lines, draft.where
    first = np.searchsorted(lines.document, np.arange(lines.document_start.size))
    is_mark = _comment_marks(draft.judge, possible)
    for row in draft.rows_of(lambda rule: rule.opens is not None):
        opens = draft.rule(row).opens
        below = np.arange(row + 1, first[lines.document[row] + 1])
        free = below[draft.code[below] < 0]
        if opens == "footer" and where.prose_before[row] >= FOOTER_AFTER:
            draft.mark(free, "any.footer.below")
        elif opens == "links" and where.zone[row] == TAIL:
            draft.mark(free[~where.ends_sentence[free]], "any.links.below")
        elif (
            opens == "comments"
            and where.prose_before[row] >= COMMENTS_AFTER
            and is_mark[below].sum() >= max(MIN_MARKS, MARK_SHARE * below.size)
        ):
            draft.mark(free, "any.comments.below")


def _comment_marks(judge: Judge, possible: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Lines that stand beside readers' comments, wherever they are, shape (lines,)."""
    table = [rule.kind in _COMMENT_KINDS for rule in judge.rulebook.rules]
    marks: NDArray[np.bool_] = np.any(np.array([*table, False])[possible], axis=1)
    return marks
