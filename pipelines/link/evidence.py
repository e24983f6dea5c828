"""Why two texts are linked: the aligned sentences and what else they share, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.link.align import best_partners, shared_mass
from pipelines.link.background import Background
from pipelines.link.features import TextFeatures, text_features
from pipelines.link.scan import is_among
from pipelines.link.shingles import hash_run
from pipelines.link.tables import EVIDENCE
from pipelines.link.tokens import NAME, NUMBER, QUOTED, TokenBatch
from pipelines.link.verify import Shelf, pair_ids

MAX_SENTENCES: Final = 8
MAX_SHARED: Final = 12
MAX_CHARS: Final = 400
MIN_SCORE: Final = 0.3
_QUOTE_RUN: Final = 4
_CHUNK: Final = 2_000


class _Texts(NamedTuple):
    bodies: list[str]
    features: TextFeatures
    tokens: TokenBatch


def explain_pairs(
    pairs: pa.Table, shelf: Shelf, masked: pa.Array, background: Background
) -> pa.Table:
    """Evidence of each pair (schema EVIDENCE); arguments as in `verify.verify_pairs`."""
    hidden = np.sort(np.asarray(masked, np.int64))
    parts = [EVIDENCE.empty_table()]
    for begin in range(0, pairs.num_rows, _CHUNK):
        some = pairs.slice(begin, _CHUNK)
        one, other = some["text_id"].to_numpy(), some["other_text_id"].to_numpy()
        wanted = np.unique(np.concatenate((one, other)))
        bodies = shelf(pa.array(wanted))
        held = _Texts(bodies.to_pylist(), *text_features(bodies, hidden, background))
        found = [
            explain(held, a, b)
            for a, b in zip(
                np.searchsorted(wanted, one), np.searchsorted(wanted, other), strict=True
            )
        ]
        columns = [pa.array(pair_ids(one, other)), pa.array(one), pa.array(other)]
        columns += [pa.array([orjson.dumps(side[k]).decode() for side in found]) for k in (0, 1)]
        parts.append(pa.table(columns, schema=EVIDENCE))
    return pa.concat_tables(parts)


def explain(held: _Texts, one: int, other: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evidence of a pair of rows, as seen from the one and from the other."""
    sentences = list(_aligned(held, one, other))
    sides = []
    for a, b, here in ((one, other, True), (other, one, False)):
        sides.append(
            {
                "sentences": [_sentence(held, pair, here) for pair in sentences],
                "quotations": _quotations(held, a, b),
                "names": _shared(held, a, b, NAME),
                "numbers": _shared(held, a, b, NUMBER),
            }
        )
    return sides[0], sides[1]


class _Aligned(NamedTuple):
    score: float
    one: tuple[int, int, int]  # text, first character, after its last
    other: tuple[int, int, int]


def _aligned(held: _Texts, one: int, other: int) -> Iterator[_Aligned]:
    """The strongest aligned sentences, in the order of the one text."""
    start, to = held.features.sentence_start[one], held.features.sentence_start[other]
    mass = held.features.sentence_mass[start : held.features.sentence_start[one + 1]]
    other_mass = held.features.sentence_mass[to : held.features.sentence_start[other + 1]]
    shared = shared_mass(held.features, one, other)[0]
    partner, score, _ = best_partners(shared, mass, other_mass)
    best = np.argsort(-(score * mass), kind="stable")[:MAX_SENTENCES]
    for row in np.sort(best[score[best] >= MIN_SCORE]):
        yield _Aligned(
            float(score[row]),
            _span(held, one, int(start + row)),
            _span(held, other, int(to + partner[row])),
        )


def _span(held: _Texts, text: int, sentence: int) -> tuple[int, int, int]:
    tokens = held.tokens
    first, after = tokens.sentence_start[sentence], tokens.sentence_start[sentence + 1]
    return text, int(tokens.start[first]), int(tokens.end[after - 1])


def _sentence(held: _Texts, pair: _Aligned, here: bool) -> dict[str, Any]:
    near, far = (pair.one, pair.other) if here else (pair.other, pair.one)
    return {
        "score": round(pair.score, 3),
        "start_char": near[1],
        "end_char": near[2],
        "other_start_char": far[1],
        "other_end_char": far[2],
        "text": held.bodies[near[0]][near[1] : near[2]][:MAX_CHARS],
        "other_text": held.bodies[far[0]][far[1] : far[2]][:MAX_CHARS],
    }


def _tokens(held: _Texts, text: int) -> tuple[int, int]:
    """First token of a text, and the first after its last."""
    return int(held.tokens.text_start[text]), int(held.tokens.text_start[text + 1])


def _shared(held: _Texts, one: int, other: int, flag: np.uint8) -> list[str]:
    """Names or numbers of the one text that the other has too, as written, in order."""
    here, there = _tokens(held, one), _tokens(held, other)
    marked = _mark_shared(held.tokens.token, held.tokens.flags, here, there, flag)
    return _phrases(held, one, marked)


def _quotations(held: _Texts, one: int, other: int) -> list[str]:
    """Quoted words of the one text of which runs of four stand quoted in the other."""
    here, there = _tokens(held, one), _tokens(held, other)
    marked = _mark_quoted(held.tokens.token, held.tokens.flags, here, there)
    return _phrases(held, one, marked)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _mark_shared(token: Any, flags: Any, here: Any, there: Any, flag: Any) -> Any:
    """Which tokens from here[0] to here[1] are flagged and stand flagged there too."""
    known = np.sort(token[there[0] : there[1]][flags[there[0] : there[1]] & flag > 0])
    marked = np.zeros(here[1] - here[0], np.bool_)
    for place in range(len(marked)):
        at = here[0] + place
        marked[place] = flags[at] & flag > 0 and is_among(token[at], known)
    return marked


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _mark_quoted(token: Any, flags: Any, here: Any, there: Any) -> Any:
    """Which tokens from here[0] to here[1] are in a quoted run that stands quoted there too."""
    known = np.sort(_quoted_runs(token, flags, there))
    marked = np.zeros(here[1] - here[0], np.bool_)
    for place, run in enumerate(_quoted_runs(token, flags, here)):
        if run and is_among(run, known):
            marked[place : place + _QUOTE_RUN] = True
    return marked


def _phrases(held: _Texts, text: int, marked: NDArray[np.bool_]) -> list[str]:
    """The texts of the first runs of marked tokens, each once."""
    first, after = _tokens(held, text)
    start, end = held.tokens.start[first:after], held.tokens.end[first:after]
    edges = np.diff(np.concatenate(([0], marked.astype(np.int8), [0])))
    firsts, afters = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    body = held.bodies[text]
    phrases = [body[start[a] : end[b - 1]][:MAX_CHARS] for a, b in zip(firsts, afters, strict=True)]
    return list(dict.fromkeys(phrases))[:MAX_SHARED]
