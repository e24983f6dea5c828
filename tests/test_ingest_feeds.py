"""Feeds as publishers write them: which element is the article, and what an address means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from landing_zone import read_bytes

RSS = (
    '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
    "<channel><link>https://news.example/</link><item>{}</item></channel></rss>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://www.w3.org/1999/xhtml"'
    ' xml:base="https://news.example/"><entry xml:base="local/">{}</entry></feed>'
)
STORY = "<title>Flood</title><description>The river rose.</description>"
ENTRY = "<title>Flood</title><content>The river rose.</content>"
PAGE = "https://news.example/1"

Case = tuple[str, str, dict[str, Any]]
CASES: list[Case] = [
    # Pictures, their titles and captions are not the article, wherever they stand.
    (RSS, STORY + "<media:content><media:credit>Photo: A</media:credit></media:content>", {}),
    (RSS, "<media:title>P</media:title><media:description>C</media:description>" + STORY, {}),
    (RSS, STORY + "<media:group><media:title>P</media:title></media:group>", {}),
    # Markup that is not escaped.
    (RSS, "<title>Flood</title><description>The <b>river</b> rose.</description>", {}),
    (RSS, "<title>Flood</title><description>3 &lt; <i>4</i></description>", {"raw_text": "3 < 4"}),
    (RSS, STORY.replace("Flood", "A <i>B</i> c"), {"given_headline": "A B c"}),
    (RSS, STORY.replace("Flood", "A &lt;i&gt;B&lt;/i&gt;"), {"given_headline": "A B"}),
    (
        ATOM,
        '<title>Flood</title><content type="xhtml"><x:div><x:p>One.</x:p><x:p>Two.</x:p>'
        "<x:script>track()</x:script></x:div></content>",
        {"raw_text": "One.\nTwo."},
    ),
    # Addresses.
    (RSS, STORY + "<link>/1</link>", {"url": PAGE, "site": "news.example"}),
    (RSS, STORY + "<link>//other.example/1</link>", {"url": "https://other.example/1"}),
    (RSS, STORY + f"<guid>{PAGE}</guid>", {"url": PAGE}),
    (RSS, STORY + f"<guid>{PAGE}x</guid><link>{PAGE}</link>", {"url": PAGE}),
    (RSS, STORY + f'<guid isPermaLink="false">{PAGE}</guid>', {"url": None}),
    (RSS, STORY + "<guid>12</guid><link>https://[bad/</link>", {"url": "https://[bad/"}),
    (ATOM, ENTRY + '<link href="1.html"/>', {"url": "https://news.example/local/1.html"}),
    (
        ATOM,
        ENTRY
        + f'<link rel="alternate" type="application/json" href="{PAGE}.json"/>'
        + f'<link rel="alternate" type="text/html" href="{PAGE}"/>',
        {"url": PAGE},
    ),
    # People and sources.
    (RSS, STORY + "<author>desk@news.example (Ida Moor)</author>", {"given_byline": "Ida Moor"}),
    (
        RSS,
        STORY + "<dc:creator>Ida Moor</dc:creator><itunes:author>Ida Moor</itunes:author>",
        {"given_byline": "Ida Moor"},
    ),
    (
        ATOM,
        ENTRY + "<source><id>urn:1</id><title>Wire</title><updated>2020</updated></source>",
        {"site": "wire"},
    ),
]


@pytest.mark.parametrize(("whole", "inside", "expected"), CASES)
def test_an_entry(whole: str, inside: str, expected: dict[str, Any], tmp_path: Path) -> None:
    (row,) = read_bytes(tmp_path / "landing", whole.format(inside).encode()).documents
    wanted = {"given_headline": "Flood", "raw_text": "The river rose."} | expected
    assert {name: row[name] for name in wanted} == wanted


def test_what_belongs_to_a_picture_is_kept(tmp_path: Path) -> None:
    inside = STORY + "<media:description>The bridge.</media:description>"
    (row,) = read_bytes(tmp_path / "landing", RSS.format(inside).encode()).documents
    assert json.loads(row["extra"]) == {"media_description": "The bridge."}


def test_a_bare_ampersand_is_one(tmp_path: Path) -> None:
    link = "<link><![CDATA[https://news.example/?a=1&b=2]]></link>"
    inside = STORY.replace("Flood", "Fish & chips &amp; &#38; &eacute;") + link
    (row,) = read_bytes(tmp_path / "landing", RSS.format(inside).encode()).documents
    assert row["given_headline"] == "Fish & chips & & é"
    assert (row["url"], row["text_flags"]) == ("https://news.example/?a=1&b=2", "xml_repaired")
