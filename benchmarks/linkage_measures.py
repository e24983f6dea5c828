"""Measures of links and clusters: pair F1, B-cubed F (Bagga and Baldwin 1998), AUC."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Score(NamedTuple):
    """Precision and recall, 0–1."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        """Their harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairs_of(groups: Iterable[object]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(groups).values())


def pair_score(found: Mapping[str, str], gold: Mapping[str, str]) -> Score:
    """Pairs of documents in one group, found against gold."""
    true = pairs_of((found[name], gold[name]) for name in gold)
    return Score(
        true / max(pairs_of(found[name] for name in gold), 1),
        true / max(pairs_of(gold.values()), 1),
    )


def b_cubed(found: Mapping[str, str], gold: Mapping[str, str]) -> Score:
    """Mean over documents of the share of its group that is right, and of its gold group found."""
    ours: dict[str, set[str]] = defaultdict(set)
    theirs: dict[str, set[str]] = defaultdict(set)
    for name, group in gold.items():
        ours[found[name]].add(name)
        theirs[group].add(name)
    both = {name: len(ours[found[name]] & theirs[group]) for name, group in gold.items()}
    count = len(gold)
    return Score(
        sum(both[name] / len(ours[found[name]]) for name in gold) / count,
        sum(both[name] / len(theirs[group]) for name, group in gold.items()) / count,
    )


def link_score(found: set[frozenset[str]], gold: Mapping[str, str]) -> Score:
    """Links between documents of one gold group, against all pairs of gold groups."""
    true = sum(len({gold[name] for name in pair}) == 1 for pair in found)
    return Score(true / max(len(found), 1), true / max(pairs_of(gold.values()), 1))


def auc(positive: list[float], negative: list[float]) -> float:
    """Chance that a positive scores above a negative; ties count half."""
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / max(len(positive) * len(negative), 1)
