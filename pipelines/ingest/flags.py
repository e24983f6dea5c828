"""Oddities of texts, kept but named: what a reader cannot see, or would see wrongly.

One pass of Arrow's RE2 over a whole batch (670 MB a second) finds the few texts worth a closer
look; nothing is changed. NUL and all other characters are kept: Arrow and DuckDB store them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_CLASSES: Final[dict[str, str]] = {
    "nul": "\0",
    "control": "\x01-\x08\x0b\x0e-\x1f\x7f-\x9f",
    "bidi": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "zero_width": "\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff",
    "replacement": "\ufffd",
}
_MOJIBAKE: Final = "[ÂÃÐÑ][\x80-\xbf]|â€|Ã[ƒ†‡]|ï»¿"
_HOMOGLYPH: Final = "[A-Za-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][A-Za-z]"

FLAGS: Final[dict[str, re.Pattern[str]]] = {
    **{name: re.compile(f"[{characters}]") for name, characters in _CLASSES.items()},
    "mojibake": re.compile(_MOJIBAKE),
    "homoglyph": re.compile(_HOMOGLYPH),
}
"""Flag -> what shows it. `mojibake`: UTF-8 read as CP1252; `homoglyph`: two alphabets in a word."""


def _for_re2(pattern: str) -> str:
    """The same pattern in ASCII, as RE2 takes it through Arrow."""
    return "".join(char if " " <= char <= "~" else f"\\x{{{ord(char):x}}}" for char in pattern)


_ANY: Final = _for_re2("|".join(pattern.pattern for pattern in FLAGS.values()))


def with_text_flags(texts: pa.Array, flags: Sequence[tuple[str, ...]]) -> pa.Array:
    """Comma-separated flags per text, those given and those seen; null where there is none.

    `texts` and `flags` have the same length; the order of flags is that of `FLAGS`, given ones
    first.
    """
    odd = pc.match_substring_regex(texts, _ANY).to_pylist()
    found = [
        ",".join((*given, *_seen(texts[row].as_py()))) if is_odd else ",".join(given)
        for row, (given, is_odd) in enumerate(zip(flags, odd, strict=True))
    ]
    return pa.array([names or None for names in found], pa.string())


def _seen(text: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in FLAGS.items() if pattern.search(text))
