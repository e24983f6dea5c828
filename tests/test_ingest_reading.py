"""Encodings, dates, sites, fields and flags: what delivered bytes are taken to say."""

from __future__ import annotations

import codecs
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from landing_zone import payload, read_bytes

from pipelines.ingest.encoding import decode, decode_page
from pipelines.ingest.fields import ALIASES, CONTAINERS, given
from pipelines.ingest.flags import FLAGS, with_text_flags
from pipelines.ingest.moments import moment
from pipelines.ingest.sites import site_of_name, site_of_url
from pipelines.ingest.sniff import sniff

NEWS = "Der Fluß stieg über Nacht um zwei Meter – „schlimm“, sagte Herr Åkesson.\r\n\r\nEnde.\n"
RUSSIAN = "Мэр сказал, что вода в реке поднялась на два метра за ночь.\nКонец.\n"


@pytest.mark.parametrize("text", [NEWS, RUSSIAN], ids=["german", "russian"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_with_and_without_a_mark(
    mark: bytes, encoding: str, text: str, tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", mark + text.encode(encoding))
    assert reading.texts == [text]
    assert reading.documents[0]["text_flags"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("has_mark", [True, False])
def test_lines_of_any_unicode(encoding: str, has_mark: bool, tmp_path: Path) -> None:
    if encoding == "utf-32-le" and not has_mark:
        pytest.skip("UTF-32 without a mark is not looked for")
    lines = ['{"text": "Ċ one ਊ"}', "", '{"text": "cut', '{"text": "two\\n"}\r', "[]"]
    data = ("\ufeff" * has_mark + "\n".join(lines)).encode(encoding)
    reading = read_bytes(tmp_path / "landing", data)
    assert reading.texts == ["Ċ one ਊ", "two\n"]
    assert [d["source_locator"] for d in reading.documents] == ["line 1", "line 4"]
    assert [payload(r).decode(encoding) for r in reading.rejections] == ['{"text": "cut', "[]"]
    start = data.index('{"text": "cut'.encode(encoding))
    assert f"at byte {start}:" in reading.rejections[0].detail


@pytest.mark.parametrize(
    ("text", "texts", "reasons"),
    [
        ('[{"text": "one"}, {"text": "two"}]', ["one", "two"], []),
        ('[\n  {"text": "one"},\n  {"text": "two"}\n]\n', ["one", "two"], []),
        ('{\n  "title": "t",\n  "text": "one"\n}\n', ["one"], []),
        ('[{"text": "one"}, 5]', ["one"], ["not_an_object"]),
        ('[{"text": "one"}, {"text": "cut', [], ["invalid_json"]),
        ('[{"text": "one", "text": "two"}]', [], ["duplicate_key"]),
        ("[]", [], []),
        ("[A note] in brackets.\n", ["[A note] in brackets.\n"], []),
        ("{A note} in braces.\n", ["{A note} in braces.\n"], []),
        ('{"text": "one"}\nbroken\nbroken\n', ["one"], ["invalid_json"] * 2),
    ],
)
def test_json_that_is_no_json_lines(
    text: str, texts: list[str], reasons: list[str], tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", text.encode())
    assert (reading.texts, reading.reasons) == (texts, reasons)


@pytest.mark.parametrize(
    ("data", "text", "flag"),
    [
        ("naïve café\n".encode("latin-1"), "naïve café\n", "legacy_encoding"),
        ("“curly” – dash\n".encode("cp1252"), "“curly” – dash\n", "legacy_encoding"),
        (b"caf\xe9 \x81\n", "café \x81\n", "legacy_encoding,control"),
        ("é".encode() * 9 + b" caf\xe9\n", "é" * 9 + " café\n", "mixed_encoding"),
        (("é" * 9).encode()[:-1], "é" * 8 + "Ã", "mixed_encoding"),
        (b"NUL\0 kept in a longer text\n", "NUL\0 kept in a longer text\n", "nul"),
    ],
)
def test_other_bytes_are_read_and_flagged(
    data: bytes, text: str, flag: str, tmp_path: Path
) -> None:
    (row,) = read_bytes(tmp_path / "landing", data).documents
    assert (row["raw_text"], row["text_flags"]) == (text, flag)


@pytest.mark.parametrize(
    ("head", "data", "declared", "text"),
    [
        ('<meta charset="windows-1251">', RUSSIAN.encode("cp1251"), None, RUSSIAN),
        ("", RUSSIAN.encode("koi8-r"), "KOI8-R", RUSSIAN),
        ("<meta charset=gb2312>", "新闻".encode("gb18030"), None, "新闻"),
        ("<meta charset=iso-8859-1>", "“x”".encode("cp1252"), None, "“x”"),
        ("<meta charset=windows-1251>", RUSSIAN.encode(), None, RUSSIAN),
        ("<meta charset=unicode_escape>", b"\\x41 \xe9", None, "\\x41 é"),
        ("<meta charset=shift_jis>", b"\xff\xfe\xfd", None, None),
    ],
)
def test_a_page_says_how_it_is_written(
    head: str, data: bytes, declared: str | None, text: str | None
) -> None:
    decoded = decode_page(head.encode() + data, declared)
    assert decoded is not None
    assert decoded.text.endswith(text or "")


@pytest.mark.parametrize("text", ["新闻新闻新闻", RUSSIAN])
def test_cut_utf_16_is_no_text(text: str) -> None:
    assert decode(text.encode("utf-16")[:-1]) is None


def test_a_mark_of_utf_16_before_a_nul_is_not_one_of_utf_32() -> None:
    assert decode("\0news".encode("utf-16")) == ("\0news", "utf-16-le", ())


def test_binary_is_no_text() -> None:
    assert decode(bytes(range(256)) * 3) is None


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("value", "at", "precision"),
    [
        ("2025-04-08", "2025-04-08", "day"),
        ("20250408", "2025-04-08", "day"),
        (20250408, "2025-04-08", "day"),
        ("٢٠٢٥-٠٤-٠٨", "2025-04-08", "day"),
        ("2025/04/08", "2025-04-08", "day"),
        ("2025-04-08T10:00:00Z", "2025-04-08T10:00:00", "second"),
        ("2025-04-08 10:00", "2025-04-08T10:00:00", "second"),
        ("2025-04-08T10:00:00+02:00", "2025-04-08T08:00:00", "second"),
        ("2025-04-08T10:00:00.123456789+0200", "2025-04-08T08:00:00.123456", "second"),
        ("2025-04-08 10:00:00 UTC", "2025-04-08T10:00:00", "second"),
        ("20250408100000", "2025-04-08T10:00:00", "second"),
        ("Tue, 08 Apr 2025 10:00:00 +0200", "2025-04-08T08:00:00", "second"),
        ("Tue, 08 Apr 2025 10:00:00 GMT", "2025-04-08T10:00:00", "second"),
        ("April 8, 2025", "2025-04-08", "day"),
        ("8 Apr 2025", "2025-04-08", "day"),
        ("Sept. 8, 2025", "2025-09-08", "day"),
        (1744106400, "2025-04-08T10:00:00", "second"),
        (1744106400.5, "2025-04-08T10:00:00.500000", "second"),
        ("1744106400000", "2025-04-08T10:00:00", "second"),
        (1744106400000000, "2025-04-08T10:00:00", "second"),
        (datetime(2025, 4, 8, 10, tzinfo=UTC), "2025-04-08T10:00:00", "second"),
        (datetime(2025, 4, 8).date(), "2025-04-08", "day"),
    ],
)
def test_a_date_that_says_one_thing(value: Any, at: str, precision: str) -> None:
    assert moment(value) == (micros(at), precision)


@pytest.mark.parametrize(
    "value",
    [
        *("04/05/2025", "08.04.2025", "2025-W15-2", "2025-02-30", "2025-4-8", "yesterday", ""),
        *("2025-04-08T25:00:00", "0001-01-01T00:00:00+14:00", "99999999999999999999"),
        *(0, -1, 5, 1e300, float("nan"), float("inf"), True, None, [], {}),
    ],
)
def test_a_date_that_does_not(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("HTTPS://News.Harbour-Post.Example:8080/x", "harbour-post.example"),
        ("https://user:pw@a.b.example/", "b.example"),
        ("https://one.blogspot.com/", "one.blogspot.com"),
        ("https://münchen.example/", "münchen.example"),
        ("http://192.168.0.1/x", "192.168.0.1"),
        ("http://[::1]/x", "[::1]"),
        ("http://localhost/x", "localhost"),
        ("//cdn.example/x", "cdn.example"),
        ("https://good.example\\@evil.example/", "good.example"),
        ("ftp://a.example", None),
        ("no address", None),
        ("", None),
    ],
)
def test_site_of_an_address(url: str, site: str | None) -> None:
    assert site_of_url(url) == site


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("www.BBC.co.uk", "bbc.co.uk"),
        ("BBC News", "bbc news"),
        ("https://a.example/x", "a.example"),
    ],
)
def test_site_of_a_name(name: str, site: str) -> None:
    assert site_of_name(name) == site


VALUES: dict[str, tuple[Any, Any]] = {
    "text": ("The river rose.", "The river rose."),
    "html": ("<p>x</p>", "<p>x</p>"),
    "url": ("https://a.example/x", "https://a.example/x"),
    "site": ("a.example", "a.example"),
    "headline": (" River rises ", "River rises"),
    "byline": ([{"name": "Ida Moor"}, "Ole Berg"], "Ida Moor, Ole Berg"),
    "published": ("2025-04-08", (micros("2025-04-08"), "day")),
    "retrieved": ("2025-04-08", (micros("2025-04-08"), "day")),
    "section": (["Local", "Weather"], "Local, Weather"),
    "language": ("EN_gb", "en-gb"),
}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("content", "<p>One.</p><p>Two &amp; three.</p>", "One.\nTwo & three."),
        ("html", "<div>Short</div>", "Short"),
        ("content", "Plain: 3 < 4 and <b>so on</b>", "Plain: 3 < 4 and <b>so on</b>"),
        ("content", "<3 this", "<3 this"),
    ],
)
def test_markup_in_a_field(field: str, value: str, text: str, tmp_path: Path) -> None:
    data = json.dumps({field: value}).encode()
    assert read_bytes(tmp_path / "landing", data).texts == [text]


