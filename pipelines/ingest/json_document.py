"""A JSON file that is one value over many lines: an object is one document, an array one per item.

Scrapers often write `[{…}, {…}]` where they mean JSON Lines. Without lines there is no way to go on
behind a mistake, so such a file is taken or refused whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from pipelines.ingest.contents import MEMORY_BYTES, Content
from pipelines.ingest.encoding import decode
from pipelines.ingest.json_keys import repeated_key
from pipelines.ingest.model import Item
from pipelines.ingest.records import Place, read_record
from pipelines.settings import Settings


def read_json_document(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per object; the whole file refused where it does not parse."""
    source = content.source
    if content.size > MEMORY_BYTES:
        detail = f"one JSON value of {content.size} bytes; JSON Lines may be of any size"
        yield source.refuse("document_too_large", detail, content.whole())
        return
    decoded = decode(content.read())
    data = decoded.text.encode("utf-8", "replace") if decoded else b""
    flags = decoded.flags if decoded else ()
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        yield source.refuse("invalid_json", f"one JSON value: {error}", content.whole())
        return
    if (name := repeated_key(data, value)) is not None:
        detail = f"{name!r} stands twice in one object"
        yield source.refuse("duplicate_key", detail, content.whole())
        return
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        yield _item(item, number, content, settings, flags)


def _item(
    item: Any, number: int, content: Content, settings: Settings, flags: tuple[str, ...]
) -> Item:
    source, locator = content.source, f"item {number}"
    try:
        data = orjson.dumps(item)
    except orjson.JSONEncodeError as error:
        return source.refuse("field_type", f"{locator}: {error}", content.whole(), locator)
    if not isinstance(item, dict):
        detail = f"{locator}: a JSON {type(item).__name__}"
        return source.refuse("not_an_object", detail, data, locator)
    if len(data) > settings.max_document_bytes:
        detail = f"{locator}: an object of {len(data)} bytes"
        return source.refuse("document_too_large", detail, data, locator)
    place = Place(locator, "jsonl", data, hashlib.sha256(data).hexdigest())
    return read_record(item, source, place, flags)
