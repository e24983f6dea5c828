"""Numbers of single precision as a reader writes them: 0.99, not 0.9900000095367432."""

from __future__ import annotations

from ctypes import c_float
from typing import Final

_DIGITS: Final = range(6, 10)
"""Any six digits come back from single precision; nine tell any two of its numbers apart."""


def shortest(value: float) -> float:
    """The number with the fewest digits, from six on, that is the same in single precision."""
    near = value
    for digits in _DIGITS:
        near = float(f"{value:.{digits}g}")
        if c_float(near).value == value:
            break
    return near
