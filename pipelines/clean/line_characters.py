"""Character classes and case folding of the line model, language-independent.

Two tables over the Basic Multilingual Plane, built from the Unicode database at import: the class
of a code point (below) and its folded form (compatibility form, lower case). Code points past the
plane are classed by range.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPACE, LOWER, UPPER, CASELESS, IDEOGRAPH, DIGIT = range(6)
TERMINAL, ELLIPSIS, COLON, COMMA, QUOTE, BRACKET, DASH, DIVIDER = range(6, 14)
CURRENCY, ADDRESS, SYMBOL = range(14, 17)
CLASS_COUNT: Final = 17

_BY_CHARACTER: Final = {
    TERMINAL: ".!?。！？｡؟۔।॥՞։\u037e‼⁇⁈⁉‽",
    ELLIPSIS: "…⋯‥",
    COLON: ":：",
    COMMA: ",;，；、،؛·",
    QUOTE: "\"'“”„‟‘’‚‛«»‹›「」『』〝〞＂",
    BRACKET: "()[]{}（）［］【】〔〕〈〉《》",
    DASH: "-‐‑‒–—―−",
    DIVIDER: "|/\\•●▪■►▶→←↑↓<>＞｜／»›~_*#+=",
    CURRENCY: "$€£¥₽₹₩₺₴¢",
    ADDRESS: "@&%",
}
_BY_CATEGORY: Final = {
    "Ll": LOWER, "Lu": UPPER, "Lt": UPPER, "Lo": CASELESS, "Lm": CASELESS, "Mn": CASELESS,
    "Mc": CASELESS, "Me": CASELESS, "Nd": DIGIT, "Nl": DIGIT, "No": DIGIT, "Zs": SPACE,
    "Zl": SPACE, "Zp": SPACE, "Cc": SPACE, "Cf": SPACE, "Pd": DASH, "Pi": QUOTE, "Pf": QUOTE,
    "Ps": BRACKET, "Pe": BRACKET, "Sc": CURRENCY,
}  # fmt: skip
_IDEOGRAPHS: Final = ((0x3040, 0x3100), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))


def _class_table() -> NDArray[np.uint8]:
    table = np.array(
        [_BY_CATEGORY.get(unicodedata.category(chr(code)), SYMBOL) for code in range(0x10000)],
        dtype=np.uint8,
    )
    for first, after in _IDEOGRAPHS:
        table[first:after] = IDEOGRAPH
    for kind, characters in _BY_CHARACTER.items():
        table[[ord(character) for character in characters]] = kind
    return table


def _fold(code: int) -> int:
    folded = unicodedata.normalize("NFKC", chr(code)).lower()
    return ord(folded) if len(folded) == 1 and ord(folded) < 0x10000 else code


def _fold_table() -> NDArray[np.uint16]:
    """Folded code points; the digits of all scripts become `0`."""
    table = np.array([_fold(code) for code in range(0x10000)], dtype=np.uint16)
    table[CLASSES == DIGIT] = ord("0")
    return table


CLASSES: Final = _class_table()
"""Class of each code point of the plane, shape (65536,)."""

FOLD: Final = _fold_table()
"""Folded form of each code point of the plane, shape (65536,)."""


CHARACTERS: Final = (CLASSES.astype(np.uint32) << 16) | FOLD
"""Class (upper half) and folded form (lower half) of each code point, uint32 (65536,)."""


@numba.njit(cache=True, inline="always")  # type: ignore[untyped-decorator]
def character(code: Any, table: Any) -> Any:
    """Class (upper half) and folded form (lower half) of any code point."""
    if code < 0x10000:
        return table[code]
    kind = SYMBOL if code < 0x20000 else CASELESS
    if 0x20000 <= code < 0x33480:
        kind = IDEOGRAPH
    return np.uint32((kind << 16) | (code & 0xFFFF))
