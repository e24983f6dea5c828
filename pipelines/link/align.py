"""The scores of a pair: sentence alignment, containment, and what the two texts share.

Alignment: each sentence is given its best partner in the other text by rarity-weighted Dice,
2·shared ÷ (mass + mass); the score of a text is the mean over its sentences, weighted by mass.
Once with all words and once without quoted ones, since independent reports share quotations.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from pipelines.link.features import LEAD, TextFeatures
from pipelines.link.tokens import NAME, NUMBER

SCORES: Final = 29
"""Columns of a score row, in the order of `tables.PAIRS` after its two ids."""
COMMON_IDF: Final = 4.0
"""A word in more than about one text in fifty does not point to an event."""
ALIGNED: Final = 0.5
"""A sentence scoring this or more counts as said in the other text."""


class _Sums(NamedTuple):
    """What the scores of a pair take of either text alone, a value for each text."""

    norm: NDArray[np.float64]  # length of the tf-idf vector
    lead: NDArray[np.float64]  # length of the lead's vector
    names: NDArray[np.float64]  # mass of the names
    numbers: NDArray[np.int64]
    name_count: NDArray[np.int64]
    quoted: NDArray[np.int64]  # shingles with quoted words


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def score_pairs(features: TextFeatures, left: Any, right: Any) -> Any:
    """Scores float32[n, SCORES] of n pairs of rows of `features`."""
    scores = np.zeros((len(left), SCORES), np.float32)
    sums, room = _sums_of_texts(features), room_for(features)
    for at in range(len(left)):
        one, other, row = left[at], right[at], scores[at]
        _containments(features, (one, other), sums, room, row)
        words = equal_places(features.word_token, features.word_start, (one, other), room)
        _alignments(features, one, other, words, row)
        _overlaps(features, one, other, (words, sums), row)
        _full_names(features, one, other, room, row)
        row[22], row[23] = features.kept_words[one], features.kept_words[other]
    return scores


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def room_for(features: Any) -> Any:
    """Room for the places that two texts may have in common, for `equal_places`."""
    most = 0
    for start in (features.word_start, features.shingle_start, features.full_name_start):
        for text in range(len(start) - 1):
            most = max(most, start[text + 1] - start[text])
    return np.empty((most + 1, 2), np.int64)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def equal_places(keys: Any, start: Any, pair: Any, room: Any) -> Any:
    """Where two texts have the same of their distinct, sorted keys: int64[n, 2], in `room`.

    Without a branch but the loop's: which of two keys is smaller cannot be guessed.
    """
    at, end = np.uint64(start[pair[0]]), np.uint64(start[pair[0] + 1])
    to, stop = np.uint64(start[pair[1]]), np.uint64(start[pair[1] + 1])
    count = np.uint64(0)
    while at < end and to < stop:
        a, b = keys[at], keys[to]
        room[count, 0], room[count, 1] = at, to
        count += np.uint64(a == b)
        at += np.uint64(a <= b)
        to += np.uint64(b <= a)
    return room[: np.int64(count)]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sums_of_texts(features: Any) -> Any:
    count = len(features.word_start) - 1
    norm, lead, names = np.zeros(count), np.zeros(count), np.zeros(count)
    numbers, name_count = np.zeros(count, np.int64), np.zeros(count, np.int64)
    quoted = np.zeros(count, np.int64)
    for text in range(count):
        squares, lead_squares = 0.0, 0.0
        for at in range(features.word_start[text], features.word_start[text + 1]):
            weight, flags = features.word_weight[at], features.word_flags[at]
            squares += (_term_frequency(features.word_count[at]) * weight) ** 2
            lead_squares += weight * weight if flags & LEAD else 0.0
            if flags & NUMBER:
                numbers[text] += 1
            elif flags & NAME:
                names[text] += weight
                name_count[text] += 1
        norm[text], lead[text] = np.sqrt(squares), np.sqrt(lead_squares)
        begin, end = features.shingle_start[text], features.shingle_start[text + 1]
        quoted[text] = np.sum(features.shingle_quoted[begin:end])
    return _Sums(norm, lead, names, numbers, name_count, quoted)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _term_frequency(count: Any) -> Any:
    return 1 + np.log(count) if count > 1 else 1.0  # a logarithm costs more than all the rest


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _containments(features: Any, pair: Any, sums: Any, room: Any, scores: Any) -> Any:
    one, other = pair
    count = features.shingle_start[one + 1] - features.shingle_start[one]
    other_count = features.shingle_start[other + 1] - features.shingle_start[other]
    quoted, other_quoted = sums.quoted[one], sums.quoted[other]
    places = equal_places(features.shingle, features.shingle_start, pair, room)
    shared, shared_quoted = len(places), 0
    for at, to in places:
        shared_quoted += features.shingle_quoted[at] or features.shingle_quoted[to]
    shared_plain = shared - shared_quoted
    scores[0], scores[1] = _share(shared, count), _share(shared, other_count)
    scores[2] = _share(shared, count + other_count - shared)
    scores[3] = _share(shared_plain, count - quoted)
    scores[4] = _share(shared_plain, other_count - other_quoted)
    scores[15] = _share(shared_quoted, min(quoted, other_quoted))


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _share(part: Any, whole: Any) -> Any:
    return min(part / whole, 1.0) if whole > 0 else 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shared_mass(features: Any, one: Any, other: Any, words: Any) -> Any:
    """Rarity mass shared by each sentence of one text with each of the other, float32[2, n, m].

    First of all words, then of those that stand outside quotation marks in both. `words` are the
    places of those that both have.
    """
    rows = features.sentence_start[one + 1] - features.sentence_start[one]
    columns = features.sentence_start[other + 1] - features.sentence_start[other]
    shared = np.zeros((2, rows, columns), np.float32)
    for word, other_word in words:
        weight = features.word_weight[word]
        for at in range(features.word_entry[word], features.word_entry[word + 1]):
            row, is_plain = features.entry_sentence[at], features.entry_plain[at]
            for to in range(features.word_entry[other_word], features.word_entry[other_word + 1]):
                shared[0, row, features.entry_sentence[to]] += weight
                if is_plain and features.entry_plain[to]:
                    shared[1, row, features.entry_sentence[to]] += weight
    return shared


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def best_partners(shared: Any, mass: Any, other_mass: Any) -> Any:
    """Of each row the best column by Dice and its score, and the best score of each column.

    Where nothing is shared, −1 and 0.
    """
    partner = np.full(len(mass), -1, np.int32)
    score = np.zeros(len(mass), np.float32)
    other_score = np.zeros(len(other_mass), np.float32)
    for row in range(len(mass)):
        for column in range(len(other_mass)):
            if shared[row, column] > 0:
                dice = 2 * shared[row, column] / (mass[row] + other_mass[column])
                if dice > score[row]:
                    partner[row], score[row] = column, dice
                other_score[column] = max(other_score[column], np.float32(dice))
    return partner, score, other_score


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _weighted(score: Any, mass: Any) -> Any:
    total = np.sum(mass)
    return np.sum(score * mass) / total if total > 0 else np.float32(0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _alignments(features: Any, one: Any, other: Any, words: Any, scores: Any) -> Any:
    start, stop = features.sentence_start[one], features.sentence_start[one + 1]
    other_start, other_stop = features.sentence_start[other], features.sentence_start[other + 1]
    shared = shared_mass(features, one, other, words)
    for plain in range(2):
        masses = features.sentence_plain_mass if plain else features.sentence_mass
        mass, other_mass = masses[start:stop], masses[other_start:other_stop]
        partner, score, other_score = best_partners(shared[plain], mass, other_mass)
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
def _overlaps(features: Any, one: Any, other: Any, given: Any, scores: Any) -> Any:
    words, sums = given
    dot, lead_dot, shared_names, name_count, number_count, rarity = 0.0, 0.0, 0.0, 0, 0, 0.0
    for at, to in words:
        weight = features.word_weight[at]
        both = features.word_flags[at] & features.word_flags[to]
        count_here, count_there = features.word_count[at], features.word_count[to]
        tf = _term_frequency(count_here) * _term_frequency(count_there)
        dot += tf * weight * weight
        rarity += max(weight - COMMON_IDF, 0.0)
        lead_dot += weight * weight if both & LEAD else 0.0
        if both & NUMBER:
            number_count += 1
        elif both & NAME:
            shared_names += weight
            name_count += 1
    fewer_numbers = min(sums.numbers[one], sums.numbers[other])
    scores[11] = _share(dot, sums.norm[one] * sums.norm[other])
    scores[12] = _share(lead_dot, sums.lead[one] * sums.lead[other])
    scores[13] = _share(shared_names, min(sums.names[one], sums.names[other]))
    scores[14] = _share(number_count, fewer_numbers)
    scores[19], scores[20], scores[21] = name_count, number_count, fewer_numbers
    scores[24], scores[28] = rarity, min(sums.name_count[one], sums.name_count[other])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _full_names(features: Any, one: Any, other: Any, room: Any, scores: Any) -> Any:
    start = features.full_name_start
    count, other_count = start[one + 1] - start[one], start[other + 1] - start[other]
    places, mass = equal_places(features.full_name, start, (one, other), room), 0.0
    for at, _ in places:
        mass += max(features.full_name_weight[at] - COMMON_IDF, 0.0)
    scores[25], scores[26] = len(places), mass
    scores[27] = _share(len(places), min(count, other_count))
