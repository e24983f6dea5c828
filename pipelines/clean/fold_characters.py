"""How single characters fold: the tables behind `fold`, over the Basic Multilingual Plane."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.clean.segment import CHARACTER_CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REMOVED: Final = 0
_BLANK: Final = 32
_QUOTES: Final = dict.fromkeys("‘’‚‛′`´ʼ", "'") | dict.fromkeys("“”„‟″", '"')
_DASHES: Final = dict.fromkeys("‐‑‒–—―−", "-")
_KEPT_AT_EDGES: Final = set("\"'©®™@#&")


def _fold_one(code: int) -> int:
    character = chr(code)
    if character in _QUOTES or character in _DASHES:
        return ord((_QUOTES | _DASHES)[character])
    if code == 0xAD or unicodedata.category(character) == "Cf" or code == 0xFE0F:
        return _REMOVED
    if CHARACTER_CLASSES[code]:
        return _BLANK
    if 0xFF01 <= code <= 0xFF5E:
        return code - 0xFEE0
    return code


def _lower_one(code: int) -> int:
    if code == 0x130:
        return ord("i")
    lower = chr(code).lower()
    return ord(lower) if len(lower) == 1 else code


def _is_edge(code: int) -> bool:
    character = chr(code)
    return character not in _KEPT_AT_EDGES and (
        character == " "
        or unicodedata.category(character)
        in ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sk", "So")
    )


_ALL: Final = range(0x10000)
FOLD: Final = np.array([_fold_one(c) for c in _ALL], dtype=np.uint32)
LOWER: Final = np.array([_lower_one(c) for c in _ALL], dtype=np.uint32)
EDGE: Final = np.array([_is_edge(c) for c in _ALL], dtype=np.bool_)

LETTER, MARK, DIGIT, POINT, REMOVED = range(5)
"""What a character is among the words of a line; a POINT parts the digits of a number, or words."""


def _words() -> NDArray[np.uint32]:
    """What each code point gives to the words of a line: its kind (above bit 24), and what is read.

    Letters are read in lower case, digits as 0, all that stands between words as a blank.
    """
    kind = np.where(EDGE[FOLD], MARK, LETTER)
    kind[np.isin(FOLD, [ord(c) for c in ",."])] = POINT
    kind[np.isin(FOLD, [ord(c) for c in "0123456789"])] = DIGIT
    kind[FOLD == _REMOVED] = REMOVED
    read = np.where(kind == LETTER, LOWER[FOLD], _BLANK)
    read[kind == DIGIT] = ord("0")
    words: NDArray[np.uint32] = (kind << 24 | read).astype(np.uint32)
    return words


WORDS: Final = _words()
