"""Average linkage of many nodes with few pairs, component by component.

Two groups merge only where some pair of theirs reaches the threshold, so that the components of
those pairs can be grouped one by one: what a component becomes depends on nothing outside it.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

_DENSE: Final = 300
"""Nodes of a component up to which all its means are kept in a matrix and searched."""


def average_linkage(
    count: int,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    score: NDArray[np.float64],
    join: float,
) -> NDArray[np.int64]:
    """Group of each of `count` nodes, as the smallest node in it.

    Greedy: the two groups with the highest mean score are merged first, ties to the smallest
    nodes, until no mean reaches `join`. Absent pairs score 0; of a pair given twice the higher
    score counts.
    """
    group: NDArray[np.int64] = _components(count, one, other, score >= join)
    inside = group[one] == group[other]
    one, other, score = one[inside], other[inside], score[inside]
    sizes = np.bincount(group, minlength=count)
    of_edge = sizes[group[one]]
    small = (of_edge > 2) & (of_edge <= _DENSE)
    order = np.argsort(group[one][small], kind="stable")
    _link_small(group, one[small][order], other[small][order], score[small][order], join)
    large = of_edge > _DENSE
    for number in np.unique(group[one[large]]).tolist():
        here = large & (group[one] == number)
        nodes = np.flatnonzero(group == number)
        ends = np.searchsorted(nodes, one[here]), np.searchsorted(nodes, other[here])
        group[nodes] = nodes[_link_large(len(nodes), *ends, score[here], join)]
    return group


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _root(parent: Any, node: Any) -> Any:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _components(count: Any, one: Any, other: Any, joins: Any) -> Any:
    """Smallest node of each node's component under the pairs that join."""
    parent = np.arange(count)
    for at in range(len(one)):
        if joins[at]:
            a, b = _root(parent, one[at]), _root(parent, other[at])
            parent[max(a, b)] = min(a, b)
    for node in range(count):
        parent[node] = _root(parent, node)
    return parent


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _link_small(group: Any, one: Any, other: Any, score: Any, join: Any) -> Any:
    """Regroup the components whose pairs are given, sorted by component."""
    begin = 0
    while begin < len(one):
        number, end = group[one[begin]], begin
        while end < len(one) and group[one[end]] == number:
            end += 1
        nodes = np.unique(np.concatenate((one[begin:end], other[begin:end])))
        total = np.zeros((len(nodes), len(nodes)))
        for at in range(begin, end):
            a, b = np.searchsorted(nodes, one[at]), np.searchsorted(nodes, other[at])
            total[a, b] = total[b, a] = max(total[a, b], score[at])
        parent = _merge(total, join)
        begin = end
        for place in range(len(nodes)):
            group[nodes[place]] = nodes[parent[place]]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _merge(total: Any, join: Any) -> Any:
    count = len(total)
    parent, size = np.arange(count), np.ones(count, np.int64)
    while True:
        best, low, high = join, -1, -1
        for a in range(count):
            for b in range(a + 1, count):
                if size[a] and size[b] and total[a, b] / (size[a] * size[b]) >= best:
                    mean = total[a, b] / (size[a] * size[b])
                    if mean > best or low < 0:
                        best, low, high = mean, a, b
        if low < 0:
            return parent
        size[low], size[high] = size[low] + size[high], 0
        total[low] += total[high]
        total[:, low] = total[low]
        total[low, low] = 0
        for node in range(count):
            if parent[node] == high:
                parent[node] = low


def _link_large(
    count: int,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    score: NDArray[np.float64],
    join: float,
) -> NDArray[np.int64]:
    """Group of each node of a large component: O(e log e) for e pairs."""
    totals: dict[int, dict[int, float]] = defaultdict(dict)
    for a, b, s in zip(one.tolist(), other.tolist(), score.tolist(), strict=True):
        totals[a][b] = totals[b][a] = max(s, totals[a].get(b, 0.0))
    size = [1] * count
    parent = list(range(count))
    queue = [(-s, a, b, 1, 1) for a in totals for b, s in totals[a].items() if a < b and s >= join]
    heapq.heapify(queue)
    while queue:
        _, a, b, size_a, size_b = heapq.heappop(queue)
        if size[a] != size_a or size[b] != size_b:
            continue
        parent[b] = a
        size[a], size[b] = size_a + size_b, 0
        _absorb(totals, a, b)
        for c, total in totals[a].items():
            mean = total / (size[a] * size[c])
            if mean >= join:
                low, high = min(a, c), max(a, c)
                heapq.heappush(queue, (-mean, low, high, size[low], size[high]))
    return _roots(np.array(parent, np.int64))


def _absorb(totals: dict[int, dict[int, float]], a: int, b: int) -> None:
    """Give group b's pairs to group a."""
    for c, total in totals.pop(b).items():
        del totals[c][b]
        if c != a:
            totals[a][c] = totals[c][a] = totals[a].get(c, 0.0) + total


def _roots(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    while True:
        above = parent[parent]
        if np.array_equal(above, parent):
            return parent
        parent = above
