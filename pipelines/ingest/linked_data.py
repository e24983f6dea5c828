"""What a page says of itself in JSON-LD (schema.org), as pages really write it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson
from lxml.etree import _Element

ARTICLE_TYPES: Final = re.compile(
    r"(?:.*Article|BlogPosting|LiveBlogPosting|Report|Review)(?:News)?"
)
"""schema.org types of which the headline and date are those of the page."""

_MOST_DEPTH: Final = 8
_TYPE: Final = "application/ld+json"
_WRAPPING: Final = re.compile(
    r"\A\s*(?:(?://|/\*)?\s*(?:<!\[CDATA\[|<!--)(?:\s*\*/)?)|(?://|/\*)?\s*(?:\]\]>|-->)(?:\s*\*/)?\s*\Z"
)
"""What hid a script from the parsers of old."""


class Found(NamedTuple):
    """An object of JSON-LD, and whether it stands in a list of things, as of what is read most."""

    item: Mapping[str, Any]
    is_listed: bool


def linked_data(tree: _Element) -> dict[str, str]:
    """The columns that the page's own article fills; `body` is its text.

    Articles that are listed are those of other pages, unless there is no other.
    """
    found = [
        it
        for script in tree.iter("script")
        if script.get("type", "").lower().startswith(_TYPE)
        for it in _items(_parsed(script.text or ""), 0, is_listed=False)
    ]
    articles = [
        it for it in found if any(map(ARTICLE_TYPES.fullmatch, texts(it.item.get("@type"))))
    ]
    if not articles:
        return {}
    people = {name: it.item for it in reversed(found) for name in texts(it.item.get("@id"))}
    return _article(min(articles, key=lambda it: it.is_listed).item, people)


def _parsed(text: str) -> Any:
    text = text.strip().rstrip(";")
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        text = _WRAPPING.sub("", text)
    try:
        return json.loads(text, strict=False)  # line breaks within strings
    except (ValueError, RecursionError):
        return None


def _items(value: Any, depth: int, *, is_listed: bool) -> Iterator[Found]:
    """Objects of JSON-LD: the outermost first, then those of lists and graphs."""
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            yield from _items(part, depth + 1, is_listed=is_listed)
    elif isinstance(value, dict):
        yield Found(value, is_listed)
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _items(value.get(name), depth + 1, is_listed=is_listed)
        yield from _items(value.get("itemListElement"), depth + 1, is_listed=True)


def _article(item: Mapping[str, Any], people: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "headline": texts(item.get("headline")) or texts(item.get("name")),
        "byline": _names(item.get("author"), people) or _names(item.get("creator"), people),
        "published": texts(item.get("datePublished")),
        "section": texts(item.get("articleSection"))[:1],
        "language": texts(item.get("inLanguage"))[:1],
    }
    joined = {column: clean(", ".join(found)) for column, found in values.items()}
    joined["body"] = html.unescape("\n".join(texts(item.get("articleBody"))))
    return {column: text for column, text in joined.items() if text}


def texts(value: Any) -> list[str]:
    """The texts in a value or in a list of values."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text.strip()]


def _names(value: Any, people: Mapping[str, Any]) -> list[str]:
    """Names of people; one told by a reference only stands elsewhere in the page."""
    values = value if isinstance(value, list) else [value]
    named = [_name(v, people) if isinstance(v, dict) else v for v in values]
    return list(dict.fromkeys(text for name in named for text in texts(name)))


def _name(person: Mapping[str, Any], people: Mapping[str, Any]) -> Any:
    known = [people[it] for it in texts(person.get("@id")) if it in people]
    return next((it["name"] for it in (person, *known) if it.get("name")), None)


def clean(text: str | None) -> str | None:
    """A text in one line, without entities; None where nothing is left."""
    return " ".join(html.unescape(text).split()) or None if text else None
