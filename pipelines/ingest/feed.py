"""RSS 2.0, RSS 1.0 (RDF) and Atom: one document per entry.

The parser expands no entity, loads no DTD and opens no connection; a feed that declares entities
is refused before it is parsed.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from copy import deepcopy
from html.entities import html5
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

from lxml import etree
from lxml.etree import _Element

from pipelines.ingest.block_text import block_text
from pipelines.ingest.contents import MEMORY_BYTES, Content
from pipelines.ingest.encoding import decode_page
from pipelines.ingest.fields import web_address
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

_MEDIA: Final = "/mrss"
"""Of the namespace of pictures and their captions: `media:content` is no content of the article."""

_PAGES: Final = ("", "text/html", "application/xhtml+xml")
_MAILBOX: Final = re.compile(r"(\S+@\S+) \((.+)\)")
_INLINE: Final = re.compile(r"</?(?:a|b|em|font|i|mark|small|span|strong|sub|sup|u)\b[^<>]*>", re.I)
_DECLARATION: Final = re.compile(r"\s*<\?xml.*?\?>", re.S)
_SUBSET: Final = re.compile(r"<!DOCTYPE[^>\[]*\[", re.I)
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_BARE: Final = re.compile(r"<!\[CDATA\[.*?\]\]>|&(?!#?\w+;)", re.S)
"""An ampersand that begins no entity, and where one may stand."""

_XML_ENTITIES: Final = ("amp;", "lt;", "gt;", "quot;", "apos;")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]*>")


class Feed(NamedTuple):
    """What holds for all entries of a feed: its language, and the address it is about."""

    language: str | None
    home: str


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
    whole = Feed(_language(root), _home(root))
    entries = (e for e in root.iter() if _local(e) in ENTRIES)
    for number, entry in enumerate(entries, 1):
        yield _entry(entry, number, whole, source, (*decoded.flags, *flags))


def _root_start(text: str) -> int:
    match = re.search(r"<[A-Za-z]", text)
    return match.start() if match else len(text)


def _root(text: str) -> tuple[_Element, tuple[str, ...]]:
    """The root element; a feed with HTML entities, bare `&` or forbidden characters is repaired."""
    try:
        return _parsed(text), ()
    except etree.XMLSyntaxError:
        repaired = _FORBIDDEN.sub("\ufffd", _BARE.sub(_escaped, _ENTITY.sub(_numeric, text)))
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


def _escaped(match: re.Match[str]) -> str:
    return "&amp;" if match[0] == "&" else match[0]


def _local(element: _Element) -> str:
    tag = element.tag
    return etree.QName(tag).localname.lower() if isinstance(tag, str) else ""


def _language(root: _Element) -> str | None:
    found = root.get("{http://www.w3.org/XML/1998/namespace}lang")
    named = (e.text for e in root.iter() if _local(e) == "language")
    return found or next(named, None)


def _home(root: _Element) -> str:
    """The site's address, against which RSS reads relative ones."""
    heads = (e for top in (root, *root) for e in top if _local(e) == "link")
    addresses = ((e.get("href") or e.text or "").strip() for e in heads if _is_page(e))
    return next(filter(web_address, addresses), "")


def _entry(
    entry: _Element, number: int, whole: Feed, source: Source, flags: tuple[str, ...]
) -> Item:
    payload = etree.tostring(entry, with_tail=False, encoding="utf-8")
    canonical = _canonical(entry) or payload
    locator = f"entry {number}"
    place = Place(locator, "feed", payload, hashlib.sha256(canonical).hexdigest())
    return read_record(_record(entry, whole), source, place, flags)


def _canonical(entry: _Element) -> bytes | None:
    """One form for the same entry however it is written; None where there is none to be had."""
    try:
        return bytes(etree.tostring(entry, method="c14n", exclusive=True, with_tail=False))
    except etree.C14NError:  # a relative namespace address
        return None


