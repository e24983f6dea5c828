"""What rules said of lines met before in this process: sites repeat theirs in every batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEN_CHARS: Final = 120
"""Lines up to this length are kept: longer ones are prose, which hardly ever comes again."""

_BITS: Final = 16


class SeenLines:
    """The candidates of lines by `fold.FoldedLines.exact_hash`, in 1.3 MB.

    Each hash has one place, which a later line takes from an earlier one.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(1 << _BITS, dtype=np.uint64)
        self._found = np.full((1 << _BITS, 3), -1, dtype=np.int32)

    def look_up(
        self, exact_hash: NDArray[np.uint64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
        """Whether each line is known, shape (lines,), and its candidates if so, (lines, 3)."""
        place = self._places(exact_hash)
        return self._keys[place] == exact_hash, self._found[place]

    def note(self, exact_hash: NDArray[np.uint64], found: NDArray[np.int32]) -> None:
        """Keep the candidates (lines, 3) of distinct lines."""
        place = self._places(exact_hash)
        self._keys[place] = exact_hash
        stays = self._keys[place] == exact_hash  # of two lines with one place, one
        self._found[place[stays]] = found[stays]

    @staticmethod
    def _places(exact_hash: NDArray[np.uint64]) -> NDArray[np.int64]:
        return (exact_hash >> np.uint64(64 - _BITS)).astype(np.int64)
