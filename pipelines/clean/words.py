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


_LETTER, _JOIN, _IDEOGRAPH = np.uint8(1), np.uint8(2), np.uint8(4)


def _word_classes() -> NDArray[np.uint8]:
    """_LETTER for letters, marks and digits; _IDEOGRAPH, kana too; _JOIN; 0 for all else."""
    classes = np.zeros(0x10000, dtype=np.uint8)
    for code in range(0x10000):
        if unicodedata.category(chr(code))[0] in "LMN":
            wide = 0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF
            classes[code] = _IDEOGRAPH if wide else _LETTER
    classes[[ord(c) for c in _JOINS]] = _JOIN
    return classes


_CLASSES: Final = _word_classes()


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _count(codes: Any, bounds: Any, classes: Any, counts: Any) -> None:
    # Bits are added, nothing is asked: where words end cannot be foreseen.
    for row in range(counts.size):
        words = np.uint32(0)
        inside = np.uint32(0)
        for code in codes[bounds[row] : bounds[row + 1]]:
            if code < 0x10000:
                kind = np.uint32(classes[code])
            else:
                kind = np.uint32(_IDEOGRAPH if 0x20000 <= code < 0x40000 else 0)
            is_letter = kind & np.uint32(1)
            words += (is_letter & ~inside) + (kind >> np.uint32(2))
            inside = np.uint32(is_letter | ((kind >> np.uint32(1)) & inside))
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
