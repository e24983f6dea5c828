"""Why two texts are linked: the aligned sentences and what else they share, as JSON."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from pipelines.beside import in_order
from pipelines.link.background import Background
from pipelines.link.features import text_features
from pipelines.link.spans import KINDS, align_pairs, find_shared
from pipelines.link.tables import EVIDENCE
from pipelines.link.verify import Shelf, pair_ids

MAX_SHARED: Final = 12
MAX_CHARS: Final = 400
_CHUNK: Final = 1_000


def explain_pairs(
    pairs: pa.Table, shelf: Shelf, masked: pa.Array, background: Background, workers: int = 1
) -> pa.Table:
    """Evidence of each pair (schema EVIDENCE); arguments as in `verify.verified`."""
    hidden = np.sort(np.asarray(masked, np.int64))

    def explain(begin: int) -> pa.Table:
        some = pairs.slice(begin, _CHUNK)
        one, other = some["text_id"].to_numpy(), some["other_text_id"].to_numpy()
        wanted = np.unique(np.concatenate((one, other)))
        bodies = shelf(pa.array(wanted))
        features, tokens = text_features(bodies, hidden, background)
        rows = np.searchsorted(wanted, one), np.searchsorted(wanted, other)
        texts = bodies.to_pylist()
        held = [(texts[a], texts[b]) for a, b in zip(*(row.tolist() for row in rows), strict=True)]
        sentences = _Sentences(*(it.tolist() for it in align_pairs(features, tokens, *rows)))
        runs = _Runs(*(it.tolist() for it in find_shared(tokens, *rows)))
        sides = [_explain(pair, *both, sentences, runs) for pair, both in enumerate(held)]
        columns = [pa.array(pair_ids(one, other)), pa.array(one), pa.array(other)]
        columns += [pa.array([side[k] for side in sides], pa.string()) for k in (0, 1)]
        return pa.table(columns, schema=EVIDENCE)

    with closing(in_order(explain, range(0, pairs.num_rows, _CHUNK), workers)) as parts:
        return pa.concat_tables([EVIDENCE.empty_table(), *parts])


_Quoted = tuple[int, int, str]
"""Where a sentence begins and ends in its text, in characters, and what it says."""


class _Sentences(NamedTuple):
    """What `align_pairs` gives, as lists: those of flat numbers are made and read fastest."""

    first: list[int]
    score: list[float]
    begin: list[int]
    end: list[int]
    other_begin: list[int]
    other_end: list[int]


class _Runs(NamedTuple):
    """What `find_shared` gives, as lists."""

    first: list[int]
    begin: list[int]
    end: list[int]


def _explain(
    pair: int, one: str, other: str, sentences: _Sentences, runs: _Runs
) -> tuple[str, str]:
    """Evidence of a pair of texts as JSON, as seen from the one and from the other."""
    here, there = [], []
    for at in range(sentences.first[pair], sentences.first[pair + 1]):
        score = round(sentences.score[at], 3)
        begin, end = sentences.begin[at], sentences.end[at]
        to, stop = sentences.other_begin[at], sentences.other_end[at]
        text, partner = one[begin:end][:MAX_CHARS], other[to:stop][:MAX_CHARS]
        here.append(_sentence(score, (begin, end, text), (to, stop, partner)))
        there.append(_sentence(score, (to, stop, partner), (begin, end, text)))
    slot = 2 * len(KINDS) * pair
    return (
        _json(here, _phrases(one, slot, runs)),
        _json(there, _phrases(other, slot + len(KINDS), runs)),
    )


def _sentence(
    score: float, near: tuple[int, int, str], far: tuple[int, int, str]
) -> dict[str, Any]:
    return {
        "score": score,
        "start_char": near[0],
        "end_char": near[1],
        "other_start_char": far[0],
        "other_end_char": far[1],
        "text": near[2],
        "other_text": far[2],
    }


def _phrases(text: str, slot: int, runs: _Runs) -> dict[str, list[str]]:
    """The texts of the first runs of each kind, each once."""
    found = {}
    for kind, name in enumerate(KINDS, slot):
        phrases: dict[str, None] = {}
        for at in range(runs.first[kind], runs.first[kind + 1]):
            phrases[_closed(text, runs.begin[at], runs.end[at])[:MAX_CHARS]] = None
            if len(phrases) == MAX_SHARED:
                break
        found[name] = list(phrases)
    return found


def _closed(text: str, begin: int, end: int) -> str:
    """What stands there, with the bracket that closes one of its own: runs are of words.

    >>> _closed("the Space Station (ISS) on", 4, 22)
    'Space Station (ISS)'
    """
    phrase = text[begin:end]
    is_open = phrase.count("(") > phrase.count(")") and text.startswith(")", end)
    return f"{phrase})" if is_open else phrase


def _json(sentences: list[dict[str, Any]], phrases: dict[str, list[str]]) -> str:
    return orjson.dumps({"sentences": sentences, **phrases}).decode()
