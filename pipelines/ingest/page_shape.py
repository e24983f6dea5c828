"""Pages nested deeper than a parser follows.

libxml2 drops what lies deeper than 256 levels and goes on as if nothing were. `shallow` leaves out
the tags below a safe depth, never their text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from pipelines.ingest.block_text import BLOCKS

SAFE_DEPTH: Final = 200
"""Levels kept; libxml2's own limit is 256."""

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_VOID: Final = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
))  # fmt: skip


def shallow(page: str) -> str:
    """The page without the tags below the safe depth; a block tag leaves a `<br>`.

    >>> shallow("<b>" * 201 + "text" + "</b>" * 201) == "<b>" * 200 + "text" + "</b>" * 200
    True
    """
    return "".join(_pieces(page))


def _pieces(page: str) -> Iterator[str]:
    kept: list[str] = []
    dropped: Counter[str] = Counter()
    start = 0
    for tag in _TAG.finditer(page):
        name = tag[2].lower()
        if tag.start() < start or name in _VOID or _keeps(tag[1] == "/", name, kept, dropped):
            continue
        yield page[start : tag.start()]
        start = page.find(">", tag.end()) + 1 or tag.end()
        yield "<br>" if name in BLOCKS else ""
    yield page[start:]


def _keeps(is_end: bool, name: str, kept: list[str], dropped: Counter[str]) -> bool:
    """Whether a tag stays; the open elements are brought up to date."""
    if not is_end and len(kept) < SAFE_DEPTH:
        kept.append(name)
        return True
    if not is_end:
        dropped[name] += 1
        return False
    if dropped[name]:
        dropped[name] -= 1
        return False
    if name in kept:
        del kept[len(kept) - 1 - kept[::-1].index(name)]
    return True
