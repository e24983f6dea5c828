"""Telling markup from text."""

from __future__ import annotations

import re
from typing import Final

_ELEMENT: Final = re.compile(
    r"\s*(?:<!--|<!doctype html|<\?xml|</?(?:html|head|body|main|article|section|div|p|span|h[1-6]"
    r"|ul|ol|table|blockquote|figure|img|a|b|i|em|strong|br|hr|font|center|script|style|meta|link|title)"
    r"(?=[\s>/]))",
    re.I,
)


_PAGE: Final = re.compile(r"<(?:!doctype html|html|head|body)\b", re.I)


def is_page(markup: str) -> bool:
    """Whether markup is a whole page, and not the content of an article alone.

    >>> is_page("<html><p>One"), is_page("<p>One</p>")
    (True, False)
    """
    return _PAGE.search(markup) is not None


def is_markup(text: str) -> bool:
    """Whether a text starts with an HTML element and closes or repeats one.

    >>> is_markup("<p>The mayor said</p>"), is_markup("<3 this"), is_markup("a < b")
    (True, False, False)
    """
    return text.lstrip()[:1] == "<" and _ELEMENT.match(text) is not None and ">" in text
