"""HTML to text without a tree: each block element becomes a line of its own.

For the content of feeds and fragments in fields, and as the fallback where a page defeats the
extractor. One pass over the characters, no recursion, no parser limits: nesting of any depth costs
nothing, and no input makes it quadratic.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd",
    "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary",
    "table", "tbody", "tfoot", "thead", "title", "tr", "ul", "video", "audio",
))  # fmt: skip
"""Elements that begin and end a line."""

CELLS: Final = frozenset(("td", "th"))
"""Elements parted by a space."""

HIDDEN: Final = frozenset((
    "script", "style", "template", "svg", "math", "iframe", "object", "select", "textarea",
))  # fmt: skip
"""Elements whose content nobody reads."""

_NAME: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_ENDS: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in HIDDEN}
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_QUOTE_OR_END: Final = re.compile("[>\"']")


def block_text(markup: str) -> str:
    r"""The visible text of HTML, one block a line, no blank lines.

    >>> block_text("<div><p>One &amp; <b>two</b></p><script>x</script>three")
    'One & two\nthree'
    """
    pieces = "".join(_pieces(markup))
    lines = (_SPACES.sub(" ", line).strip(" ") for line in pieces.split("\0"))
    return "\n".join(line for line in lines if line)


def _pieces(markup: str) -> Iterator[str]:
    r"""Text with `\0` for each end of a line."""
    unclosed: set[str] = set()
    start, size = 0, len(markup)
    while start < size:
        angle = markup.find("<", start)
        if angle < 0:
            angle = size
        yield html.unescape(markup[start:angle]).replace("\0", "")
        start, piece = _after_tag(markup, angle, unclosed) if angle < size else (size, "")
        yield piece


def _after_tag(markup: str, angle: int, unclosed: set[str]) -> tuple[int, str]:
    """Where the text goes on after the tag at `angle`, and what stands for the tag."""
    if markup.startswith("<!--", angle):
        return _after(markup, "-->", angle, 4, unclosed), ""
    if markup.startswith(("<!", "<?"), angle):
        return _after(markup, ">", angle, 2, unclosed), ""
    match = _NAME.match(markup, angle)
    if match is None:
        return angle + 1, "<"
    name = match[2].lower()
    end = _tag_end(markup, match.end(), unclosed)
    if name in HIDDEN and not match[1]:
        end = _after_hidden(markup, name, end, unclosed)
    return end, "\0" if name in BLOCKS else " " if name in CELLS else ""


def _after(markup: str, mark: str, angle: int, length: int, unclosed: set[str]) -> int:
    """Offset behind the next `mark`; an opening that is never closed hides nothing."""
    found = -1 if mark in unclosed else markup.find(mark, angle + length)
    if found < 0:
        unclosed.add(mark)
        return angle + length
    return found + len(mark)


def _tag_end(markup: str, start: int, unclosed: set[str]) -> int:
    """Offset behind the `>` that ends a tag; one inside a quoted attribute does not.

    A quotation that runs into another tag was never closed: it hides nothing.
    """
    at = start
    while ">" not in unclosed and (found := _QUOTE_OR_END.search(markup, at)):
        mark, at = found[0], found.end()
        if mark == ">":
            return at
        close = -1 if mark in unclosed else markup.find(mark, at)
        if close < 0:
            unclosed.add(mark)
        elif markup.find("<", at, close) < 0:
            at = close + 1
    unclosed.add(">")
    return start


def _after_hidden(markup: str, name: str, start: int, unclosed: set[str]) -> int:
    found = None if name in unclosed else _ENDS[name].search(markup, start)
    if found is None:
        unclosed.add(name)
        return start
    return _tag_end(markup, found.end(), unclosed)