def _record(entry: _Element, whole: Feed) -> dict[str, Any]:
    """The entry's fields under the names of `fields.toml`; what has none keeps its own."""
    shown = {_name(e): e for e in reversed(entry) if _name(e) in _CONTENT and _markup(e).strip()}
    full = next((name for name in _CONTENT if name in shown), None)
    record: dict[str, Any] = {"language": whole.language} if whole.language else {}
    for element in sorted(entry, key=_is_other_link):
        name = _name(element)
        if name == full and element is shown[name]:
            record.update(_article(element))
        elif name == "link":
            _add_link(record, element, whole)
        elif name:
            _add_field(record, name, element)
    if "published" not in record and "updated" in record:
        record["published"] = record["updated"]  # the one date that Atom demands (RFC 4287)
    if "url" not in record and (address := _permanent(entry)):
        record["url"] = address
    return record


def _name(element: _Element) -> str:
    """The element's local name; of one that is about a picture or recording, told apart."""
    name, tag = _local(element), element.tag
    is_media = isinstance(tag, str) and (etree.QName(tag).namespace or "").rstrip("/").endswith(
        _MEDIA
    )
    return f"media_{name}" if is_media else name


def _permanent(entry: _Element) -> str | None:
    """The `guid` of RSS, which is the entry's address unless it says that it is none."""
    guid = next((e for e in entry if _local(e) == "guid"), None)
    is_address = guid is not None and guid.get("isPermaLink", "true").lower() == "true"
    return web_address(guid.text or "") if guid is not None and is_address else None


def _add_field(record: dict[str, Any], name: str, element: _Element) -> None:
    value = _plain(element)
    if name == "author" and (mailbox := _MAILBOX.fullmatch(value)):  # as RSS 2.0 writes it
        _add(record, "author_address", mailbox[1])
        value = mailbox[2]
    if name == "title" and "</" in value and element.get("type") != "text":
        value = _INLINE.sub("", value)
    _add(record, _FIELDS.get(name, name), value)


def _add(record: dict[str, Any], name: str, value: str) -> None:
    """Set a field; one that stands twice with two values becomes a list."""
    if not value or value == record.get(name):
        return
    if name not in record or name == "language":
        record[name] = value
    elif isinstance(record[name], list):
        record[name].append(value)
    elif name in ("title", "published"):
        _add(record, f"other_{name}", value)
    else:
        record[name] = [record[name], value]


def _is_page(link: _Element) -> bool:
    """Whether a link leads to the page that the feed or entry is about."""
    return link.get("rel", "alternate") == "alternate" and link.get("type", "") in _PAGES


def _is_other_link(element: _Element) -> bool:
    return _local(element) == "link" and not _is_page(element)


def _add_link(record: dict[str, Any], element: _Element, whole: Feed) -> None:
    relation = element.get("rel", "alternate")
    address = (element.get("href") or element.text or "").strip()
    name = "url" if relation == "alternate" and "url" not in record else f"link_{relation}"
    _add(record, name, _absolute(address, whole.home, element.base) if name == "url" else address)


def _absolute(address: str, home: str, base: str | None) -> str:
    """An address as the feed means it: `base` is its `xml:base`."""
    try:
        return urljoin(urljoin(home, base or ""), address) if address else ""
    except ValueError:  # one of them is no address
        return address


def _article(element: _Element) -> dict[str, str]:
    markup = _markup(element)
    if len(markup) > MOST_INLINE or is_page(markup):
        return {"html": markup}
    is_text = element.get("type") == "text" or not (_TAG.search(markup) or "&" in markup)
    return {"text": markup if is_text else _as_text(markup)}


def _as_text(markup: str) -> str:
    return block_text(markup) if _TAG.search(markup) else html.unescape(markup)


def _markup(element: _Element) -> str:
    """The HTML inside an element: escaped text, or children that are markup themselves."""
    if not len(element):
        return element.text or ""
    inside = deepcopy(element)
    for child in inside.iterdescendants("{*}*"):
        child.tag = etree.QName(child).localname  # `<xhtml:p>` is a paragraph
    text = html.escape(element.text or "", quote=False)
    return text + "".join(etree.tostring(e, encoding="unicode", method="html") for e in inside)


def _plain(element: _Element) -> str:
    """A short field as text; an empty element gives its term or address."""
    wanted = "title" if _local(element) == "source" else "name"
    name = next((e for e in element if _local(e) == wanted), None)
    text = "".join((element if name is None else name).itertext()).strip()
    return html.unescape(text) or element.get("term") or element.get("url") or ""
