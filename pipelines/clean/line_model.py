"""The line model: how likely each line is boilerplate, from its wording, shape and place.

A small network over `line_features` (about 60,000 weights and a vocabulary of hashed wording),
trained by `benchmarks/train_line_model.py`; its weights are `data/line_model.npz`. Architecture:
wording embeddings (mean and maximum) and dense features -> one layer a line -> its two neighbours
-> simple recurrent units over the document in both directions (Lei et al. 2018) and a summary of
the document -> verdict. See `docs/line-model.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipelines.clean.line_features import FEATURES, LineFeatures, read_features
from pipelines.clean.line_layers import (
    affine,
    below_peak,
    neighbours,
    recur,
    restrain,
    share_out,
    summarise,
)
from pipelines.clean.line_wording import ODDS_COLUMNS, Vocabulary, pool_wording
from pipelines.contract import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray

    from pipelines.clean.segment import LineBatch

    Weights = Mapping[str, NDArray[Any]]

LINE_KINDS: Final = ("keep", "drop", "title", "title_dup", "byline", "date", "caption")
"""What the second output of the network tells apart."""

GIVEN: Final = len(KINDS) + 2
"""Columns of evidence from outside the line."""

_ODDS_SCALE: Final = 3

DEFAULT_THRESHOLD: Final = 0.55
"""Score from which a line should go; chosen on out-of-fold figures, see `docs/line-model.md`."""

_CHEAP_WORDS: Final = 5
"""Up to so many words a line costs nothing extra to lose."""

_IDEOGRAPHS_OF_A_WORD: Final = 2
"""Ideographs are counted one by one; a Chinese word is about two."""

_CHUNK_LINES: Final = 4096


class LineModelError(ValueError):
    """The weights do not fit this version of the code."""


@dataclass(frozen=True, slots=True)
class LineScores:
    """Verdict of the model on some lines."""

    score: NDArray[np.float32]
    """P(boilerplate), calibrated and on the careful side, shape (lines,)."""
    bare: NDArray[np.float32]
    """The same of the line itself, whatever is lost with it and how clean its document is."""
    kind: NDArray[np.float32]
    """Probability of each of `LINE_KINDS`, shape (lines, 7)."""
    sort: NDArray[np.int8]
    """If the line is boilerplate, its likeliest kind (index into `contract.KINDS`), (lines,)."""
    sort_share: NDArray[np.float32]
    """How likely that is, shape (lines,)."""

    @classmethod
    def empty(cls, lines: int) -> LineScores:
        """Scores to be written."""
        score, bare, share = np.zeros((3, lines), dtype=np.float32)
        kind = np.zeros((lines, len(LINE_KINDS)), dtype=np.float32)
        return cls(score, bare, kind, np.zeros(lines, dtype=np.int8), share)

    def part(self, lines: slice) -> LineScores:
        """Some of the lines, in the same memory."""
        return LineScores(
            self.score[lines],
            self.bare[lines],
            self.kind[lines],
            self.sort[lines],
            self.sort_share[lines],
        )


@dataclass(frozen=True)
class LineModel:
    """The network, ready to score."""

    weights: Weights
    """Arrays of `data/line_model.npz` by name."""

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.weights["vocabulary"])

    @property
    def version(self) -> str:
        """Digest of the weights, 16 hexadecimal digits."""
        return str(self.weights["version"])

    def known_rules(self) -> frozenset[str]:
        """Rules that were met in training, so that the model knows what they are worth."""
        return frozenset(self.weights["rules"].tolist())

    def rule_odds(self, rule_ids: Sequence[str], kinds: NDArray[np.int8]) -> NDArray[np.float32]:
        """Log-odds that what a rule hits is boilerplate, for rules of the given kinds, (rules,).

        Counted on the training pages, each site once, and shrunk towards the rule's kind; a rule
        that they do not know has the odds of its kind.
        """
        names = self.weights["rules"].tolist()
        known = dict(zip(names, self.weights["rule_odds"].tolist(), strict=True))
        usual = self.weights["kind_odds"][kinds].tolist()
        odds = [known.get(name, other) for name, other in zip(rule_ids, usual, strict=True)]
        return np.array(odds, dtype=np.float32)

    def score(
        self,
        lines: LineBatch,
        phrase: NDArray[np.int8],
        site_support: NDArray[np.float32],
        odds: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """P(boilerplate) of each line, float32 (lines,).

        `phrase`: index into `contract.KINDS` of the rule that hit the line, -1 if none; `odds`: the
        log-odds of that rule (`rule_odds`), those of its kind if not given; `site_support`: in how
        many distinct articles of the site the line was seen, 0 unknown.
        A line's score depends on its document only, not on what else is in the batch.
        """
        return self.judge(lines, phrase, site_support, odds).score

    def judge(
        self,
        lines: LineBatch,
        phrase: NDArray[np.int8],
        site_support: NDArray[np.float32],
        odds: NDArray[np.float32] | None = None,
    ) -> LineScores:
        """As `score`, with the probability of each kind of line."""
        if odds is None:
            odds = np.where(phrase >= 0, self.weights["kind_odds"][phrase], np.float32(0))
        given = given_columns(phrase, site_support, odds)
        scores = LineScores.empty(len(lines.start))
        for first, after in _chunks(lines.document):
            features = read_features(lines, first, after)
            chunk = slice(first, after)
            self._read(features, given[chunk], lines.document[chunk], scores.part(chunk))
        return scores

    def _read(
        self,
        features: LineFeatures,
        given: NDArray[np.float32],
        document: NDArray[np.int32],
        into: LineScores,
    ) -> None:
        starts = np.ones(len(document), dtype=np.bool_)
        starts[1:] = document[1:] != document[:-1]
        bounds = np.append(np.flatnonzero(starts), len(starts))
        out = self._network(self._input(features, given), starts, bounds)
        bare, careful = self._calibrated(out[:, 0], features)
        restrain(careful, bounds, np.float32(self.weights["restraint"]))
        into.bare[:], into.score[:] = _probability(bare), _probability(careful)
        sorts = out.shape[1] - len(KINDS)
        into.kind[:] = _softmax(out[:, sorts - len(LINE_KINDS) : sorts])
        sort = _softmax(out[:, sorts:])
        into.sort[:] = sort.argmax(axis=1)
        into.sort_share[:] = sort.max(axis=1)

    def _input(self, features: LineFeatures, given: NDArray[np.float32]) -> NDArray[np.float32]:
        weights = self.weights
        dense = features.dense.shape[1]
        wording = ODDS_COLUMNS + 2 * weights["embedding"].shape[1]
        x = np.empty((len(given), dense + wording + given.shape[1]), dtype=np.float32)
        x[:, :dense] = features.dense
        x[:, dense + wording :] = given
        known = (weights["odds"], weights["embedding"], weights["scale"])
        into = x[:, dense : dense + wording]
        pool_wording(features.tokens, features.token_count, self._vocabulary, known, into)
        return x

    def _network(
        self, x: NDArray[np.float32], starts: NDArray[np.bool_], bounds: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        e = self._linear("line", x)
        h = e + self._linear("near", neighbours(e, starts))
        gates = self._linear("gates", h, rectify=False)
        pooled = self._linear("pool", h)
        width, g, p = h.shape[1], gates.shape[1] // 4, pooled.shape[1]
        wide = np.empty((len(h), width + 2 * g + 2 * p), dtype=np.float32)
        wide[:, :width] = h
        recur(gates, starts, wide[:, width : width + 2 * g])
        summarise(pooled, bounds, wide[:, width + 2 * g :])
        return self._linear("head", self._linear("wide", wide), rectify=False)

    def _linear(
        self, name: str, x: NDArray[np.float32], *, rectify: bool = True
    ) -> NDArray[np.float32]:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        out = np.empty((len(x), weight.shape[1]), dtype=np.float32)
        affine(x, weight, bias, rectify, out)
        return out

    def _calibrated(
        self, logits: NDArray[np.float32], features: LineFeatures
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Platt scaling, bare and careful: a long line needs more evidence to be lost."""
        slope, offset, cost = self.weights["calibration"]
        log_words = features.dense[:, FEATURES.index("log_words")] * 4
        ideographs = features.dense[:, FEATURES.index("share_ideograph")]
        log_words = log_words - ideographs * np.log(_IDEOGRAPHS_OF_A_WORD)
        dear = np.maximum(log_words - np.log(_CHEAP_WORDS), 0)
        bare = np.asarray(slope * logits + offset, dtype=np.float32)
        return bare, np.asarray(bare - cost * dear, dtype=np.float32)


