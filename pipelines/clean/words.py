"""Words of a text: runs of letters and digits; each ideograph or kana counts as one word."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_JOINS: Final = "'’-‐‑·.,"
"""Characters that join two halves of one word when letters stand on both sides."""


def _word_classes() -> NDArray[np.uint8]:
    """1 letters, marks and digits; 2 ideographs and kana; 3 joiners; 0 all else."""
    classes = np.zeros(0x10000, dtype=np.uint8)
    for code in range(0x10000):
        if unicodedata.category(chr(code))[0] in "LMN":
            wide = 0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF
            classes[code] = 2 if wide else 1
    classes[[ord(c) for c in _JOINS]] = 3
    return classes


_CLASSES: Final = _word_classes()


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _count(codes: Any, bounds: Any, classes: Any, counts: Any) -> None:
    for row in range(counts.size):
        words = 0
        before = 0
        for code in codes[bounds[row] : bounds[row + 1]]:
            kind = classes[code] if code < 0x10000 else (2 if 0x20000 <= code < 0x40000 else 0)
            if kind == 2 or (kind == 1 and before != 1):
                words += 1
            if kind != 3 or before != 1:
                before = kind
        counts[row] = words


def word_counts(codes: NDArray[np.uint32], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many words each text `codes[bounds[i]:bounds[i + 1]]` has."""
    counts = np.zeros(bounds.size - 1, dtype=np.int64)
    _count(codes, bounds, _CLASSES, counts)
    return counts


def count_words(text: str) -> int:
    """How many words a text has."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return int(word_counts(codes, np.array([0, codes.size], dtype=np.int64))[0])
