"""What each character is to the tokeniser: letter, digit, ideograph, end of sentence, quote.

Two tables over the Unicode range up to `LIMIT`, built once per process from `unicodedata`:
a class per code point and the code point it folds to. Folding lower-cases, strips accents and
writes `y` as `i`, so that the two usual spellings of a transliterated name (Sergei/Sergey,
Zubritskiy/Zubritsky) meet; the tokeniser collapses the double `i` this leaves.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

LIMIT: Final = 0x32000
"""Code points from here on are separators (private use, tags, unassigned), as `LIMIT` itself is."""

SEPARATOR, SPACE, MARK, LETTER, CAPITAL, DIGIT = range(6)
UNSPACED, NEWLINE, STOP, APOSTROPHE, QUOTE = range(6, 11)
"""Character classes. UNSPACED scripts (Han, Kana, Thai …) put no space between words. Of those
before DIGIT the tokeniser looks only at where runs of letters begin and end."""

_UNSPACED_RANGES: Final = (
    (0x0E00, 0x0E80),  # Thai
    (0x0E80, 0x0F00),  # Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1780, 0x1800),  # Khmer
    (0x3040, 0x3100),  # Hiragana, Katakana
    (0x3400, 0x4DC0),  # Han, extension A
    (0x4E00, 0xA000),  # Han
    (0xF900, 0xFB00),  # Han, compatibility
    (0x20000, LIMIT),  # Han, extensions B–H
)
_STOPS: Final = ".!?。！？｡।؟۔…"
_APOSTROPHES: Final = "'’ʼ`´"
_QUOTES: Final = '"“”„«»「」'
_NEWLINES: Final = "\n\r\x0b\x0c\x85\u2028\u2029"
_FOLDED_BY_HAND: Final = {"ø": "o", "đ": "d", "ł": "l", "æ": "a", "ß": "s", "ı": "i", "y": "i"}


@cache
def character_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Class (uint8) and folded code point (uint32) of every code point up to `LIMIT`."""
    classes = np.zeros(LIMIT + 1, np.uint8)
    folds = np.arange(LIMIT + 1, dtype=np.uint32)
    for code in range(0x10000):
        character = chr(code)
        classes[code] = _class_of(character)
        folds[code] = ord(_fold(character))
    for start, end in _UNSPACED_RANGES:
        classes[start:end] = UNSPACED
    for name, characters in (
        (STOP, _STOPS),
        (APOSTROPHE, _APOSTROPHES),
        (QUOTE, _QUOTES),
        (NEWLINE, _NEWLINES),
    ):
        classes[[ord(character) for character in characters]] = name
    return classes, folds


def _class_of(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Lu", "Lt"):
        return CAPITAL
    by_group = {"L": LETTER, "N": DIGIT, "M": MARK, "Z": SPACE}
    if category == "Cf":  # zero-width joiners and bidi marks must not split a word
        return MARK
    return by_group.get(category[0], SPACE if character == "\t" else SEPARATOR)


def _fold(character: str) -> str:
    lowered = character.lower()[:1] or character
    plain = unicodedata.normalize("NFD", lowered)
    marked = all(unicodedata.category(mark) == "Mn" for mark in plain[1:])
    folded = plain[0] if marked else lowered
    return _FOLDED_BY_HAND.get(folded, folded)
