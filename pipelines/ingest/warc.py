"""WARC: one document per response of type HTML.

Records are framed here, strictly, because fastwarc takes a wrong length at its word (the records
it swallows are gone) and ends at the first bad header: a damaged stretch is refused with its offset
and reading goes on at the next record. fastwarc reads the HTTP inside a sound record.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from fastwarc.warc import WarcRecord

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode_page
from pipelines.ingest.fields import web_address
from pipelines.ingest.model import Draft, Item, Page, Source
from pipelines.ingest.moments import moment
from pipelines.ingest.sites import site_of_url
from pipelines.settings import Settings

_MARK: Final = b"WARC/"
_END: Final = b"\r\n\r\n"
_MOST_HEADER: Final = 65_536
_STEP: Final = 1 << 20
_LENGTH: Final = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,18})[ \t]*\r\n", re.I)
_TYPE: Final = re.compile(rb"\r\nWARC-Type:[ \t]*response[ \t]*\r\n", re.I)
_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")


class Frame(NamedTuple):
    """A stretch of the file: one record, or a damaged one up to the next record's start.

    `head` is the WARC header of a sound record, None where the frame is damaged.
    """

    number: int
    offset: int
    length: int
    head: bytes | None


def read_warc(content: Content, settings: Settings) -> Iterator[Item]:
    """A page per HTML response; a rejection per damaged stretch, bad digest or failed fetch.

    Records of other kinds are no documents and leave no trace.
    """
    for frame in _frames(content.stream, content.size):
        if frame.head is None:
            yield _refuse(content, frame, "corrupt_warc", "no sound record", settings)
        elif not _TYPE.search(frame.head):
            continue
        elif frame.length > settings.max_document_bytes:
            detail = f"a record of {frame.length} bytes"
            yield _refuse(content, frame, "document_too_large", detail, settings)
        else:
            content.stream.seek(frame.offset)
            record = content.stream.read(frame.length)
            yield from _response(record, frame, content.source, settings)


def _refuse(content: Content, frame: Frame, reason: str, detail: str, settings: Settings) -> Item:
    payload = content.slice(frame.offset, frame.length)
    if frame.length <= settings.max_document_bytes:
        content.stream.seek(frame.offset)
        payload = content.stream.read(frame.length)
    locator = f"record {frame.number}"
    detail = f"{locator} at byte {frame.offset}: {detail}"
    return content.source.refuse(reason, detail, payload, locator, frame.length)


def _frames(stream: IO[bytes], size: int) -> Iterator[Frame]:
    offset = number = 0
    while offset < size:
        number += 1
        head, end = _sound(stream, offset, size)
        if head is None:
            end = _next_mark(stream, offset + 1, size)
        yield Frame(number, offset, end - offset, head)
        offset = end


def _sound(stream: IO[bytes], offset: int, size: int) -> tuple[bytes | None, int]:
    """Header and end of the record at `offset`; no header where it is not whole."""
    stream.seek(offset)
    head, found, _ = stream.read(_MOST_HEADER).partition(_END)
    length = _LENGTH.search(head + _END)
    if not head.startswith(_MARK) or not found or length is None:
        return None, offset
    end = offset + len(head) + len(_END) + int(length[1])
    if end > size:
        return None, offset
    stream.seek(end)
    after = stream.read(len(_END) + len(_MARK))
    closed = after.startswith(_END) and (after[len(_END) :] in (b"", _MARK))
    return (head + _END, end + len(_END)) if closed else (None, offset)


def _next_mark(stream: IO[bytes], start: int, size: int) -> int:
    """Offset of the next line that starts a record, or the end of the file."""
    mark = b"\n" + _MARK
    stream.seek(start)
    base, kept = start, b""
    while data := stream.read(_STEP):
        window = kept + data
        found = window.find(mark)
        if found >= 0:
            return base + found + 1
        kept = window[-len(mark) :]
        base += len(window) - len(kept)
    return size


def _response(data: bytes, frame: Frame, source: Source, settings: Settings) -> Iterator[Item]:
    locator = f"record {frame.number}"
    where = f"{locator} at byte {frame.offset}"
    try:
        record = WarcRecord.from_bytes(data)
        if not _digest_holds(
            record.headers.get("WARC-Block-Digest"), data[len(frame.head or b"") : -4]
        ):
            yield source.refuse("warc_digest", f"{where}: block digest differs", data, locator)
            return
        record.parse_http(auto_decode="all")
        kind = record.http_content_type if record.is_http_parsed else None
        status = record.http_headers.status_code if record.is_http_parsed else None
        body = record.reader.read(settings.max_document_bytes + 1)
    except (OSError, ValueError, RuntimeError) as error:
        yield source.refuse("corrupt_warc", f"{where}: {error}", data, locator)
        return
    if (kind or "").lower() not in _HTML_TYPES or not body.strip():
        return
    if len(body) > settings.max_document_bytes:
        detail = f"{where}: the page unpacks to more than {settings.max_document_bytes} bytes"
        yield source.refuse("document_too_large", detail, data, locator)
    elif status != 200:
        yield source.refuse("http_status", f"{where}: HTTP status {status}", data, locator)
    else:
        yield _page(record, body, data, locator, source)


def _page(record: WarcRecord, body: bytes, data: bytes, locator: str, source: Source) -> Item:
    headers = record.headers.to_dict()
    decoded = decode_page(body, record.http_charset)
    if decoded is None:
        return source.refuse("binary_file", f"{locator}: no text", data, locator)
    url = web_address(headers.get("WARC-Target-URI", "").strip("<>"))
    fetched = moment(headers.get("WARC-Date"))
    cut = ("truncated_fetch",) if "WARC-Truncated" in headers else ()
    draft = Draft(
        source_uri=source.uri,
        source_locator=locator,
        source_format="warc",
        site=(site_of_url(url) if url else None) or source.site,
        url=url,
        retrieved_at=fetched.at if fetched else source.retrieved_at,
        content_sha256=hashlib.sha256(body).hexdigest(),
        raw_text="",
        flags=(*decoded.flags, *cut),
    )
    return Page(draft, decoded.text, data, len(data))


def _digest_holds(stated: str | None, block: bytes) -> bool:
    """Whether a digest (`sha1:BASE32` or hex) is that of `block`; an unknown kind holds."""
    algorithm, _, value = (stated or "").partition(":")
    if algorithm.lower() not in ("md5", "sha1", "sha256", "sha512") or not value:
        return True
    digest = hashlib.new(algorithm.lower(), block, usedforsecurity=False).digest()
    return value.strip().lower() in (digest.hex(), base64.b32encode(digest).decode().lower())
