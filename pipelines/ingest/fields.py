"""Fields of a record (JSON object, Parquet row) to the columns of a document.

Which names mean which column is data: `fields.toml`. The first alias with a usable value wins;
every other field is kept in `extra`, sorted by name, so that nothing delivered is lost.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from pipelines.ingest.language_tags import canonical_tag
from pipelines.ingest.moments import Moment, moment
from pipelines.ingest.sites import is_host, site_of_name, site_of_url

_DATA: Final = tomllib.loads(Path(__file__).with_name("fields.toml").read_text("utf-8"))
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {k: tuple(v) for k, v in _DATA["aliases"].items()}
"""Column -> field names, best first."""

CONTAINERS: Final = frozenset(_DATA["containers"])
"""Names of objects whose fields count as the record's own."""

_RANK: Final = {
    alias: (column, rank) for column, names in ALIASES.items() for rank, alias in enumerate(names)
}
_INNER_RANK: Final = 1000
_URL: Final = re.compile(r"https?://[^\s/?#][^\s]*", re.I)
_NOTHING: Final[tuple[Any, ...]] = (None, [], {})
_PAGE: Final = re.compile(r"https?://[^\s/?#]+/[^\s/][^\s]*", re.I)
_EXTRA_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class FieldTypeError(ValueError):
    """A known field holds a value of a type it cannot have."""


class Given(NamedTuple):
    """What a record says of itself; any value None where it does not."""

    text: str | None = None
    html: str | None = None
    url: str | None = None
    site: str | None = None
    headline: str | None = None
    byline: str | None = None
    published: Moment | None = None
    retrieved: Moment | None = None
    section: str | None = None
    language: str | None = None
    extra: str | None = None
    has_unread_date: bool = False


def given(record: Mapping[str, Any]) -> Given:
    """The known fields of a record, each read by its column's reader.

    Raises FieldTypeError where a known field was retyped (a number for a text).
    """
    left = _flat(record)
    plan = _plan(tuple(left))
    values: dict[str, Any] = {}
    for column, names, read in plan.columns:
        name, value = _first(left, names, read)
        if value is None:
            continue
        raw = left.pop(name)
        if column == "site":
            value, is_said = _site(value, values.get("url"))
        else:
            is_said = not _has_more(raw)
        values[column] = value
        if not is_said:
            left[name] = raw
    if "url" not in values and (found := _page_of_source(record)):
        name, values["url"] = found
        left.pop(name, None)
    if "url" in values and "site" not in values:
        values["site"] = site_of_url(values["url"])
    if left:
        values["extra"] = _json(left)
        values["has_unread_date"] = any(
            column not in values and left.get(name) not in _NOTHING for column, name in plan.dates
        )
    return Given(**values)


def _page_of_source(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """A field named for the site that holds the address of a page, as trafilatura's `source`."""
    for name, raw in _flat(record).items():
        if column_of(name) == "site" and isinstance(raw, str) and _PAGE.fullmatch(raw.strip()):
            return name, raw.strip()
    return None


def _has_more(raw: Any) -> bool:
    """Whether a field says more than the one name taken from it (an author's address)."""
    return type(raw) is dict or (type(raw) is list and any(type(part) is dict for part in raw))


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with the fields of containers beside the record's own, as `container.field`."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if type(value) is dict and name.lower() in CONTAINERS and value:
            flat.update((f"{name}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            flat[name] = value
    return flat


class Plan(NamedTuple):
    """How to read records of one shape: per column its fields, best first, and its reader.

    `dates` pairs each field that may hold a time with its column.
    """

    columns: tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...]
    dates: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...]) -> Plan:
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        if match := _column(name):
            found.setdefault(match[0], []).append((match[1], name))
    columns = tuple(
        (column, tuple(name for _, name in sorted(found[column])), _READERS[column])
        for column in ALIASES
        if column in found
    )
    dates = tuple((c, name) for c, names, read in columns if read is _moment for name in names)
    return Plan(columns, dates)