def _probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def given_columns(
    phrase: NDArray[np.int8], site_support: NDArray[np.float32], odds: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Evidence from outside the line: one column a kind of rule, the rule's odds, the site."""
    given = np.zeros((len(phrase), GIVEN), dtype=np.float32)
    hit = np.flatnonzero(phrase >= 0)
    given[hit, phrase[hit]] = 1
    given[hit, -2] = odds[hit] / _ODDS_SCALE
    given[:, -1] = np.log1p(np.minimum(site_support, 50)) / 2
    return given


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = below_peak(logits)
    np.exp(powers, out=powers)
    share_out(powers)
    return powers


def _chunks(document: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """Ranges of at least `_CHUNK_LINES` lines (but the last) that end with a document."""
    first = 0
    while first < len(document):
        last = document[min(first + _CHUNK_LINES, len(document)) - 1]
        after = int(np.searchsorted(document, last, side="right"))
        yield first, after
        first = after


def load_model() -> LineModel:
    """The model shipped with the package.

    Raises LineModelError when the file belongs to another version of the features.
    """
    return read_model(resources.files("pipelines.clean") / "data" / "line_model.npz")


def read_model(path: Traversable) -> LineModel:
    """A model from a file written by `benchmarks/train_line_model.py`.

    Raises LineModelError when the file belongs to another version of the features.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        weights = {name: stored[name] for name in stored.files}
    if tuple(weights["features"].tolist()) != FEATURES:
        raise LineModelError(
            f"{path.name} was trained on other features than this version computes; "
            "run `python benchmarks/train_line_model.py`"
        )
    return LineModel(weights)
