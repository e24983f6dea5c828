"""Two texts beside each other, with the sentences that prove that one is made of the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_MOST_SHARED: Final = 12  # names and numbers beyond this prove no more and fill the page


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; `number` joins it to its partner in the other text, 0 if it has none."""

    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """Both texts in spans, and what else the two share."""

    left: tuple[Span, ...]
    right: tuple[Span, ...]
    shared: Mapping[str, tuple[str, ...]]


def proof(left: str, right: str, evidence: str | None) -> Proof:
    """The texts cut at their aligned sentences, numbered in the order of the left one.

    `evidence` is the JSON of `duplicate_pairs.evidence`. Without it, or with offsets that do not
    fit, the texts are shown unmarked.
    """
    said: dict[str, Any] = json.loads(evidence) if evidence else {}
    pairs = sorted(_ranges(said.get("sentences") or (), left, right))
    numbered = list(enumerate(pairs, start=1))
    shared = {
        name: tuple(str(item) for item in said[name][:_MOST_SHARED])
        for name in ("quotations", "names", "numbers")
        if said.get(name)
    }
    return Proof(
        tuple(_cut(left, [(pair[0], number) for number, pair in numbered])),
        tuple(_cut(right, [(pair[1], number) for number, pair in numbered])),
        shared,
    )


_Range = tuple[int, int]


def _ranges(
    sentences: Iterable[Mapping[str, Any]], left: str, right: str
) -> Iterable[tuple[_Range, _Range]]:
    for item in sentences:
        one = (int(item["start_char"]), int(item["end_char"]))
        other = (int(item["other_start_char"]), int(item["other_end_char"]))
        if 0 <= one[0] < one[1] <= len(left) and 0 <= other[0] < other[1] <= len(right):
            yield one, other


def _cut(text: str, marks: Iterable[tuple[_Range, int]]) -> Iterable[Span]:
    at = 0
    for (start, end), number in sorted(marks):
        if start < at:  # two sentences of the other text match this one: it keeps its first number
            continue
        if start > at:
            yield Span(text[at:start])
        yield Span(text[start:end], number)
        at = end
    if at < len(text):
        yield Span(text[at:])
