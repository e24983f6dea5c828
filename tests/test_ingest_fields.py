"""Dates, sites, fields and flags: what a record and its text are taken to say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from landing_zone import read_bytes

from pipelines.ingest.fields import ALIASES, CONTAINERS, given
from pipelines.ingest.flags import FLAGS, with_text_flags
from pipelines.ingest.moments import moment
from pipelines.ingest.sites import site_of_name, site_of_url


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
        ("Tue, 08 Apr 2025 10:00:00", "2025-04-08T10:00:00", "second"),
        ("Tue, 08 Apr 2025 10:00:00 BST", "2025-04-08T09:00:00", "second"),
        ("Tue, 08 Apr 2025 10:00:00 CEST", "2025-04-08T08:00:00", "second"),
        ("Tue, 08 Apr 2025 10:00:00 -03:30", "2025-04-08T13:30:00", "second"),
        ("Tuesday, 8 April 2025 10:00 EST", "2025-04-08T15:00:00", "second"),
        ("Tue, 08 Apr 25 10:00:00 GMT", "2025-04-08T10:00:00", "second"),
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
        *("Tue, 08 Apr 2025 10:00:00 IST", "Tue, 08 Foo 2025 10:00:00 GMT"),
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
    "language": ("EN_gb", "en-GB"),
}


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("content", "<p>One.</p><p>Two &amp; three.</p>", "One.\nTwo & three."),
        ("html", "<div>Short</div>", "Short"),
        ("html", "&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "One.\nTwo."),
        ("html", "&lt;br&gt;", "<br>"),
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


@pytest.mark.parametrize(("column", "aliases"), ALIASES.items())
def test_a_list_of_one_value_is_the_value(column: str, aliases: tuple[str, ...]) -> None:
    value, expected = VALUES[column]
    assert getattr(given({aliases[0]: [value]}), column) == expected
    for empty in ([], {}):
        found = given({aliases[0]: empty})
        assert getattr(found, column) is None and not found.has_unread_date
        assert json.loads(found.extra or "") == {aliases[0]: empty}


@pytest.mark.parametrize(
    ("record", "url", "site", "extra"),
    [
        ({"source": "https://www.a.example/x"}, "https://www.a.example/x", "a.example", None),
        (
            {"source": "https://a.example/x", "hostname": "b.example"},
            "https://a.example/x",
            "b.example",
            None,
        ),
        ({"source": "https://a.example/"}, None, "a.example", None),
        (
            {"source": "https://a.example/x", "url": "https://b.example/y"},
            "https://b.example/y",
            "a.example",
            None,
        ),
    ],
)
def test_a_source_that_is_the_address_of_a_page(
    record: dict[str, Any], url: str | None, site: str, extra: str | None
) -> None:
    found = given(record)
    assert (found.url, found.site, found.extra) == (url, site, extra)


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


def test_a_post_as_wordpress_serves_it(tmp_path: Path) -> None:
    post = {
        "id": 812,
        "date": "2025-04-08T10:00:00",
        "link": "https://kelmarpost.example/fog/",
        "title": {"rendered": "Fog in Kelmar&#8217;s harbour"},
        "content": {"rendered": "<p>The ferry lay to for an hour.</p>", "protected": False},
        "author": 4,
        "categories": [7, 12],
    }
    (document,) = read_bytes(tmp_path, json.dumps(post).encode() + b"\n").documents
    assert document["given_headline"] == "Fog in Kelmar\N{RIGHT SINGLE QUOTATION MARK}s harbour"
    assert document["raw_text"] == "The ferry lay to for an hour."
    assert document["url"] == "https://kelmarpost.example/fog/"
    assert (document["given_byline"], document["given_section"]) == (None, None)
    assert json.loads(document["extra"])["author"] == 4


def test_a_refusal_names_the_nan_of_pandas(tmp_path: Path) -> None:
    data = b'{"text": "The ferry lay to.", "author": NaN}\n{"text": "NaN", x}\n'
    refused = read_bytes(tmp_path, data).rejections
    assert ["JSON has no NaN, write null" in it.detail for it in refused] == [True, False]
