"""Every reason an input can be refused for, by an input that is; and what is kept of it."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from landing_zone import payload, read, read_bytes

from pipelines.ingest import REASONS, FileSlice

TEXT = b"The river rose by two metres overnight, the mayor said.\n"
GZIP = gzip.compress(TEXT * 50, mtime=0)
ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT * 50)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


def parquet(columns: dict[str, list[Any]] | None = None) -> bytes:
    out = io.BytesIO()
    table = pa.table(columns or {"text": ["The river rose.", "It fell again."]})
    pq.write_table(table, out, write_page_checksum=True, compression="none")
    return out.getvalue()


def two_columns_of_one_name() -> bytes:
    out = io.BytesIO()
    names = pa.schema([("text", pa.string()), ("text", pa.string())])
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], schema=names), out)
    return out.getvalue()


def warc(block: bytes, kind: str = "text/html", status: str = "200 OK", extra: str = "") -> bytes:
    http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + block
    head = f"WARC/1.0\r\nWARC-Type: response\r\n{extra}Content-Length: {len(http)}\r\n\r\n"
    return head.encode() + http + b"\r\n\r\n"


def feed(inside: str, before: str = "") -> bytes:
    root = f'<rss version="2.0"><channel>{inside}</channel></rss>'
    return f'<?xml version="1.0"?>{before}{root}'.encode()


SLOW_PAGE = "<html><body>" + "<div><p>word " * 40_000 + "</body></html>"

WHOLE: list[tuple[str, str, bytes, dict[str, Any]]] = [
    ("empty", "empty_file", b"", {}),
    ("blank", "empty_text", b" \n\t\r\n", {}),
    ("only a mark", "empty_text", b"\xef\xbb\xbf", {}),
    ("zeros", "binary_file", bytes(1000), {}),
    ("picture", "binary_file", b"\x89PNG\r\n\x1a\n" + bytes(99), {}),
    ("pdf", "binary_file", b"%PDF-1.7\n" + TEXT, {}),
    ("zip", "binary_file", b"PK\x03\x04" + TEXT, {}),
    ("cut gzip", "truncated_gzip", GZIP[:-9], {}),
    ("gzip without its check sum", "truncated_gzip", GZIP[:-8], {}),
    ("gzip, second member cut", "truncated_gzip", GZIP + GZIP[:20], {}),
    ("gzip, bit flipped", "corrupt_gzip", flipped(GZIP, len(GZIP) // 2), {}),
    ("gzip, check sum flipped", "corrupt_gzip", flipped(GZIP, len(GZIP) - 6), {}),
    ("gzip, then other bytes", "corrupt_gzip", GZIP + b"other bytes", {}),
    ("cut zstd", "truncated_zstd", ZSTD[:-3], {}),
    ("zstd, second frame cut", "truncated_zstd", ZSTD + ZSTD[:3], {}),
    ("zstd, check sum flipped", "corrupt_zstd", flipped(ZSTD, len(ZSTD) - 2), {}),
    ("zstd, then other bytes", "corrupt_zstd", ZSTD + b"other bytes", {}),
    ("gzip in gzip", "nested_archive", gzip.compress(GZIP), {}),
    ("zstd in gzip", "nested_archive", gzip.compress(ZSTD), {}),
    ("gzip bomb", "expansion_bomb", gzip.compress(bytes(20_000_000)), {}),
    (
        "zstd bomb",
        "expansion_bomb",
        zstandard.ZstdCompressor().compress(bytes(20_000_000)),
        {},
    ),
    ("packed beyond the cap", "expansion_bomb", GZIP, {"max_file_bytes": 1000}),
    ("file beyond the cap", "file_too_large", TEXT * 20, {"max_file_bytes": 1000}),
    ("text beyond the cap", "document_too_large", TEXT * 20, {"max_document_bytes": 1000}),
    (
        "page beyond the cap",
        "document_too_large",
        b"<html>" + TEXT * 20,
        {"max_document_bytes": 1000},
    ),
    ("cut parquet", "corrupt_parquet", parquet()[:-20], {}),
    ("one name twice", "duplicate_key", two_columns_of_one_name(), {}),
    (
        "wide parquet",
        "parquet_too_wide",
        parquet({f"column_{n}": ["x"] for n in range(1001)}),
        {},
    ),
    ("cut feed", "invalid_xml", feed("<item><title>x")[:60], {}),
    (
        "entities",
        "xml_entities",
        feed("<item/>", '<!DOCTYPE rss [<!ENTITY a "aaaa">]>'),
        {},
    ),
    (
        "external entity",
        "xml_entities",
        feed("<item/>", '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        {},
    ),
    ("other xml", "not_a_feed", b'<?xml version="1.0"?><stock><item/></stock>', {}),
    ("empty page", "html_no_text", b"<html><body><script>x</script></body></html>", {}),
    ("slow page", "html_timeout", SLOW_PAGE.encode(), {"html_timeout": 0.003}),
]
"""Name of the case, reason, bytes of the file, settings."""


@pytest.mark.parametrize(
    ("reason", "data", "settings"),
    [case[1:] for case in WHOLE],
    ids=[case[0] for case in WHOLE],
)
def test_a_file_is_refused_whole(
    reason: str, data: bytes, settings: dict[str, Any], tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", data, **settings)
    (rejection,) = reading.rejections
    assert (rejection.reason, rejection.source_uri) == (reason, "input")
    assert rejection.source_locator is None
    assert rejection.detail.endswith(REASONS[reason])
    assert rejection.byte_count == len(data)
    assert payload(rejection) == (b"" if reason == "file_too_large" else data)
    assert reading.documents == []


LINE_CASES: list[tuple[str, bytes]] = [
    ("invalid_json", b'{"text": "cut'),
    ("invalid_json", b"{text: unquoted}"),
    ("invalid_json", b'{"text": NaN}'),
    ("invalid_json", b"[" * 1500),
    ("not_an_object", b"[1, 2]"),
    ("not_an_object", b"12"),
    ("lone_surrogate", b'{"text": "\\ud83d alone"}'),
    ("lone_surrogate", b'{"text": "\\ude00 alone"}'),
    ("duplicate_key", b'{"text": "one", "text": "two"}'),
    ("duplicate_key", b'{"text": "one", "more": {"a": 1, "a": 2}}'),
    ("duplicate_key", b'{"text" : "one", "text" : "two"}'),
    ("no_text", b'{"title": "only a title"}'),
    ("no_text", b'{"text": "  "}'),
    ("no_text", b"{}"),
    ("field_type", b'{"text": 5}'),
    ("field_type", b'{"text": "t", "title": ["a", "list"]}'),
    ("field_type", b'{"text": "t", "published": true}'),
    ("field_type", b'{"text": "t", "x": ' + b"[" * 400 + b"]" * 400 + b"}"),
    ("duplicate_key", b'{"text": "a \\u0022 \\u0022", "text": "b"}'),
    ("duplicate_key", b'{"text": "a\\\\", "text": "b \\" \\" c"}'),
    ("line_too_long", b'{"text": "' + b"x" * 3000 + b'"}'),
]


@pytest.mark.parametrize(("reason", "line"), LINE_CASES)
def test_a_line_costs_only_itself(reason: str, line: bytes, tmp_path: Path) -> None:
    good = b'{"text": "The river rose."}\n'
    data = good + line + b"\n" + good.replace(b"rose", b"fell")
    reading = read_bytes(tmp_path / "landing", data, max_document_bytes=2000)
    (rejection,) = reading.rejections
    assert (rejection.reason, rejection.source_locator) == (reason, "line 2")
    assert payload(rejection).rstrip(b"\n") == line
    assert "line 2" in rejection.detail
    assert reading.texts == ["The river rose.", "The river fell."]
    assert [d["source_locator"] for d in reading.documents] == ["line 1", "line 3"]


def test_a_long_line_of_an_archive_keeps_the_archive(tmp_path: Path) -> None:
    line = b'{"text": "' + b"x" * 3000 + b'"}\n'
    data = gzip.compress(line + b'{"text": "short"}\n')
    reading = read_bytes(tmp_path / "landing", data, max_document_bytes=2000)
    (rejection,) = reading.rejections
    assert (rejection.reason, rejection.byte_count) == ("line_too_long", len(line))
    assert payload(rejection) == data
    assert reading.texts == ["short"]


def test_a_long_line_is_left_where_it_lies(tmp_path: Path) -> None:
    data = b'{"text": "a"}\n' + b'{"text": "' + b"x" * 3000 + b'"}\n'
    (rejection,) = read_bytes(tmp_path / "landing", data, max_document_bytes=2000).rejections
    assert rejection.payload == FileSlice(tmp_path / "landing" / "input", 14, len(data) - 14)


PAGE = b"<html><body><p>" + TEXT * 4 + b"</p></body></html>"
RECORD_CASES: list[tuple[str, bytes]] = [
    ("http_status", warc(PAGE, status="503 Service Unavailable")),
    ("corrupt_warc", warc(PAGE).replace(b"Content-Length: 3", b"Content-Length: 9")),
    ("corrupt_warc", warc(PAGE).replace(b"WARC/1.0", b"XARC/1.0")),
    ("corrupt_warc", warc(PAGE).replace(b"Content-Length", b"Content-Lenght")),
    ("warc_digest", warc(PAGE, extra="WARC-Block-Digest: sha1:" + "A" * 32 + "\r\n")),
    ("binary_file", warc(bytes(range(256)) * 4)),
    ("document_too_large", warc(b"<p>" + b"x" * 9000)),
    (
        "document_too_large",
        warc(zlib.compress(bytes(100_000)), "text/html\r\nContent-Encoding: deflate"),
    ),
]


@pytest.mark.parametrize(("reason", "record"), RECORD_CASES)
def test_a_record_costs_only_itself(reason: str, record: bytes, tmp_path: Path) -> None:
    data = warc(PAGE) + record + warc(PAGE.replace(b"rose", b"fell"))
    reading = read_bytes(tmp_path / "landing", data, max_document_bytes=5000)
    (rejection,) = reading.rejections
    assert (rejection.reason, rejection.source_locator) == (reason, "record 2")
    assert payload(rejection) == record
    assert [d["source_locator"] for d in reading.documents] == ["record 1", "record 3"]


def test_a_cut_warc_keeps_what_is_whole(tmp_path: Path) -> None:
    data = warc(PAGE) + warc(PAGE)[:-30]
    reading = read_bytes(tmp_path / "landing", data)
    assert (len(reading.documents), reading.reasons) == (1, ["corrupt_warc"])
    assert payload(reading.rejections[0]) == warc(PAGE)[:-30]


def test_a_rotten_row_group_costs_only_itself(tmp_path: Path) -> None:
    out = io.BytesIO()
    words = [f"The river rose {n} times." for n in range(30)]
    pq.write_table(
        pa.table({"text": words}),
        out,
        row_group_size=10,
        write_page_checksum=True,
        use_dictionary=False,
        compression="none",
    )
    data = out.getvalue()
    reading = read_bytes(tmp_path / "landing", flipped(data, data.index(b"rose 15")))
    assert reading.reasons == ["corrupt_parquet"]
    assert reading.rejections[0].source_locator == "rows 11-20"
    assert reading.texts == words[:10] + words[20:]


def test_a_parquet_bomb_is_not_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    texts = ["x" * 2_000_000] * 20
    pq.write_table(pa.table({"text": texts}), out, compression="zstd", use_dictionary=False)
    reading = read_bytes(tmp_path / "landing", out.getvalue())
    assert (reading.reasons, reading.documents) == (["expansion_bomb"], [])


def test_a_warc_of_rubbish_ends_in_bounded_time(tmp_path: Path) -> None:
    data = warc(PAGE) + b"WARC/1.0\r\n" * 100_000
    reading = read_bytes(tmp_path / "landing", data)
    assert len(reading.documents) == 1
    assert set(reading.reasons) == {"corrupt_warc"}
    assert len(reading.rejections) <= 1001
    assert b"".join(payload(r) for r in reading.rejections) == data[len(warc(PAGE)) :]


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (link, "link"),
        (lambda path: path.symlink_to(path.parent), "link"),
        (lambda path: path.symlink_to("missing"), "link"),
        (os.mkfifo, "pipe"),
    ],
)
def test_only_regular_files_are_read(
    make: Callable[[Path], None], word: str, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    make(landing / "odd")
    (landing / "sound").write_bytes(TEXT)
    reading = read(landing)
    (rejection,) = reading.rejections
    assert (rejection.reason, rejection.payload) == ("not_a_regular_file", b"")
    assert word in rejection.detail
    assert len(reading.documents) == 1


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux")
def test_a_file_that_cannot_be_read_is_named() -> None:
    # A regular file by its mode, whose first byte cannot be read: what a bad disk looks like.
    reading = read(Path("/proc/self/mem"))
    assert (reading.reasons, reading.inputs) == (["unreadable"], [])
    assert "error" in reading.rejections[0].detail.lower()


def test_every_reason_has_a_case() -> None:
    elsewhere = {"not_a_regular_file", "unreadable", "html_memory", "other_format"}
    shown = {case[1] for case in WHOLE} | {case[0] for case in [*LINE_CASES, *RECORD_CASES]}
    assert shown | elsewhere == set(REASONS)
