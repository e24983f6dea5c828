"""Edits: how a raw text becomes a body, and how the raw text is had back from it.

An edit replaces `before`, which stands at `start` of the raw text, by `after`. A removed line is
the edit that replaces the line and the white space below it by nothing. Edits do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """One change; `start` is an offset into the raw text in code points."""

    start: int
    before: str
    after: str


class RemovedLine(NamedTuple):
    """One line taken out, with the white space that went with it."""

    line_number: int
    start_char: int
    line_text: str
    line_break: str
    kind: str
    rule_id: str
    score: float

    @property
    def edit(self) -> Edit:
        """The removal as an edit."""
        return Edit(self.start_char, self.line_text + self.line_break, "")


class Repair(NamedTuple):
    """One change inside a kept line or between two."""

    repair_id: str
    start_char: int
    before: str
    after: str

    @property
    def edit(self) -> Edit:
        """The repair as an edit."""
        return Edit(self.start_char, self.before, self.after)


def _ordered(removed: Iterable[RemovedLine], repairs: Iterable[Repair]) -> list[Edit]:
    return sorted([row.edit for row in removed] + [row.edit for row in repairs])


def apply(raw_text: str, removed: Iterable[RemovedLine], repairs: Iterable[Repair]) -> str:
    """The body that the edits make of a raw text.

    Raises ValueError when an edit does not find its `before`, or two overlap.
    """
    pieces, done = [], 0
    for start, before, after in _ordered(removed, repairs):
        if start < done or not raw_text.startswith(before, start):
            raise ValueError(f"edit at {start} does not fit the raw text: {before!r}")
        pieces += [raw_text[done:start], after]
        done = start + len(before)
    return "".join([*pieces, raw_text[done:]])


def restore(body: str, removed: Iterable[RemovedLine], repairs: Iterable[Repair]) -> str:
    """The raw text, from the body and its edits.

    Raises ValueError when a repair's `after` does not stand in the body where it should.
    """
    pieces, done, raw_done = [], 0, 0
    for start, before, after in _ordered(removed, repairs):
        kept = done + start - raw_done
        if not body.startswith(after, kept):
            raise ValueError(f"edit at {start} does not fit the body: {after!r}")
        pieces += [body[done:kept], before]
        done, raw_done = kept + len(after), start + len(before)
    return "".join([*pieces, body[done:]])
