"""The page inside a fetched HTTP response, as archives really hold them.

Tools that unpack a page often keep the headers of how it was sent, old servers end their lines with
a line feed alone, and a connection that broke leaves a record that is sound and a page that is not.
"""

from __future__ import annotations

import re
import zlib
from typing import Final, Literal, NamedTuple

from fastwarc.warc import WarcRecord

from pipelines.ingest.sniff import sniff

FAULTS: Final = (OSError, ValueError, RuntimeError)
"""Raised by fastwarc for what it cannot decode."""

_GZIP: Final = ("gzip", "x-gzip")
Decoding = Literal["none", "transfer", "all"]
_HEAD: Final = 65_536
_RECORD: Final = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: %d\r\n\r\n"
_INTERIM: Final = re.compile(rb"\A(?:HTTP/[\d.]+ 1\d\d[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n(?=HTTP/))+")
"""Responses before the response, as `100 Continue`."""


class Body(NamedTuple):
    """A response: its parsed record, the bytes of its page, and whether the fetch was cut off."""

    record: WarcRecord
    data: bytes
    is_cut: bool


def body_of(block: bytes, most: int) -> Body:
    """The response in the block of a record, read to `most` bytes and one more.

    Raises one of FAULTS where it cannot be decoded and is no page as it stands either.
    """
    data = _as_record(block)
    try:
        record, page = _parsed(data, "all", most)
    except FAULTS:
        record, page = _parsed(data, "none", most)
        if not looks_like_page(page):
            raise
        return Body(record, page, is_cut=False)
    return Body(record, page, len(page) <= most and _is_cut(record, page, data, most))


def looks_like_page(data: bytes) -> bool:
    """Whether bytes are HTML by their looks alone."""
    return data.lstrip().startswith(b"<") and sniff(data[:_HEAD]) == "html"


def _as_record(block: bytes) -> bytes:
    """A record to parse, its HTTP header with the line breaks of the standard.

    fastwarc takes `content-length` in small letters for none.
    """
    sent = _INTERIM.sub(b"", block, count=1)
    lines, end, page = sent.partition(b"\n\n")
    if end and b"\r\n\r\n" not in lines:
        sent = lines.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n" + page
    return _RECORD % len(sent) + sent + b"\r\n\r\n"


def _parsed(data: bytes, decode: Decoding, most: int) -> tuple[WarcRecord, bytes]:
    record = WarcRecord.from_bytes(data)
    record.is_http = True
    record.parse_http(auto_decode=decode)
    return record, record.reader.read(most + 1)


def _is_cut(record: WarcRecord, page: bytes, data: bytes, most: int) -> bool:
    """Whether less was received than the server said it sent."""
    headers = {name.lower(): value for name, value in record.http_headers.to_dict().items()}
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in _GZIP:
        return _ends_early(_parsed(data, "transfer", most)[1], most)
    length = headers.get("content-length", "").strip()
    is_plain = encoding in ("", "identity") and "transfer-encoding" not in headers
    return is_plain and length.isdecimal() and int(length) > len(page)


def _ends_early(packed: bytes, most: int) -> bool:
    while packed[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        member.decompress(packed, most)
        if not member.eof:
            return not member.unconsumed_tail
        packed = member.unused_data
    return False
