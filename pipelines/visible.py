"""Text of strangers made safe to look at: what steers or hides is shown by its code point."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, bidi marks, zero-width characters, fillers, variation selectors, tags, surrogates."""


def plain_line(text: object, limit: int = 80) -> str:
    """A text on one line of at most `limit` characters, for a terminal, an attribute or a mail."""
    one_line = " ".join(str("" if text is None else text).split())
    shown = HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", one_line)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