def test_a_page_beside_its_text_is_noted(tmp_path: Path) -> None:
    (row,) = read_bytes(tmp_path / "landing", b'{"text": "t", "html": "<p>t</p>"}').documents
    assert (row["raw_text"], row["text_flags"], row["extra"]) == ("t", "unused_html", None)


@pytest.mark.parametrize(
    ("column", "alias"), [(column, alias) for column, names in ALIASES.items() for alias in names]
)
def test_every_alias(column: str, alias: str) -> None:
    value, expected = VALUES[column]
    for name in (alias, alias.upper(), alias.title()):
        assert getattr(given({name: value}), column) == expected
    inner = given({"metadata": {alias: value, "more": 1}})
    assert getattr(inner, column) == expected
    assert inner.extra is not None
    assert json.loads(inner.extra)["metadata.more"] == 1


def test_an_alias_belongs_to_one_column() -> None:
    names = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(names) == len(set(names))
    assert {name.lower() for name in names} == set(names)
    assert CONTAINERS


@pytest.mark.parametrize(
    ("record", "extra"),
    [
        ({"text": "t", "b": 1, "a": None}, {"a": None, "b": 1}),
        ({"text": "t", "title": "x", "headline": "y"}, {"headline": "y"}),
        ({"text": "t", "html": "<p>x</p>"}, None),
        ({"text": "t", "title": None, "url": ""}, None),
        ({"text": "t", "url": "/relative"}, {"url": "/relative"}),
        ({"text": "t", "date": "04/05/2025"}, {"date": "04/05/2025"}),
        ({"text": "t", "lang": "English (UK)"}, {"lang": "English (UK)"}),
        ({"text": "t", "author": {"name": "I", "id": 3}}, {"author": {"name": "I", "id": 3}}),
    ],
)
def test_what_has_no_column_is_kept(record: dict[str, Any], extra: Any) -> None:
    found = given(record).extra
    assert (found and json.loads(found)) == extra


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("A plain “line”, ünïcödé, мэр, 新闻 👍🏽.\r\n\tIndented.", None),
        ("a\0b", "nul"),
        ("a\x1b[31m", "control"),
        ("price \u202e1000", "bidi"),
        ("pass\u200bword", "zero_width"),
        ("caf\ufffd", "replacement"),
        ("cafÃ© and â€™", "mojibake"),
        ("p\u0430ypal", "homoglyph"),
        ("a\u200b\0", "nul,zero_width"),
    ],
)
def test_oddities_are_named(text: str, flags: str | None) -> None:
    found = with_text_flags(pa.array(["fine", text]), [(), ()])
    assert found.to_pylist() == [None, flags]


