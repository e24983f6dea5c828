"""A record with named fields (a JSON line, a Parquet row) to a draft or page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pipelines.ingest.block_text import block_text
from pipelines.ingest.fields import FieldTypeError, Given, given
from pipelines.ingest.markup import is_markup, is_page
from pipelines.ingest.model import Draft, Item, Page, Source

MOST_INLINE: Final = 1_000_000
"""Characters of an article's own markup that are read here; more goes to a page worker."""


class Place(NamedTuple):
    """Where a record stands, its exact bytes, and their SHA-256."""

    locator: str
    format: str
    payload: bytes
    sha256: str


def read_record(
    record: Mapping[str, Any], source: Source, place: Place, flags: tuple[str, ...] = ()
) -> Item:
    """The record as draft (text), page (HTML), or rejection (`no_text`, `field_type`)."""
    try:
        facts = given(record)
    except FieldTypeError as error:
        return source.refuse(
            "field_type", f"{place.locator}: {error}", place.payload, place.locator
        )
    text, html = facts.text, facts.html
    if text is None and html is None:
        detail = f"{place.locator}: no field holds the article{_listed(record)}"
        return source.refuse("no_text", detail, place.payload, place.locator)
    if facts.has_unread_date:
        flags = (*flags, "unread_date")
    if text is not None and html is not None:
        # It is some forty times the text: the lake keeps where it lies, not the page itself.
        flags = (*flags, "unused_html")
    if text is not None and not is_markup(text):
        return _draft(facts, source, place, text, flags)
    page = text if text is not None else html or ""
    if len(page) <= MOST_INLINE and not is_page(page) and (lines := block_text(page)):
        # Escaped once too often: what was shown is markup itself.
        shown = block_text(lines) if is_markup(lines) else lines
        return _draft(facts, source, place, shown or lines, flags)
    draft = _draft(facts, source, place, "", flags)
    return Page(draft, page, place.payload, len(place.payload))


def _listed(record: Mapping[str, Any]) -> str:
    """Where articles may lie instead: exports often wrap a list of them (`{"articles": […]}`)."""
    for name, value in record.items():
        if isinstance(value, list) and value and all(isinstance(it, dict) for it in value):
            return f", {name!r} a list of {len(value)} objects: deliver each as a line of its own"
    return ""


def _draft(facts: Given, source: Source, place: Place, text: str, flags: tuple[str, ...]) -> Draft:
    published = facts.published
    return Draft(
        source.uri,
        place.locator,
        place.format,
        facts.site or source.site,
        facts.url,
        facts.retrieved.at if facts.retrieved else source.retrieved_at,
        place.sha256,
        text,
        facts.headline,
        facts.byline,
        published.at if published else None,
        published.precision if published else None,
        facts.section,
        facts.language,
        facts.extra,
        flags,
    )
