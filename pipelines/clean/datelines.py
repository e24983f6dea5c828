"""Which texts may begin with the dateline of an agency, over a whole batch at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEGINNING_CHARS: Final = 600
"""Beginning of a text in which a dateline may stand."""

DATELINE_CHARS: Final = 120
"""Beginning of a paragraph that is the dateline, if it has one."""


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def _shouts(text: Any, at: Any) -> Any:
    """Whether none of the three characters from `at` on is a small letter of ASCII."""
    has_small = False
    for code in text[at : at + 3]:
        has_small |= 97 <= code <= 122
    return not has_small


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _look(codes: Any, bounds: Any, possible: Any) -> None:
    for row in range(possible.size):
        text = codes[bounds[row] : min(bounds[row] + BEGINNING_CHARS, bounds[row + 1])]
        begin = 0
        found = _shouts(text, 0)
        for at in range(text.size):
            code = text[at]
            if code == 10:
                begin = at + 1
                found |= begin < text.size and text[begin] != 10 and _shouts(text, begin)
            elif code in (40, 91):
                found |= at - begin < DATELINE_CHARS
        possible[row] = found


def may_have_dateline(codes: NDArray[np.uint32], bounds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether `sources.dateline_agency` could find something in the beginning of each text.

    Text `i` is `codes[bounds[i]:bounds[i + 1]]`. A dateline has a bracket or begins with capitals.
    """
    possible = np.zeros(bounds.size - 1, dtype=np.bool_)
    _look(codes, bounds, possible)
    return possible
