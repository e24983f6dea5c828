"""For any bytes in: documents and rejections out, nothing lost, no exception.

`COPYDESK_FUZZ_EXAMPLES=5000 pytest tests/test_ingest_properties.py` looks for longer.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing_zone import Reading, payload, read_bytes

from pipelines.ingest import REASONS
from pipelines.ingest.block_text import block_text
from pipelines.ingest.encoding import decode, decode_narrow, decode_page
from pipelines.ingest.fields import ALIASES, FieldTypeError
from pipelines.ingest.fields import given as given_fields
from pipelines.ingest.moments import moment
from pipelines.ingest.page_shape import shallow
from pipelines.ingest.sites import site_of_name, site_of_url
from pipelines.ingest.sniff import sniff
from pipelines.ingest.unpack import DamagedError, packing, unpack

EXAMPLES = int(os.environ.get("COPYDESK_FUZZ_EXAMPLES", "150"))
THOROUGH = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
LINE = b'{"url": "https://a.example/1", "text": "The river rose.", "date": "2025-04-08"}\n'
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>T</title><link>https://a.'
    b"example/1</link><description>The river rose.</description></item></channel></rss>"
)
RECORD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.example/1\r\nContent-Length: 38"
    b"\r\n\r\nHTTP/1.1 404 No\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n\r\n"
)


def parquet() -> bytes:
    out = io.BytesIO()
    table = pa.table({"text": ["The river rose.", "It fell."], "n": [1, 2]})
    pq.write_table(table, out, write_page_checksum=True)
    return out.getvalue()


SOUND = {
    "txt": b"The river rose by two metres.\n" * 3,
    "jsonl": LINE * 4,
    "feed": FEED,
    "warc": RECORD * 3,
    "parquet": parquet(),
    "gzip": gzip.compress(LINE * 4, mtime=0),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress(LINE * 4),
}


def reading_of(data: bytes) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        reading = read_bytes(Path(folder) / "landing", data, max_document_bytes=50_000)
        for rejection in reading.rejections:
            assert payload(rejection) in (data, b"") or rejection.source_locator
        return reading


def check(data: bytes) -> Reading:
    """The ledger of one file balances, and every row can be stored."""
    reading = reading_of(data)
    (file,) = reading.inputs
    assert file.byte_count == len(data)
    assert file.document_count == len(reading.documents)
    assert file.rejected_count == len(reading.rejections)
    assert set(reading.reasons) <= set(REASONS)
    for document in reading.documents:
        assert document["raw_text"].strip()
        document["raw_text"].encode("utf-8")
        assert document["extra"] is None or json.loads(document["extra"])
    return reading


def no_page(data: bytes) -> bytes:
    """Bytes that start no page: those have worker processes and tests of their own."""
    return data if sniff(data) != "html" else b"no page " + data.replace(b"<", b"(")


@THOROUGH
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    reading = check(no_page(data))
    assert len(reading.documents) + len(reading.rejections) >= 1


@THOROUGH
@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-8-sig"]))
def test_any_text_file_keeps_its_text(text: str, encoding: str) -> None:
    if sniff(text.encode("utf-16")) != "txt":
        return
    reading = check(text.encode(encoding))
    is_sure = encoding != "utf-8" or not ("\0" in text or text.startswith("\ufeff"))
    for document in reading.documents:
        assert document["raw_text"] == text or not is_sure
    assert reading.reasons in ([], ["empty_text"], ["empty_file"]) or "utf-8" in encoding


CHEAP = [kind for kind in SOUND if kind != "parquet"]
"""What is read in this process: Parquet has one of its own, which takes a quarter of a second."""


@pytest.mark.parametrize("kind", CHEAP)
@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(st.data())
def test_one_wrong_byte_is_never_an_exception(kind: str, data: st.DataObject) -> None:
    check_one_wrong_byte(kind, data)


@settings(max_examples=EXAMPLES // 10, deadline=None)
@given(st.data())
def test_one_wrong_byte_of_parquet_is_never_an_exception(data: st.DataObject) -> None:
    check_one_wrong_byte("parquet", data)


def check_one_wrong_byte(kind: str, data: st.DataObject) -> None:
    sound = SOUND[kind]
    place = data.draw(st.integers(0, len(sound) - 1))
    byte = data.draw(st.integers(0, 255))
    check(no_page(sound[:place] + bytes([byte]) + sound[place + 1 :]))


@pytest.mark.parametrize("kind", CHEAP)
@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(st.data())
def test_a_cut_file_never_gives_a_cut_document(kind: str, data: st.DataObject) -> None:
    check_a_cut_file(kind, data)


@settings(max_examples=EXAMPLES // 10, deadline=None)
@given(st.data())
def test_a_cut_parquet_file_never_gives_a_cut_document(data: st.DataObject) -> None:
    check_a_cut_file("parquet", data)


def check_a_cut_file(kind: str, data: st.DataObject) -> None:
    whole = {d["content_sha256"] for d in check(SOUND[kind]).documents}
    cut = SOUND[kind][: data.draw(st.integers(1, len(SOUND[kind]) - 1))]
    if kind == "txt":
        return  # nothing in a text says where it ends: that is what the settle rule is for
    reading = check(no_page(cut))
    if kind in ("gzip", "zstd") and packing(cut):
        assert reading.documents == []
        assert len(reading.rejections) == 1
    elif reading.documents and reading.documents[0]["source_format"] == kind:
        assert {d["content_sha256"] for d in reading.documents} <= whole


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_every_flipped_bit_of_an_archive_is_found(kind: str) -> None:
    archive = SOUND[kind]
    unnoticed = []
    for bit in range(len(archive) * 8):
        data = bytearray(archive)
        data[bit // 8] ^= 1 << bit % 8
        if packing(bytes(data)) is None:
            continue  # no archive any more: read as what it looks like
        try:
            plain = b"".join(unpack(io.BytesIO(data), kind, len(data), 200, 10**9))
        except DamagedError:
            continue
        if plain != LINE * 4:
            unnoticed.append(bit)
    assert unnoticed == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    sorted(
        {names[0] for names in ALIASES.values()} | {"body", "source", "metadata", "content", "x"}
    )
)


@THOROUGH
@given(st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=6))
def test_any_record_is_read_or_refused(record: dict[str, Any]) -> None:
    try:
        found = given_fields(record)
    except FieldTypeError:
        return
    assert found.extra is None or isinstance(orjson.loads(found.extra), dict)


@THOROUGH
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=4), min_size=1, max_size=5))
def test_each_line_is_counted_once(records: list[dict[str, Any]]) -> None:
    plain = [
        {k: v for k, v in record.items() if k not in ("html", "content")} for record in records
    ]
    lines = [orjson.dumps(record).replace(b"<", b"(") for record in plain]
    reading = check(LINE + b"\n".join(lines))
    assert len(reading.documents) + len(reading.rejections) == len(lines) + 1


@THOROUGH
@given(st.binary(max_size=400))
def test_bytes_always_decode_or_are_binary(data: bytes) -> None:
    assert isinstance(decode_narrow(data).text, str)
    for decoded in (decode(data), decode_page(data), decode_page(data, "windows-1251")):
        if decoded is not None:
            decoded.text.encode("utf-8")


MARKUP = st.text("<>/!-&;'\" abdipsvcrt=\0\n\u00e9#x1", max_size=200)


@THOROUGH
@given(MARKUP)
def test_markup_never_fails_and_text_stays(markup: str) -> None:
    lines = block_text(markup).split("\n")
    assert all(line == line.strip(" ") for line in lines)
    assert block_text(shallow(markup)).split() == block_text(markup).split()


@THOROUGH
@given(JSON | st.text("0123456789-/:TZ+. ,", max_size=30))
def test_any_value_is_a_time_or_none(value: Any) -> None:
    found = moment(value)
    assert found is None or found.precision in ("day", "second")


@THOROUGH
@given(st.text(max_size=40))
def test_any_name_has_a_site_or_none(name: str) -> None:
    for found in (site_of_name(name), site_of_url(name), site_of_url("https://" + name)):
        assert found is None or found == found.lower()
