"""JSON Lines: one object a line, read line by line so that a bad line costs only itself.

DuckDB's reader turns a bad line into a row of nulls and fails the file for a byte order mark, a
lone surrogate or a line beyond 16 MB; so lines are split here, on bytes, with their offsets.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, Final, NamedTuple

import orjson

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode, stream_encoding
from pipelines.ingest.json_keys import repeated_key
from pipelines.ingest.model import Item, Source
from pipelines.ingest.records import Place, read_record
from pipelines.settings import Settings

_NAN: Final = re.compile(rb"[:,\[]\s*-?(?:NaN|Infinity)\b")
"""What Python and pandas write for a number that is none."""


class Line(NamedTuple):
    """A line as delivered: its number from 1, its offset and length in the unpacked file.

    `raw` is None for a line beyond the cap.
    """

    number: int
    offset: int
    length: int
    raw: bytes | None

    @property
    def locator(self) -> str:
        """The line as a place in the file."""
        return f"line {self.number}"

    @property
    def place(self) -> str:
        """The line as words of a message."""
        return f"line {self.number} at byte {self.offset}"


def read_json_lines(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per line that is not blank."""
    source = content.source
    encoding, mark = stream_encoding(content.head())
    content.stream.seek(mark)
    for line in _lines(content.stream, settings.max_document_bytes, "\n".encode(encoding)):
        if line.raw is None:
            detail = f"{line.place} has {line.length} bytes"
            payload = content.slice(line.offset, line.length)
            yield source.refuse("line_too_long", detail, payload, line.locator, line.length)
        elif line.raw.strip(b"\0\n\r\t "):
            yield _read_line(line, line.raw, encoding, source)


def _lines(stream: IO[bytes], cap: int, end: bytes) -> Iterator[Line]:
    """The lines from where the stream stands; `end` is the line break in the file's encoding."""
    offset, number = stream.tell(), 0
    readline = stream.readline if len(end) == 1 else partial(_wide_line, stream, end)
    while raw := readline(cap + 1):
        number += 1
        if len(raw) > cap and not raw.endswith(end):
            length = len(raw) + _rest_of_line(readline, end)
            yield Line(number, offset, length, None)
            offset += length
        else:
            yield Line(number, offset, len(raw), raw)
            offset += len(raw)


def _wide_line(stream: IO[bytes], end: bytes, most: int) -> bytes:
    """The next line of UTF-16 or UTF-32, or at least `most` bytes of it."""
    line = bytearray()
    while len(line) < most and (piece := stream.readline(most)):
        line += piece
        line += stream.read(-len(line) % len(end))
        if line.endswith(end):
            break
    return bytes(line)


def _rest_of_line(readline: Callable[[int], bytes], end: bytes) -> int:
    length = 0
    while data := readline(1 << 20):
        length += len(data)
        if data.endswith(end):
            break
    return length


def _read_line(line: Line, raw: bytes, encoding: str, source: Source) -> Item:
    raw = raw.removesuffix("\n".encode(encoding)).removesuffix("\r".encode(encoding))
    flags: tuple[str, ...] = ()
    data = raw
    try:
        if encoding != "utf-8":
            data = raw.decode(encoding).encode()
        data = data.removeprefix(codecs.BOM_UTF8)
        record = orjson.loads(data)
    except ValueError as error:
        repaired = _repaired(data) if encoding == "utf-8" else None
        if repaired is None:
            return _refuse_json(line, raw, source, error)
        data, record, flags = repaired
    if type(record) is not dict:
        detail = f"{line.place}: a JSON {type(record).__name__}"
        return source.refuse("not_an_object", detail, raw, line.locator)
    if (name := repeated_key(data, record)) is not None:
        detail = f"{line.place}: {name!r} stands twice with different values"
        return source.refuse("duplicate_key", detail, raw, line.locator)
    place = Place(line.locator, "jsonl", raw, hashlib.sha256(raw).hexdigest())
    return read_record(record, source, place, flags)


def _repaired(data: bytes) -> tuple[bytes, Any, tuple[str, ...]] | None:
    """A line that is no UTF-8, read as what it shows; None where something else is wrong."""
    decoded = decode(data)
    if decoded is None or (decoded.encoding == "utf-8" and not decoded.flags):
        return None
    data = decoded.text.encode()
    try:
        return data, orjson.loads(data), decoded.flags
    except orjson.JSONDecodeError:
        return None


def _refuse_json(line: Line, raw: bytes, source: Source, error: ValueError) -> Item:
    reason = "lone_surrogate" if "surrogate in string" in str(error) else "invalid_json"
    why = "; JSON has no NaN, write null" if _NAN.search(raw) else ""
    return source.refuse(reason, f"{line.place}: {error}{why}", raw, line.locator)
