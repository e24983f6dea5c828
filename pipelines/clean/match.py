"""Lines + rule book -> the candidate rules of each line, one for each zone.

Only distinct lines not met before are matched; phrases by hash, patterns by RE2 sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.clean.fold import WHOLE_CHARS, FoldedLines
from pipelines.clean.patterns import PatternSet
from pipelines.clean.rulebook import Rulebook
from pipelines.clean.seen import SEEN_CHARS
from pipelines.clean.strings import Lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD: Final = 0
BODY: Final = 1
TAIL: Final = 2

TERMINALS: Final = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "։")
"""What a sentence ends with."""

CASED_CHARS: Final = 200
"""Longest line that patterns in its own case are tried on."""

_SLOTS: Final = {
    "head": (HEAD,),
    "body": (BODY,),
    "tail": (TAIL,),
    "edges": (HEAD, TAIL),
    "any": (HEAD, BODY, TAIL),
}


def candidates(folded: FoldedLines, rulebook: Rulebook) -> NDArray[np.int32]:
    """Index of the rule that holds for each line in each zone, -1 for none; shape (lines, 3)."""
    hashes, first, inverse = np.unique(folded.exact_hash, return_index=True, return_inverse=True)
    is_known, found = rulebook.seen.look_up(hashes)
    new = np.flatnonzero(~is_known)
    found[new] = _judged(folded, first[new], rulebook)
    short = new[folded.chars[first[new]] <= SEEN_CHARS]
    rulebook.seen.note(hashes[short], found[short])
    return found[inverse]


def _judged(folded: FoldedLines, rows: NDArray[np.int64], rulebook: Rulebook) -> NDArray[np.int32]:
    """`candidates` of some distinct lines."""
    found = np.full((rows.size, 3), -1, dtype=np.int32)
    for place, rule in _hits(folded, rows, rulebook):
        if rulebook.rules[rule].fragment and _is_sentence(folded, int(rows[place])):
            continue
        for slot in _SLOTS[rulebook.rules[rule].zone]:
            if found[place, slot] < 0:
                found[place, slot] = rule
    return found


def _is_sentence(folded: FoldedLines, row: int) -> bool:
    end = int(folded.tail_end[row])
    first = max(end - 4, int(folded.tail_start[row]))  # never the line before
    return folded.lower_text(first, end).rstrip("\"')]").endswith(TERMINALS)


def _hits(
    folded: FoldedLines, first: NDArray[np.int64], rulebook: Rulebook
) -> Iterator[tuple[int, int]]:
    """(row of the distinct line, rule) of every match, phrases before patterns."""
    yield from _phrase_hits(folded.line_hash[first], rulebook)
    chars = folded.chars[first]
    core = folded.core_start[first], folded.core_end[first]
    tail = folded.tail_start[first], folded.tail_end[first]
    whole = chars <= WHOLE_CHARS
    yield from _pattern_hits(rulebook.whole, folded.lower, whole, core)
    yield from _pattern_hits(rulebook.cased, folded.cased, chars <= CASED_CHARS, core)
    yield from _pattern_hits(rulebook.starts, folded.lower, ~whole, core)
    yield from _pattern_hits(rulebook.ends, folded.cased, folded.has_tail_mark[first], tail)


def _phrase_hits(line_hash: NDArray[np.uint64], rulebook: Rulebook) -> Iterator[tuple[int, int]]:
    known = rulebook.phrase_hashes
    if known.size:
        place = np.minimum(np.searchsorted(known, line_hash), known.size - 1)
        for row in np.flatnonzero(known[place] == line_hash).tolist():
            for rule in rulebook.phrases[int(line_hash[row])]:
                yield row, rule


def _pattern_hits(
    patterns: PatternSet,
    codes: NDArray[np.uint32],
    wanted: NDArray[np.bool_],
    bounds: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Iterator[tuple[int, int]]:
    rows = np.flatnonzero(wanted)
    if not patterns.rules or not rows.size:
        return
    # Lines that match are short mostly: beside each other they spoil fewer portions.
    rows = rows[np.argsort((bounds[1] - bounds[0])[rows])]
    for place, rule in patterns.hits(Lines.of(codes, bounds[0][rows], bounds[1][rows])):
        yield int(rows[place]), rule
