"""Where in two texts their evidence stands: sentences that align, runs of words they share.

Compiled, for many pairs at once. Types are numba's to infer, hence `Any`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipelines.link.align import best_partners, equal_places, room_for, shared_mass
from pipelines.link.features import TextFeatures
from pipelines.link.scan import NAME, NUMBER, QUOTED, is_among
from pipelines.link.shingles import hash_run
from pipelines.link.tokens import TokenBatch

MAX_SENTENCES: Final = 8
MIN_SCORE: Final = 0.3
KINDS: Final = ("quotations", "names", "numbers")
"""What two texts may share, in the order in which `find_shared` gives it."""
_QUOTE_RUN: Final = 4


class Tokens(NamedTuple):
    """Fields of `tokens.TokenBatch`."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    sentence_start: NDArray[np.int64]
    text_start: NDArray[np.int64]


def align_pairs(
    features: TextFeatures, tokens: TokenBatch, one: NDArray[np.int64], other: NDArray[np.int64]
) -> tuple[NDArray[Any], ...]:
    """The strongest aligned sentences of n pairs of texts, in the order of the one text.

    Gives int64[n + 1]: the first of each pair; float32[m]: scores; four int32[m]: where a sentence
    begins and ends in the one text, then in the other, in characters.
    """
    first, scores, places = _align_pairs(features, _plain(tokens), one, other)
    return first, scores, *places.T


def find_shared(
    tokens: TokenBatch, one: NDArray[np.int64], other: NDArray[np.int64]
) -> tuple[NDArray[Any], ...]:
    """Runs of words that n pairs of texts share, by KINDS.

    Gives int64[6 n + 1]: the first run of each kind in the one text, then of each in the other,
    pair by pair; two int32[m]: where runs begin and end, in characters.
    """
    counts = np.diff(tokens.text_start)
    room = int(((counts[one] + 1) // 2 + (counts[other] + 1) // 2).sum()) * len(KINDS)
    first = np.zeros(2 * len(KINDS) * len(one) + 1, np.int64)
    runs = np.empty((room, 2), np.int32)
    used = _find_shared(_plain(tokens), one, other, first, runs)
    return first, *runs[:used].T


def _plain(tokens: TokenBatch) -> Tokens:
    return Tokens(*(getattr(tokens, name) for name in Tokens._fields))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _align_pairs(features: Any, tokens: Any, one: Any, other: Any) -> Any:
    first = np.zeros(len(one) + 1, np.int64)
    room = room_for(features)
    scores = np.empty(MAX_SENTENCES * len(one), np.float32)
    places, used = np.empty((len(scores), 4), np.int32), 0
    for pair in range(len(one)):
        here, there = features.sentence_start[one[pair]], features.sentence_start[other[pair]]
        mass = features.sentence_mass[here : features.sentence_start[one[pair] + 1]]
        other_mass = features.sentence_mass[there : features.sentence_start[other[pair] + 1]]
        both = one[pair], other[pair]
        words = equal_places(features.word_token, features.word_start, both, room)
        shared = shared_mass(features, *both, words)[0]
        partner, score, _ = best_partners(shared, mass, other_mass)
        best = np.argsort(-(score * mass), kind="mergesort")[:MAX_SENTENCES]
        for row in np.sort(best[score[best] >= MIN_SCORE]):
            scores[used] = score[row]
            places[used, :2] = _sentence_span(tokens, here + row)
            places[used, 2:] = _sentence_span(tokens, there + partner[row])
            used += 1
        first[pair + 1] = used
    return first, scores[:used], places[:used]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sentence_span(tokens: Any, sentence: Any) -> Any:
    begin, after = tokens.sentence_start[sentence], tokens.sentence_start[sentence + 1]
    return tokens.start[begin], tokens.end[after - 1]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_shared(tokens: Any, one: Any, other: Any, first: Any, runs: Any) -> Any:
    used, slot = 0, 0
    for pair in range(len(one)):
        for side in range(2):
            text, opposite = (other, one) if side else (one, other)
            here = tokens.text_start[text[pair]], tokens.text_start[text[pair] + 1]
            there = tokens.text_start[opposite[pair]], tokens.text_start[opposite[pair] + 1]
            for flag in (QUOTED, NAME, NUMBER):
                if flag == QUOTED:
                    marked = _mark_quoted(tokens.token, tokens.flags, here, there)
                else:
                    marked = _mark_shared(tokens.token, tokens.flags, here, there, flag)
                used = _add_runs(tokens, here[0], marked, runs, used)
                slot += 1
                first[slot] = used
    return used


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_runs(tokens: Any, begin: Any, marked: Any, runs: Any, used: Any) -> Any:
    """Append where runs of marked tokens begin and end."""
    inside = False
    for place, is_marked in enumerate(marked):
        if is_marked:
            if not inside:
                runs[used, 0] = tokens.start[begin + place]
                used += 1
            runs[used - 1, 1] = tokens.end[begin + place]
        inside = is_marked
    return used


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark_shared(token: Any, flags: Any, here: Any, there: Any, flag: Any) -> Any:
    """Which tokens from here[0] to here[1] are flagged and stand flagged there too."""
    known = np.sort(token[there[0] : there[1]][flags[there[0] : there[1]] & flag > 0])
    marked = np.zeros(here[1] - here[0], np.bool_)
    for place in range(len(marked)):
        at = here[0] + place
        marked[place] = flags[at] & flag > 0 and is_among(token[at], known)
    return marked


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _quoted_runs(token: Any, flags: Any, span: Any) -> Any:
    """Hash of the run of quoted tokens that begins at each; 0 where none does."""
    runs = np.zeros(span[1] - span[0], np.uint64)
    length = 0
    for at in range(span[0], span[1]):
        length = length + 1 if flags[at] & QUOTED else 0
        if length >= _QUOTE_RUN:
            first = at + 1 - _QUOTE_RUN
            runs[first - span[0]] = hash_run(token, first, at + 1)
    return runs


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark_quoted(token: Any, flags: Any, here: Any, there: Any) -> Any:
    """Which tokens from here[0] to here[1] are in a quoted run that stands quoted there too."""
    runs = _quoted_runs(token, flags, there)
    known = np.sort(runs[runs > 0])
    marked = np.zeros(here[1] - here[0], np.bool_)
    for place, run in enumerate(_quoted_runs(token, flags, here)):
        if run and is_among(run, known):
            marked[place : place + _QUOTE_RUN] = True
    return marked
