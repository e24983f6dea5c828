"""The scores of a pair: sentence alignment, containment, and what the two texts share.

Alignment: each sentence is given its best partner in the other text by rarity-weighted Dice,
2·shared ÷ (mass + mass); the score of a text is the mean over its sentences, weighted by mass.
Once with all words and once without quoted ones, since independent reports share quotations.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from pipelines.link.features import LEAD, TextFeatures
from pipelines.link.tokens import NAME, NUMBER

SCORES: Final = 29
"""Columns of a score row, in the order of `tables.PAIRS` after its two ids."""
COMMON_IDF: Final = 4.0
"""A word in more than about one text in fifty does not point to an event."""
ALIGNED: Final = 0.5
"""A sentence scoring this or more counts as said in the other text."""


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def score_pairs(features: TextFeatures, left: Any, right: Any) -> Any:
    """Scores float32[n, SCORES] of n pairs of rows of `features`."""
    scores = np.zeros((len(left), SCORES), np.float32)
    for at in range(len(left)):
        _containments(features, left[at], right[at], scores[at])
        _alignments(features, left[at], right[at], scores[at])
        _overlaps(features, left[at], right[at], scores[at])
        _full_names(features, left[at], right[at], scores[at])
        scores[at, 22], scores[at, 23] = (
            features.kept_words[left[at]],
            features.kept_words[right[at]],
        )
    return scores


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _containments(features: Any, one: Any, other: Any, scores: Any) -> Any:
    at, end = features.shingle_start[one], features.shingle_start[one + 1]
    to, stop = features.shingle_start[other], features.shingle_start[other + 1]
    count, other_count = end - at, stop - to
    quoted = np.sum(features.shingle_quoted[at:end])
    other_quoted = np.sum(features.shingle_quoted[to:stop])
    shared, shared_plain, shared_quoted = 0, 0, 0
    while at < end and to < stop:
        a, b = features.shingle[at], features.shingle[to]
        if a == b:
            shared += 1
            both = features.shingle_quoted[at] or features.shingle_quoted[to]
            shared_plain += not both
            shared_quoted += both
        at += a <= b
        to += b <= a
    scores[0], scores[1] = _share(shared, count), _share(shared, other_count)
    scores[2] = _share(shared, count + other_count - shared)
    scores[3] = _share(shared_plain, count - quoted)
    scores[4] = _share(shared_plain, other_count - other_quoted)
    scores[15] = _share(shared_quoted, min(quoted, other_quoted))


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _share(part: Any, whole: Any) -> Any:
    return min(part / whole, 1.0) if whole > 0 else 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shared_mass(features: Any, one: Any, other: Any, plain_only: Any) -> Any:
    """Rarity mass shared by each sentence of one text with each of the other."""
    rows = features.sentence_start[one + 1] - features.sentence_start[one]
    columns = features.sentence_start[other + 1] - features.sentence_start[other]
    shared = np.zeros((rows, columns), np.float32)
    at, end = features.entry_start[one], features.entry_start[one + 1]
    first, stop = features.entry_start[other], features.entry_start[other + 1]
    while at < end and first < stop:
        a, b = features.entry_token[at], features.entry_token[first]
        if a < b:
            at += 1
            continue
        if b < a:
            first += 1
            continue
        row, weight = features.entry_sentence[at], features.entry_weight[at]
        to = first
        while to < stop and features.entry_token[to] == a:
            if not plain_only or (features.entry_plain[at] and features.entry_plain[to]):
                shared[row, features.entry_sentence[to]] += weight
            to += 1
        at += 1
    return shared


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def best_partners(shared: Any, mass: Any, other_mass: Any) -> Any:
    """Of each row the best column by Dice and its score (−1 and 0 where nothing is shared)."""
    partner = np.full(len(mass), -1, np.int32)
    score = np.zeros(len(mass), np.float32)
    for row in range(len(mass)):
        for column in range(len(other_mass)):
            if shared[row, column] > 0:
                dice = 2 * shared[row, column] / (mass[row] + other_mass[column])
                if dice > score[row]:
                    partner[row], score[row] = column, dice
    return partner, score


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _weighted(score: Any, mass: Any) -> Any:
    total = np.sum(mass)
    return np.sum(score * mass) / total if total > 0 else np.float32(0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _alignments(features: Any, one: Any, other: Any, scores: Any) -> Any:
    start, stop = features.sentence_start[one], features.sentence_start[one + 1]
    other_start, other_stop = features.sentence_start[other], features.sentence_start[other + 1]
    for plain in range(2):
        masses = features.sentence_plain_mass if plain else features.sentence_mass
        mass, other_mass = masses[start:stop], masses[other_start:other_stop]
        shared = shared_mass(features, one, other, plain == 1)
        partner, score = best_partners(shared, mass, other_mass)
        _, other_score = best_partners(shared.T, other_mass, mass)
        scores[5 + 2 * plain] = _weighted(score, mass)
        scores[6 + 2 * plain] = _weighted(other_score, other_mass)
        if plain:
            scores[9] = _weighted((score >= ALIGNED).astype(np.float32), mass)
            scores[10] = _weighted((other_score >= ALIGNED).astype(np.float32), other_mass)
            scores[16] = _order(partner, score)
        else:
            scores[17], scores[18] = np.sum(mass), np.sum(other_mass)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _order(partner: Any, score: Any) -> Any:
    """Share of successive aligned sentences whose partners stand in the same order."""
    last, steps, forward = -1, 0, 0
    for row in range(len(partner)):
        if score[row] >= ALIGNED:
            if last >= 0:
                steps += 1
                forward += partner[row] > last
            last = partner[row]
    return _share(forward, steps)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _overlaps(features: Any, one: Any, other: Any, scores: Any) -> Any:
    at, end = features.word_start[one], features.word_start[one + 1]
    to, stop = features.word_start[other], features.word_start[other + 1]
    norm, lead, names, numbers, count = _norms(features, at, end)
    other_norm, other_lead, other_names, other_numbers, other_count = _norms(features, to, stop)
    dot, lead_dot, shared_names, name_count, number_count, rarity = 0.0, 0.0, 0.0, 0, 0, 0.0
    while at < end and to < stop:
        a, b = features.word_token[at], features.word_token[to]
        if a == b:
            weight = features.word_weight[at]
            both = features.word_flags[at] & features.word_flags[to]
            tf = (1 + np.log(features.word_count[at])) * (1 + np.log(features.word_count[to]))
            dot += tf * weight * weight
            rarity += max(weight - COMMON_IDF, 0.0)
            lead_dot += weight * weight if both & LEAD else 0.0
            if both & NUMBER:
                number_count += 1
            elif both & NAME:
                shared_names += weight
                name_count += 1
        at += a <= b
        to += b <= a
    scores[11] = _share(dot, norm * other_norm)
    scores[12] = _share(lead_dot, lead * other_lead)
    scores[13] = _share(shared_names, min(names, other_names))
    scores[14] = _share(number_count, min(numbers, other_numbers))
    scores[19], scores[20], scores[21] = name_count, number_count, min(numbers, other_numbers)
    scores[24], scores[28] = rarity, min(count, other_count)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _norms(features: Any, start: Any, end: Any) -> Any:
    """Lengths of the tf-idf and lead vectors; mass of the names; count of numbers and of names."""
    squares, lead, names, numbers, name_count = 0.0, 0.0, 0.0, 0, 0
    for at in range(start, end):
        weight, flags = features.word_weight[at], features.word_flags[at]
        squares += ((1 + np.log(features.word_count[at])) * weight) ** 2
        lead += weight * weight if flags & LEAD else 0.0
        if flags & NUMBER:
            numbers += 1
        elif flags & NAME:
            names += weight
            name_count += 1
    return np.sqrt(squares), np.sqrt(lead), names, numbers, name_count


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _full_names(features: Any, one: Any, other: Any, scores: Any) -> Any:
    at, end = features.full_name_start[one], features.full_name_start[one + 1]
    to, stop = features.full_name_start[other], features.full_name_start[other + 1]
    count, other_count, mass = end - at, stop - to, 0.0
    shared = 0
    while at < end and to < stop:
        a, b = features.full_name[at], features.full_name[to]
        if a == b:
            shared += 1
            mass += max(features.full_name_weight[at] - COMMON_IDF, 0.0)
        at += a <= b
        to += b <= a
    scores[25], scores[26] = shared, mass
    scores[27] = _share(shared, min(count, other_count))