def column_of(name: str) -> str | None:
    """The column that a field of this name fills, if any."""
    match = _column(name)
    return match[0] if match else None


def _column(name: str) -> tuple[str, int] | None:
    alias = name.strip().lower()
    if match := _RANK.get(alias):
        return match
    container, dot, inner = alias.partition(".")
    match = _RANK.get(inner) if dot and container in CONTAINERS else None
    return (match[0], match[1] + _INNER_RANK) if match else None


def _first(
    left: dict[str, Any], names: tuple[str, ...], read: Callable[[Any], Any]
) -> tuple[str, Any]:
    """The first usable value and its field; empty fields before it are taken out of `left`.

    A list of one value is that value: so Scrapy's item loaders write every field.
    """
    for name in names:
        raw = left[name]
        if raw is None or raw == "":
            del left[name]
            continue
        only = raw[0] if type(raw) is list and len(raw) == 1 else raw
        if only in _NOTHING:
            continue
        try:
            value = read(only)
        except TypeError as error:
            raise FieldTypeError(f"field {name!r} holds {error}") from error
        if value is not None:
            return name, value
    return "", None


def _wrong(raw: Any, wanted: str) -> TypeError:
    return TypeError(f"a value of type {type(raw).__name__}, not {wanted}")


def _text(raw: Any) -> str | None:
    """A text, or its paragraphs as a list."""
    if isinstance(raw, list) and all(isinstance(part, str) for part in raw):
        raw = "\n\n".join(raw)
    if not isinstance(raw, str):
        raise _wrong(raw, "a text")
    return raw if raw and not raw.isspace() else None


def _label(raw: Any) -> str | None:
    """A text on one line; of an object what it renders, as WordPress writes titles."""
    if isinstance(raw, dict) and isinstance(raw.get("rendered"), str):
        raw = unescape(raw["rendered"])
    if not isinstance(raw, str):
        raise _wrong(raw, "a text")
    return raw.strip() or None


def _labels(raw: Any) -> str | None:
    """A name, an object with a name, or a list of either, joined by commas; a number is no name."""
    if type(raw) is int:
        return None
    if isinstance(raw, list):
        return ", ".join(filter(None, map(_labels, raw))) or None
    if isinstance(raw, dict):
        raw = raw.get("name") or raw.get("domain") or raw.get("title") or ""
    return _label(raw)


def web_address(raw: Any) -> str | None:
    """An absolute http(s) address; None for anything else. Nothing is ever fetched."""
    text = _label(raw)
    return text if text and _URL.fullmatch(text) else None


def language_tag(raw: Any) -> str | None:
    """A BCP 47 tag (`en_US` → `en-US`); None for anything else."""
    return canonical_tag(_labels(raw) or "")


def _moment(raw: Any) -> Moment | None:
    if isinstance(raw, bool | list | dict):
        raise _wrong(raw, "a time")
    return moment(raw)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "html": _text,
    "url": web_address,
    "site": _labels,
    "headline": _label,
    "byline": _labels,
    "published": _moment,
    "retrieved": _moment,
    "section": _labels,
    "language": language_tag,
}


def _site(name: str, url: str | None) -> tuple[str | None, bool]:
    """The site, and whether it says all that `name` said.

    A host is taken at its word; a mere name yields to the address and stays in `extra`.
    """
    if url is None or is_host(name) or "//" in name:
        return site_of_name(name), True
    return site_of_url(url), False


def _json(extra: dict[str, Any]) -> str:
    try:
        return orjson.dumps(extra, default=as_json, option=_EXTRA_OPTIONS).decode()
    except orjson.JSONEncodeError as error:
        raise FieldTypeError(f"a field cannot be kept: {error}") from error


def as_json(value: Any) -> str:
    """A value JSON has no form for: bytes as hexadecimal, anything else as its text."""
    return value.hex() if isinstance(value, bytes) else str(value)
