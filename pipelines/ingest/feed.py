"""RSS 2.0, RSS 1.0 (RDF) and Atom: one document per entry.

The parser expands no entity, loads no DTD and opens no connection; a feed that declares entities
is refused before it is parsed.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element

from pipelines.ingest.block_text import block_text
from pipelines.ingest.contents import MEMORY_BYTES, Content
from pipelines.ingest.encoding import decode_page
from pipelines.ingest.markup import is_page
from pipelines.ingest.model import Item, Source
from pipelines.ingest.records import MOST_INLINE, Place, read_record
from pipelines.settings import Settings

ROOTS: Final = ("rss", "feed", "rdf")
ENTRIES: Final = ("item", "entry")
_CONTENT: Final = ("encoded", "content", "description", "summary")
"""Elements that hold the article, fullest first; the first that is there is the text."""

_FIELDS: Final = {
    "title": "title",
    "creator": "author",
    "author": "author",
    "pubdate": "published",
    "published": "published",
    "issued": "published",
    "date": "published",
    "category": "section",
    "language": "language",
}
"""Local element name -> field name as in `fields.toml`."""

_DECLARATION: Final = re.compile(r"\s*<\?xml.*?\?>", re.S)
_SUBSET: Final = re.compile(r"<!DOCTYPE[^>\[]*\[", re.I)
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_XML_ENTITIES: Final = ("amp;", "lt;", "gt;", "quot;", "apos;")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]*>")


def read_feed(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per entry; `invalid_xml`, `xml_entities`, `not_a_feed` whole."""
    source = content.source
    if content.size > MEMORY_BYTES:
        detail = f"a feed of {content.size} bytes"
        yield source.refuse("document_too_large", detail, content.whole())
        return
    decoded = decode_page(content.read())
    if decoded is None:
        yield source.refuse("binary_file", "not a text in any known encoding", content.whole())
        return
    if _SUBSET.search(decoded.text, 0, _root_start(decoded.text)):
        yield source.refuse("xml_entities", "its DOCTYPE declares entities", content.whole())
        return
    try:
        root, flags = _root(decoded.text)
    except etree.XMLSyntaxError as error:
        yield source.refuse("invalid_xml", str(error), content.whole())
        return
    if _local(root) not in ROOTS:
        yield source.refuse("not_a_feed", f"the root element is <{_local(root)}>", content.whole())
        return
    language = _language(root)
    entries = (e for e in root.iter() if _local(e) in ENTRIES)
    for number, entry in enumerate(entries, 1):
        yield _entry(entry, number, language, source, (*decoded.flags, *flags))


def _root_start(text: str) -> int:
    match = re.search(r"<[A-Za-z]", text)
    return match.start() if match else len(text)


def _root(text: str) -> tuple[_Element, tuple[str, ...]]:
    """The root element; a feed with HTML entities or forbidden characters is repaired once."""
    try:
        return _parsed(text), ()
    except etree.XMLSyntaxError:
        repaired = _FORBIDDEN.sub("\ufffd", _ENTITY.sub(_numeric, text))
        if repaired == text:
            raise
        return _parsed(repaired), ("xml_repaired",)


def _parsed(text: str) -> _Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), parser)


def _numeric(match: re.Match[str]) -> str:
    name = match[1]
    if name in _XML_ENTITIES or name not in html5:
        return match[0]
    return "".join(f"&#{ord(char)};" for char in html5[name])


def _local(element: _Element) -> str:
    tag = element.tag
    return etree.QName(tag).localname.lower() if isinstance(tag, str) else ""


def _language(root: _Element) -> str | None:
    found = root.get("{http://www.w3.org/XML/1998/namespace}lang")
    named = (e.text for e in root.iter() if _local(e) == "language")
    return found or next(named, None)


def _entry(
    entry: _Element, number: int, language: str | None, source: Source, flags: tuple[str, ...]
) -> Item:
    payload = etree.tostring(entry, with_tail=False, encoding="utf-8")
    canonical = _canonical(entry) or payload
    locator = f"entry {number}"
    place = Place(locator, "feed", payload, hashlib.sha256(canonical).hexdigest())
    return read_record(_record(entry, language), source, place, flags)


def _canonical(entry: _Element) -> bytes | None:
    """One form for the same entry however it is written; None where there is none to be had."""
    try:
        return bytes(etree.tostring(entry, method="c14n", exclusive=True, with_tail=False))
    except etree.C14NError:  # a relative namespace address
        return None


def _record(entry: _Element, language: str | None) -> dict[str, Any]:
    """The entry's fields under the names of `fields.toml`; what has none keeps its own."""
    shown = {_local(e): e for e in reversed(entry) if _local(e) in _CONTENT and _markup(e).strip()}
    full = next((name for name in _CONTENT if name in shown), None)
    record: dict[str, Any] = {"language": language} if language else {}
    for element in entry:
        name = _local(element)
        if name == full and element is shown[name]:
            record.update(_article(element))
        elif name == "link":
            _add_link(record, element)
        elif name:
            _add(record, _FIELDS.get(name, name), _plain(element))
    if "published" not in record and "updated" in record:
        record["published"] = record["updated"]  # the one date that Atom demands (RFC 4287)
    return record


def _add(record: dict[str, Any], name: str, value: str) -> None:
    """Set a field; one that stands twice becomes a list."""
    if not value:
        return
    if name not in record or name == "language":
        record[name] = value
    elif isinstance(record[name], list):
        record[name].append(value)
    elif name in ("title", "published"):
        _add(record, f"other_{name}", value)
    else:
        record[name] = [record[name], value]


def _add_link(record: dict[str, Any], element: _Element) -> None:
    relation = element.get("rel", "alternate")
    address = (element.get("href") or element.text or "").strip()
    name = "url" if relation == "alternate" and "url" not in record else f"link_{relation}"
    _add(record, name, address)


def _article(element: _Element) -> dict[str, str]:
    markup = _markup(element)
    if len(markup) > MOST_INLINE or is_page(markup):
        return {"html": markup}
    is_text = element.get("type") == "text" or not (_TAG.search(markup) or "&" in markup)
    return {"text": markup if is_text else _as_text(markup)}


def _as_text(markup: str) -> str:
    return block_text(markup) if _TAG.search(markup) else html.unescape(markup)


def _markup(element: _Element) -> str:
    """The HTML inside an element: escaped text, or XHTML children."""
    if len(element):
        return "".join(etree.tostring(e, encoding="unicode", method="html") for e in element)
    return element.text or ""


def _plain(element: _Element) -> str:
    """A short field as text; an empty element gives its term or address."""
    name = next((e for e in element if _local(e) == "name"), None)
    text = "".join((element if name is None else name).itertext()).strip()
    return html.unescape(text) or element.get("term") or element.get("url") or ""
