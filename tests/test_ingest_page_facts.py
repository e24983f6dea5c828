"""What a page says of itself: of several answers the one that can be read, without the site's."""

from __future__ import annotations

import pytest
from lxml import html

from pipelines.ingest.language_tags import canonical_tag
from pipelines.ingest.page_facts import page_facts, saved_from


def facts(head: str, body: str = "", linked: str = "") -> dict[str, str]:
    data = f'{{"@type": "NewsArticle", "headline": "Flood"{linked}}}'
    script = f'<script type="application/ld+json">{data}</script>' if linked else ""
    return page_facts(html.document_fromstring(f"<html><head>{head}{script}</head>{body}</html>"))


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


@pytest.mark.parametrize(
    ("title", "site", "heading", "headline"),
    [
        ("River rises | Harbour Post", "Harbour Post", "", "River rises"),
        ("River rises - harbour post", "Harbour Post", "", "River rises"),
        ("River rises again | Local | Post", "", "River rises again", "River rises again"),
        ("Rise – fall – Post", "Post", "", "Rise – fall"),
        ("Wet - dry - 2.3.2026", "", "Wet - dry", "Wet - dry"),
        ("River rises - mayor resigns", "Post", "", "River rises - mayor resigns"),
        ("River - town under water", "", "River", "River - town under water"),
        ("Post - River rises", "Post", "Post", "Post - River rises"),
        ("River rises-Post", "Post", "", "River rises-Post"),
        ("River rises | Local", "", "River rises</h1><h1>Most read", "River rises | Local"),
    ],
)
def test_a_headline_is_not_the_name_of_the_site(
    title: str, site: str, heading: str, headline: str
) -> None:
    head = meta("og:title", title) + meta("og:site_name", site)
    assert facts(head, f"<h1>{heading}</h1>")["headline"] == headline


@pytest.mark.parametrize(
    ("linked", "stated", "published"),
    [
        ("2026-03-02 18:11:01.0", "2026-03-02T18:11:01+02:00", "2026-03-02T18:11:01+02:00"),
        ("2026-03-02T18:11:01Z", "2026-03-02T18:11:01+02:00", "2026-03-02T18:11:01Z"),
        ("2026-03-02 18:11:01", "2026-03-02T16:11:01Z", "2026-03-02 18:11:01"),
        ("2026-03-02", "2026-03-02T16:11:01Z", "2026-03-02"),
        ("2. März 2026", "2026-03-02T16:11:01Z", "2026-03-02T16:11:01Z"),
    ],
)
def test_a_time_that_can_be_read_and_names_its_zone(
    linked: str, stated: str, published: str
) -> None:
    found = facts(meta("article:published_time", stated), linked=f', "datePublished": "{linked}"')
    assert found["published"] == published


@pytest.mark.parametrize(
    ("author", "byline"),
    [("i.varga@post.example", None), ("//post.example/varga", None), ("Ilse Varga", "Ilse Varga")],
)
def test_an_address_is_no_byline(author: str, byline: str | None) -> None:
    assert facts(meta("author", author)).get("byline") == byline


def test_a_country_is_no_language() -> None:
    linked = ', "inLanguage": "jp"'
    assert facts(meta("og:locale", "ja_JP"), linked=linked)["language"] == "ja_JP"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("EN_gb", "en-GB"),
        ("en", "en"),
        ("deu", "de"),
        ("ger-at", "de-AT"),
        ("zh_hans_cn", "zh-Hans-CN"),
        ("es-419", "es-419"),
        ("nds", "nds"),
        *((code, None) for code in ("jp", "cn", "gr", "cz", "dk", "kr", "und", "English", "")),
    ],
)
def test_a_language_is_written_one_way(text: str, tag: str | None) -> None:
    assert canonical_tag(text) == tag


ARTICLE = """{"@type": "NewsArticle", "headline": "Flood", "datePublished": "2026-03-02",
 "author": {"@id": "#ida"}, "description": "of
 the river"}"""  # a line break within a string, as templates leave it
PERSON = '{"@id": "#ida", "@type": "Person", "name": "Ida Moor"}'
LISTED = (
    '{"@type": "ItemList", "itemListElement":'
    ' [{"@type": "NewsArticle", "headline": "Most read", "datePublished": "2020-01-01"}]}'
)


def scripts(*blocks: str, kind: str = "application/ld+json") -> str:
    return "".join(f'<script type="{kind}">{block}</script>' for block in blocks)


@pytest.mark.parametrize(
    "head",
    [
        scripts(ARTICLE, PERSON),
        scripts(PERSON, ARTICLE, kind="Application/LD+JSON; charset=utf-8"),
        scripts(f'{{"@graph": [{LISTED}, {ARTICLE}, {PERSON}]}}'),
        scripts(LISTED, ARTICLE, PERSON),
        scripts(f"[{LISTED}, {ARTICLE}, {PERSON}]"),
        scripts(f"<!--\n{ARTICLE}\n-->", PERSON),
        scripts(f"//<![CDATA[\n{ARTICLE}\n//]]>", f"/*<![CDATA[*/{PERSON}/*]]>*/"),
    ],
)
def test_the_article_of_the_page_is_found_in_its_linked_data(head: str) -> None:
    found = facts(head, "<h1>Another heading</h1>")
    wanted = {"headline": "Flood", "published": "2026-03-02", "byline": "Ida Moor"}
    assert {name: found.get(name) for name in wanted} == wanted


PAGE = "https://news.example/1"


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (meta("og:url", PAGE), PAGE),
        (meta("og:url", "/1") + f'<link rel="canonical" href="{PAGE}">', PAGE),
        ('<link rel="canonical" href="//news.example/1">', PAGE),
        ('<base href="https://news.example/"><link rel="canonical" href="1">', PAGE),
        ('<base href="/x"><link rel="canonical" href="/1">', None),
        (meta("og:url", "https://[bad"), None),
        (meta("og:url", "app://1"), None),
    ],
)
def test_an_address_is_absolute(head: str, url: str | None) -> None:
    assert facts(head).get("url") == url


def test_of_several_authors_stated_the_first_that_is_a_name() -> None:
    head = meta("article:author", "https://social.example/ida") + meta("article:author", "Ida Moor")
    assert facts(head)["byline"] == "Ida Moor"


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (f"<!DOCTYPE html>\n<!-- saved from url=(0022){PAGE} -->\n<html>", PAGE),
        (f"<!DOCTYPE html> <html><!--\n Page saved with SingleFile \n url: {PAGE} \n", PAGE),
        (f"<html><body>saved from url=(0022){PAGE}", None),
    ],
)
def test_a_saved_page_says_from_where(page: str, url: str | None) -> None:
    assert saved_from(page) == url