def test_every_flag_is_seen_by_the_first_pass() -> None:
    odd = {"nul": "\0", "control": "\x9f", "bidi": "\u2069", "zero_width": "\ufeff"}
    odd |= {"replacement": "\ufffd", "mojibake": "Ð\x9f", "homoglyph": "αb"}
    found = with_text_flags(pa.array([odd[name] for name in FLAGS]), [()] * len(FLAGS)).to_pylist()
    assert all(name in (text or "") for name, text in zip(FLAGS, found, strict=True))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A plain line.", "txt"),
        ("<3 this is no markup", "txt"),
        ("a < b > c", "txt"),
        ('{"a": 1}', "jsonl"),
        ('garbage\n{"a": 1}\n{"b": 2}\n', "jsonl"),
        ("{curly} words\nand more words\n", "txt"),
        ("<!DOCTYPE html><p>x", "html"),
        ("<!-- saved --><HTML><body>", "html"),
        ('<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "html"),
        ("Warning: x\n<!doctype html><html>", "html"),
        ("<div>a fragment</div>", "html"),
        ('<?xml version="1.0"?><!-- <html> --><rss>', "feed"),
        ("<feed xmlns='x'><title>&lt;html&gt;</title>", "feed"),
        ("<rdf:RDF xmlns:rdf='x'>", "feed"),
        ("<?xml version='1.0'?><sitemap>", "xml"),
        ("<sitemap><loc>x</loc></sitemap>", "xml"),
        ("<bob> said: hello", "txt"),
        ('[{"a": 1}]', "json"),
        ("WARC/1.0\r\n", "warc"),
        ("PAR1", "parquet"),
    ],
)
def test_sniffed_by_content(text: str, kind: str) -> None:
    assert sniff(text.encode()) == kind
    assert (
        kind in ("warc", "parquet") or sniff(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == kind
    )
