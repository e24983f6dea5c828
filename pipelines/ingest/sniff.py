"""The format of a file by its first bytes; its name is never trusted."""

from __future__ import annotations

import re
from typing import Final

import orjson

from pipelines.ingest.encoding import decode
from pipelines.ingest.foreign import binary_kind
from pipelines.ingest.markup import is_markup

_FIRST_ELEMENT: Final = re.compile(
    r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?P<doctype>[^>\[]*)(?:\[.*?\]\s*)?>)*<(?P<name>[A-Za-z][\w:.-]*)",
    re.I | re.S,
)
_FEEDS: Final = ("rss", "feed", "rdf")
_JSON_START: Final = re.compile(r'\{\s*"[^"\n]*"\s*:|\[\s*\{\s*["}]|\[\s*\]\s*$')
_HEAD: Final = 4096


def sniff(head: bytes) -> str:
    """`txt`, `html`, `jsonl`, `json`, `parquet`, `feed`, `xml`, `warc` or `binary`.

    `head`: the first 64 kB or so. Text is told from binary by the encoding module.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"WARC/"):
        return "warc"
    if binary_kind(head):
        return "binary"
    decoded = decode(head[: len(head) // 4 * 4]) if len(head) > 4 else decode(head)
    return sniff_text(decoded.text) if decoded else "binary"


def sniff_text(text: str) -> str:
    """`html`, `feed`, `xml`, `jsonl`, `json` or `txt`, for a text."""
    start = text.lstrip("\ufeff \t\r\n")[:_HEAD]
    if start.startswith("<"):
        return _sniff_markup(start)
    if start.startswith(("{", "[")):
        kind = _sniff_json(text.lstrip("\ufeff \t\r\n"))
        if kind:
            return kind
    if _is_json_lines(text):
        return "jsonl"
    return "html" if re.match(r"[^<]{0,200}<(!doctype html|html)\b", start, re.I) else "txt"


def _sniff_markup(start: str) -> str:
    first = _FIRST_ELEMENT.match(start)
    name = first["name"].lower().rpartition(":")[2] if first else ""
    if name in _FEEDS:
        return "feed"
    if name == "html" or (first and "html" in (first["doctype"] or "").lower()):
        return "html"
    if start.startswith("<?xml"):
        return "xml"
    if is_markup(start):
        return "html"
    is_closed = first is not None and ("</" in start or "/>" in start)
    return "xml" if is_closed else "txt"


def _sniff_json(text: str) -> str | None:
    """`jsonl` or `json` for a text that opens with a brace or bracket; None where it is prose."""
    if _is_object(text.partition("\n")[0]) or (text[0] == "{" and _is_json_lines(text)):
        return "jsonl"
    return "json" if _JSON_START.match(text) else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(orjson.loads(line.encode("utf-8", "replace")), dict)
    except orjson.JSONDecodeError:
        return False


def _is_json_lines(text: str) -> bool:
    """Most of its first lines look like objects; one that is damaged does not decide."""
    lines = [line.strip() for line in text.split("\n", 40)[:40]]
    lines = [line for line in lines if line][:20]
    objects = sum(
        line.startswith("{") and (line[1:].lstrip()[:1] in ('"', "}", "")) for line in lines
    )
    return objects * 2 > len(lines)
