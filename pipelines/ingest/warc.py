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
from pipelines.ingest.foreign import binary_kind
from pipelines.ingest.http_body import FAULTS, Body, body_of, looks_like_page
from pipelines.ingest.model import Draft, Item, Page, Rejection, Source
from pipelines.ingest.moments import moment
from pipelines.ingest.sites import site_of_url
from pipelines.settings import Settings

_MARK: Final = b"WARC/"
_END: Final = b"\r\n\r\n"
_MOST_HEADER: Final = 65_536
_MOST_DAMAGED: Final = 1000
"""Damaged stretches told apart in one file; then the rest of it is one."""
_STEP: Final = 1 << 20
_LENGTH: Final = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,18})[ \t]*\r\n", re.I)
_KINDS: Final = {
    name: re.compile(rb"\r\nWARC-Type:[ \t]*" + name.encode() + rb"[ \t]*\r\n", re.I)
    for name in ("response", "conversion")
}
_WEB: Final = re.compile(rb"\r\nWARC-Target-URI:[ \t]*<?https?://", re.I)
_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")
_NO_TYPES: Final = ("", "text/plain", "application/octet-stream", "unknown/unknown")
"""Types that servers state for pages they know nothing of."""


class Frame(NamedTuple):
    """A stretch of the file: one record, or a damaged one up to the next record's start.

    `head` is the WARC header of a sound record, None where the frame is damaged.
    """

    number: int
    offset: int
    length: int
    head: bytes | None

    @property
    def locator(self) -> str:
        """The frame as a place in the file."""
        return f"record {self.number}"


class Response(NamedTuple):
    """A sound record of type response: where it stands and its bytes."""

    source: Source
    frame: Frame
    data: bytes

    @property
    def head(self) -> bytes:
        """Its WARC header."""
        return self.frame.head or b""

    def refuse(self, reason: str, detail: str) -> Rejection:
        """A rejection of the whole record."""
        detail = f"{self.frame.locator} at byte {self.frame.offset}: {detail}"
        return self.source.refuse(reason, detail, self.data, self.frame.locator)


def read_warc(content: Content, settings: Settings) -> Iterator[Item]:
    """A page per HTML response; a rejection per damaged stretch, bad digest or failed fetch.

    Records of other kinds are no documents and leave no trace; a file with texts made of pages
    (WET) and without one page is refused.
    """
    kinds = set()
    for frame in _frames(content.stream, content.size):
        kind = _kind(frame)
        kinds.add(kind)
        if frame.head is None:
            yield _refuse(content, frame, "corrupt_warc", "no sound record", settings)
        elif kind != "response":
            continue
        elif frame.length > settings.max_document_bytes:
            detail = f"a record of {frame.length} bytes"
            yield _refuse(content, frame, "document_too_large", detail, settings)
        else:
            content.stream.seek(frame.offset)
            data = content.stream.read(frame.length)
            yield from _read_response(Response(content.source, frame, data), settings)
    if "conversion" in kinds and "response" not in kinds:
        detail = "texts made of pages (WET), and no page"
        yield content.source.refuse("other_format", detail, content.whole())


def _kind(frame: Frame) -> str:
    head = frame.head or b""
    return next((name for name, is_kind in _KINDS.items() if is_kind.search(head)), "other")


def _refuse(content: Content, frame: Frame, reason: str, detail: str, settings: Settings) -> Item:
    payload = content.slice(frame.offset, frame.length)
    if frame.length <= settings.max_document_bytes:
        content.stream.seek(frame.offset)
        payload = content.stream.read(frame.length)
    detail = f"{frame.locator} at byte {frame.offset}: {detail}"
    return content.source.refuse(reason, detail, payload, frame.locator, frame.length)


def _frames(stream: IO[bytes], size: int) -> Iterator[Frame]:
    offset = number = damaged = 0
    while offset < size:
        number += 1
        head, end = _sound(stream, offset, size)
        if head is None:
            damaged += 1
            end = size if damaged > _MOST_DAMAGED else _next_mark(stream, offset + 1, size)
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
    is_closed = stream.read(len(_END)) == _END
    return (head + _END, end + len(_END)) if is_closed else (None, offset)


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


def _read_response(response: Response, settings: Settings) -> Iterator[Item]:
    head, block = response.head, response.data[len(response.head) : -len(_END)]
    try:
        headers = WarcRecord.from_bytes(response.data).headers.to_dict()
        stated = {name.lower(): value for name, value in headers.items()}
        if not _digest_holds(stated.get("warc-block-digest"), block):
            yield response.refuse("warc_digest", "block digest differs")
            return
        if not block.startswith(b"HTTP/"):
            if _WEB.search(head):
                yield response.refuse("corrupt_warc", "no HTTP header")
            return
        body = body_of(block, settings.max_document_bytes)
    except FAULTS as error:
        yield response.refuse("corrupt_warc", str(error))
        return
    if _is_html(body):
        yield _page(body, stated, response, settings.max_document_bytes)


def _is_html(body: Body) -> bool:
    """Whether the body is a page: by its stated type, or by its looks where that says nothing."""
    kind = (body.record.http_content_type or "").partition(",")[0].strip().lower()
    is_page = kind in _HTML_TYPES or (kind in _NO_TYPES and looks_like_page(body.data))
    return is_page and bool(body.data.strip())


def _page(body: Body, stated: dict[str, str], response: Response, most: int) -> Item:
    status = body.record.http_headers.status_code
    if len(body.data) > most:
        return response.refuse("document_too_large", f"the page unpacks to more than {most} bytes")
    if status != 200:
        return response.refuse("http_status", f"HTTP status {status}")
    decoded = decode_page(body.data, body.record.http_charset)
    if decoded is None or binary_kind(body.data):
        return response.refuse("binary_file", binary_kind(body.data) or "no text")
    draft = _draft(body, stated, response)._replace(flags=decoded.flags)
    if body.is_cut or "warc-truncated" in stated:
        draft = draft._replace(flags=(*decoded.flags, "truncated_fetch"))
    return Page(draft, decoded.text, response.data, len(response.data))


def _draft(body: Body, stated: dict[str, str], response: Response) -> Draft:
    source = response.source
    url = web_address(stated.get("warc-target-uri", "").strip("<> ").replace(" ", "%20"))
    fetched = moment(stated.get("warc-date"))
    return Draft(
        source_uri=source.uri,
        source_locator=response.frame.locator,
        source_format="warc",
        site=(site_of_url(url) if url else None) or source.site,
        url=url,
        retrieved_at=fetched.at if fetched else source.retrieved_at,
        content_sha256=hashlib.sha256(body.data).hexdigest(),
        raw_text="",
    )


def _digest_holds(stated: str | None, block: bytes) -> bool:
    """Whether a digest (`sha1:BASE32` or hex) is that of `block`; an unknown kind holds."""
    algorithm, _, value = (stated or "").partition(":")
    if algorithm.lower() not in ("md5", "sha1", "sha256", "sha512") or not value:
        return True
    digest = hashlib.new(algorithm.lower(), block, usedforsecurity=False).digest()
    return value.strip().lower() in (digest.hex(), base64.b32encode(digest).decode().lower())
