"""Hashes of runs of words: sentences, and shingles of five."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

SHINGLE_WORDS: Final = 5
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def mix64(hashed: Any) -> Any:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    hashed = (hashed ^ (hashed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashed = (hashed ^ (hashed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashed ^ (hashed >> np.uint64(31))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hash_run(token: Any, start: Any, end: Any) -> Any:
    """Hash of the tokens in [start, end), in order."""
    hashed = np.uint64(end - start)
    for word in token[start:end]:
        hashed = (hashed + np.uint64(word)) * _FACTOR
        hashed ^= hashed >> np.uint64(32)
    return mix64(hashed)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def shingle_hashes(token: Any) -> Any:
    """Hash of each run of SHINGLE_WORDS tokens; of a shorter text, of all of it; uint64[n]."""
    if len(token) < SHINGLE_WORDS:
        hashes = np.empty(min(len(token), 1), np.uint64)
        hashes[:] = hash_run(token, 0, len(token))
        return hashes
    count = len(token) - SHINGLE_WORDS + 1
    hashes = np.full(count, np.uint64(SHINGLE_WORDS))
    for place in range(SHINGLE_WORDS):  # a word of all runs after the other: vectors come of it
        for at, word in enumerate(token[place : place + count]):
            hashed = (hashes[at] + np.uint64(word)) * _FACTOR
            hashes[at] = hashed ^ (hashed >> np.uint64(32))
    for at, hashed in enumerate(hashes):
        hashes[at] = mix64(hashed)
    return hashes
