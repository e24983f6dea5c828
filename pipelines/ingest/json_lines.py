"""JSON Lines: one object a line, read line by line so that a bad line costs only itself.

DuckDB's reader turns a bad line into a row of nulls and fails the file for a byte order mark, a
lone surrogate or a line beyond 16 MB; so lines are split here, on bytes, with their offsets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

import orjson

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode
from pipelines.ingest.model import Item, Source
from pipelines.ingest.records import Place, read_record
from pipelines.settings import Settings

_UTF8_MARK: Final = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line of bytes: its number from 1 and its offset in the unpacked file.

    `data` is None for a line beyond the cap; `length` counts its bytes.
    """

    number: int
    offset: int
    length: int
    data: bytes | None


def read_json_lines(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per line that is not blank."""
    source = content.source
    for line in _lines(content.stream, settings.max_document_bytes):
        if line.data is None:
            detail = f"line {line.number} at byte {line.offset} has {line.length} bytes"
            payload = content.slice(line.offset, line.length)
            locator = f"line {line.number}"
            yield source.refuse("line_too_long", detail, payload, locator, line.length)
        elif not line.data.isspace():
            yield _read_line(line, line.data, source)


def _lines(stream: IO[bytes], cap: int) -> Iterator[Line]:
    stream.seek(0)
    if stream.read(3) != _UTF8_MARK:
        stream.seek(0)
    offset, number = stream.tell(), 0
    readline = stream.readline
    while data := readline(cap + 1):
        number += 1
        if len(data) > cap and not data.endswith(b"\n"):
            length = len(data) + _rest_of_line(stream)
            yield Line(number, offset, length, None)
            offset += length
        else:
            yield Line(number, offset, len(data), data)
            offset += len(data)


def _rest_of_line(stream: IO[bytes]) -> int:
    length = 0
    while data := stream.readline(1 << 20):
        length += len(data)
        if data.endswith(b"\n"):
            break
    return length


def _read_line(line: Line, data: bytes, source: Source) -> Item:
    data = data.rstrip(b"\r\n")
    flags: tuple[str, ...] = ()
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        decoded = decode(data)
        if decoded is None or (decoded.encoding == "utf-8" and not decoded.flags):
            return _refuse_json(line, data, source, error)
        try:
            record, flags = orjson.loads(decoded.text.encode()), decoded.flags
        except orjson.JSONDecodeError:
            return _refuse_json(line, data, source, error)
    locator = f"line {line.number}"
    if type(record) is not dict:
        detail = f"{locator} at byte {line.offset}: a JSON {type(record).__name__}"
        return source.refuse("not_an_object", detail, data, locator)
    if _may_repeat_keys(data, record) and (name := _repeated_key(data)):
        detail = f"{locator} at byte {line.offset}: {name!r} stands twice with different values"
        return source.refuse("duplicate_key", detail, data, locator)
    place = Place(locator, "jsonl", data, hashlib.sha256(data).hexdigest())
    return read_record(record, source, place, flags)


def _refuse_json(line: Line, data: bytes, source: Source, error: Exception) -> Item:
    reason = "lone_surrogate" if "surrogate in string" in str(error) else "invalid_json"
    detail = f"line {line.number} at byte {line.offset}: {error}"
    return source.refuse(reason, detail, data, f"line {line.number}")


def _may_repeat_keys(data: bytes, record: dict[str, Any]) -> bool:
    r"""Cheap proof: as many quotation marks as the parsed strings need, so no string was dropped.

    Holds unless a mark is spelt `\u0022`; then the keys are looked at one by one.
    """
    return data.count(b'"') != _mark_count(record) or b"\\u0022" in data


def _mark_count(record: dict[str, Any]) -> int:
    """Quotation marks of a JSON value without repeated keys."""
    count, stack = 0, [record]
    while stack:
        value: Any = stack.pop()
        kind = type(value)
        if kind is str:
            count += 2 + value.count('"')
        elif kind is dict:
            stack.extend(value)
            stack.extend(value.values())
        elif kind is list:
            stack.extend(value)
    return count


def _repeated_key(data: bytes) -> str | None:
    """The first key with two different values in one object, or None."""
    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(items)
        if len(fields) < len(items):
            repeated.extend(name for name, value in items if fields[name] != value)
        return fields

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return None
    return repeated[0] if repeated else None
