"""Pages in WARC files as tools of the real world write them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from landing_zone import read_bytes

STORY = b"<p>The river rose by two metres overnight, the mayor of the town said.</p>"
PAGE = (
    b"<!doctype html><html><title>Flood</title><body><article>" + STORY * 9 + b"</article></html>"
)
HTML = b"Content-Type: text/html\r\n"
PACKED = gzip.compress(PAGE, mtime=0)
URL = b"https://news.example/1"


def record(http: bytes, kind: bytes = b"response", url: bytes = URL) -> bytes:
    head = b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\n" % (kind, url)
    return head + b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(http), http)


def response(headers: bytes, page: bytes = PAGE, line: bytes = b"HTTP/1.1 200 OK\r\n") -> bytes:
    return line + headers + b"\r\n" + page


def chunked(page: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(page), page)


CHUNKED = b"Transfer-Encoding: chunked\r\n"
GZIP = b"Content-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    ("http", "flag"),
    [
        # Headers that tell of the way and not of what is kept.
        (response(HTML + CHUNKED), None),
        (response(HTML + GZIP), None),
        (response(HTML + b"Content-Encoding: utf-8\r\n"), None),
        (response(HTML + GZIP + CHUNKED, chunked(PACKED)), None),
        (response(HTML + b"Content-Length: 99\r\n"), None),
        # Types that say nothing, or twice the same.
        (response(b"Content-Type: text/plain\r\n"), None),
        (response(b"Content-Type: application/octet-stream\r\n"), None),
        (response(b"Content-Type: text/html, text/html; charset=utf-8\r\n"), None),
        (response(b""), None),
        # Old servers, and answers before the answer.
        (response(HTML).replace(b"\r\n", b"\n"), None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + response(HTML), None),
        # A connection that broke.
        (response(HTML + b"Content-Length: 9999\r\n"), "truncated_fetch"),
        (response(HTML + GZIP, PACKED[:-9]), "truncated_fetch"),
        (response(HTML + GZIP, PACKED + PACKED[:-9]), "truncated_fetch"),
        (response(HTML + GZIP, PACKED + gzip.compress(b" ", mtime=0)), None),
    ],
)
def test_a_page_is_read_whatever_its_headers_say(
    http: bytes, flag: str | None, tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", record(http))
    assert reading.reasons == []
    (row,) = reading.documents
    assert "The river rose" in row["raw_text"]
    assert (row["url"], row["given_headline"]) == (URL.decode(), "Flood")
    assert row["text_flags"] == flag


@pytest.mark.parametrize(
    ("http", "reasons"),
    [
        (response(HTML, b"%PDF-1.4\n1 0 obj"), ["binary_file"]),
        (response(HTML + CHUNKED, chunked(PAGE)[:-99]), ["corrupt_warc"]),
        (response(HTML + GZIP, b"\x1f\x8b" + bytes(99)), ["corrupt_warc"]),
        (response(b"Content-Type: text/plain\r\n", b"The river rose."), []),
        (response(b"Content-Type: text/css\r\n", b"body{}"), []),
    ],
)
def test_what_is_no_page_is_none(http: bytes, reasons: list[str], tmp_path: Path) -> None:
    reading = read_bytes(tmp_path / "landing", record(http))
    assert (reading.documents, reading.reasons) == ([], reasons)


def test_names_of_headers_are_read_in_any_case(tmp_path: Path) -> None:
    head, end, block = record(response(HTML)).partition(b"\r\n\r\n")
    reading = read_bytes(tmp_path / "landing", b"WARC" + head[4:].lower() + end + block)
    assert [row["url"] for row in reading.documents] == [URL.decode()]


def test_an_address_with_a_space_is_an_address(tmp_path: Path) -> None:
    data = record(response(HTML), url=b"https://news.example/a b")
    (row,) = read_bytes(tmp_path / "landing", data).documents
    assert (row["url"], row["site"]) == ("https://news.example/a%20b", "news.example")


def test_a_file_of_texts_made_of_pages_is_named(tmp_path: Path) -> None:
    text = record(b"The river rose.", b"conversion")
    assert read_bytes(tmp_path / "landing", text).reasons == ["other_format"]
    mixed = read_bytes(tmp_path / "landing", text + record(response(HTML)))
    assert (len(mixed.documents), mixed.reasons) == (1, [])
