"""Pages, honest and hostile: bounded time and memory, nothing lost without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from landing_zone import read, read_bytes, settings_for

from pipelines.ingest.block_text import block_text
from pipelines.ingest.model import Draft, Page
from pipelines.ingest.page_process import LostError, PageProcess
from pipelines.ingest.page_shape import SAFE_DEPTH, shallow
from pipelines.ingest.pages import PagePool, read_pages
from pipelines.settings import HTML_EXTRACTORS, Settings, SettingsError

SENTENCE = "The river rose by two metres overnight, the mayor of the town said on Monday. "
LAST = "The last paragraph of this page stands at its very end, and must be found."
TIME_LIMIT = 10.0


def page(inside: str) -> str:
    return (
        "<!DOCTYPE html><html><head><title>A flood</title></head><body><article>"
        f"<p>{SENTENCE * 3}</p>{inside}<p>{LAST}</p></article></body></html>"
    )


def nested(tag: str, depth: int) -> str:
    return f"<{tag}>" * depth + f"<p>{SENTENCE * 2}DEEP</p>" + f"</{tag}>" * depth


HOSTILE: dict[str, Callable[[], str]] = {
    "1,000 nested divs": lambda: nested("div", 1000),
    "3,000 nested sections": lambda: nested("section", 3000),
    "100,000 nested divs": lambda: nested("div", 100_000),
    "100,000 open bs": lambda: "<b>" * 100_000 + "DEEP",
    "1,000 nested tables": lambda: nested("table><tr><td", 1000),
    "1,000 nested lists": lambda: nested("ul><li", 1000),
    "1,000 nested quotations": lambda: nested("blockquote", 1000),
    "nesting with stray ends": lambda: "<div></b></i>" * 2000 + "DEEP",
    "200,000 siblings": lambda: "<p>word</p>" * 200_000,
    "1,000,000 siblings": lambda: "<i>w</i>" * 1_000_000,
    "50,000 links": lambda: "<a href='/x'>link</a> " * 50_000,
    "one node of 12 MB": lambda: f"<p>{'word ' * 2_400_000}</p>",
    "an attribute of 12 MB": lambda: f"<p title='{'x' * 12_000_000}'>word</p>",
    "column spans": lambda: "<table>" + "<tr><td colspan=1000000000>x" * 2000 + "</table>",
    "200,000 open comments": lambda: "<!-- " * 200_000,
    "200,000 open scripts": lambda: "<script" * 200_000,
    "500,000 angle brackets": lambda: "<" * 500_000,
    "300,000 open quotes": lambda: "<a '" * 300_000,
    "1,000,000 entities": lambda: "&amp;" * 1_000_000,
    "character references": lambda: "&#x110000;&#0;&#xD800;&#99999999999;" * 10_000,
    "50,000 attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x</p>",
    "doctype entities": lambda: '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>&b;',
    "markup in the title": lambda: "<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>",
    "NULs": lambda: "\0" * 5,
    "nested forms and frames": lambda: "<form><iframe>" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_bounded_and_not_silently_lost(name: str, tmp_path: Path) -> None:
    source = page(HOSTILE[name]())
    started = time.monotonic()
    reading = read_bytes(tmp_path / "landing", source.encode(), html_timeout=TIME_LIMIT)
    assert time.monotonic() - started < 10 * TIME_LIMIT  # the limit is processor time
    if reading.rejections:
        assert reading.reasons[0] in ("html_timeout", "html_memory")
    else:
        (text,) = reading.texts
        assert "DEEP" in text or "DEEP" not in source
        assert SENTENCE.strip() in text
        assert LAST in text or "<!-- <!--" in source or "<script<script" in source


def test_the_title_stays_text(tmp_path: Path) -> None:
    source = page("").replace("A flood", "A flood &lt;script&gt;")
    (row,) = read_bytes(tmp_path / "landing", source.encode()).documents
    assert row["given_headline"] == "A flood <script>"


@pytest.mark.parametrize("extractor", HTML_EXTRACTORS)
def test_each_extractor_finds_the_article_and_what_the_page_says_of_itself(
    extractor: str, tmp_path: Path
) -> None:
    markup = page('<nav><a href="/">Home</a> <a href="/news">News</a></nav>').replace(
        "<head>", '<head><meta name="author" content="Ilse Varga">'
    )
    (row,) = read_bytes(tmp_path / "landing", markup.encode(), html_extractor=extractor).documents
    assert row["raw_text"].split("\n")[0] == (SENTENCE * 3).strip()
    assert LAST in row["raw_text"] and "Home" not in row["raw_text"]
    assert (row["given_headline"], row["given_byline"]) == ("A flood", "Ilse Varga")


@pytest.mark.parametrize(
    "name", ["100,000 nested divs", "column spans", "50,000 attributes", "NULs"]
)
def test_the_fast_extractor_is_bounded_too(name: str, tmp_path: Path) -> None:
    source = page(HOSTILE[name]()).encode()
    reading = read_bytes(tmp_path / "landing", source, html_timeout=3, html_extractor="resiliparse")
    (text,) = reading.texts
    assert SENTENCE.strip() in text and LAST in text


@pytest.mark.parametrize(
    ("name", "remedy"), [("lynx", "trafilatura or resiliparse"), ("resiliparse", "pip install")]
)
def test_an_extractor_that_cannot_be_used_is_told_with_the_remedy(
    name: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "resiliparse", raising=False)
    with pytest.raises(SettingsError, match=remedy):
        _ = Settings(html_extractor=name).page_extractor


def test_a_page_drawn_by_script_is_read_from_its_linked_data(tmp_path: Path) -> None:
    body = "\\n".join([SENTENCE.strip()] * 6)
    data = f'{{"@type": "NewsArticle", "headline": "Flood", "articleBody": "{body}"}}'
    source = f'<html><head><script type="application/ld+json">{data}</script></head><body>'
    (row,) = read_bytes(
        tmp_path / "landing", f"{source}<p>Loading</p></body></html>".encode()
    ).documents
    assert row["raw_text"].split("\n") == [SENTENCE.strip()] * 6
    assert (row["given_headline"], row["text_flags"]) == ("Flood", "linked_data")


def test_too_little_memory_is_a_reason(tmp_path: Path) -> None:
    source = page("<p>word</p>" * 10).replace("word", "word " * 2_000_000)
    reading = read_bytes(
        tmp_path / "landing", source.encode()[:15_000_000], html_memory=330_000_000
    )
    assert reading.reasons == ["html_memory"]


def test_one_bad_page_costs_only_itself(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    slow = page("<div><p>word " * 40_000)
    for number in range(6):
        text = slow if number == 2 else page(f"<p>Page number {number}.</p>")
        (landing / f"{number}.html").write_text(text, "utf-8")
    reading = read(landing, html_timeout=1.5, workers=2)
    assert [d["source_uri"][0] for d in reading.documents if "number" in d["raw_text"]] == [
        *("0", "1", "3", "4", "5")
    ]
    assert len(reading.documents) + len(reading.rejections) == 6


def test_a_worker_that_hangs_is_killed_and_one_that_died_replaced() -> None:
    process = PageProcess(1_000_000_000)
    with pytest.raises(LostError, match="html_timeout"):
        process.ask("<div><p>word " * 100_000, is_fallback=False, seconds=0.05)
    assert not process.is_alive
    before = set(children())
    process = PageProcess(1_000_000_000)
    (pid,) = set(children()) - before
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(LostError, match="html_memory"):
        process.ask("<p>word</p>", is_fallback=False, seconds=5)


def test_a_worker_does_not_outlive_a_killed_parent() -> None:
    code = (
        "from pipelines.ingest.page_process import PageProcess; p = PageProcess(10**9);"
        "print(p._process.pid, flush=True);"
        "p.ask('<div><p>word ' * 70_000, is_fallback=False, seconds=1)"
    )
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = Path(f"/proc/{int(parent.stdout.readline())}")
        time.sleep(0.5)
        parent.kill()
    assert worker.exists(), "it is busy with the page"
    deadline = time.monotonic() + 60
    while worker.exists() and "Z" not in worker.joinpath("stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_workers_see_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_CANARY", "canary-4711")
    before = set(children())
    process = PageProcess(1_000_000_000)
    try:
        (pid,) = set(children()) - before
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"canary-4711" not in environment
        assert b"PYTHONPATH" in environment
    finally:
        process.close()


def children() -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ends just now
            found += map(int, (task / "children").read_text().split())
    return found


def test_no_worker_outlives_the_run_nor_starts_without_a_page(tmp_path: Path) -> None:
    before = set(children())  # those of tests run earlier in this process
    read_bytes(tmp_path / "landing", b"No page at all.\n", "a.txt")
    assert set(children()) == before
    read_bytes(tmp_path / "landing", page("").encode(), "b.html")
    assert set(children()) == before


def test_items_keep_their_order(tmp_path: Path) -> None:
    def draft(number: int) -> Draft:
        return Draft(str(number), None, "html", None, None, None, "0", f"text {number}")

    items = [
        Page(draft(n), page(f"<p>Page {n}.</p>"), b"", 0) if n % 3 else draft(n) for n in range(40)
    ]
    with PagePool(settings_for(tmp_path, workers=2)) as pool:
        found = list(read_pages(items, pool))
    assert [item.source_uri for item in found if isinstance(item, Draft)] == list(
        map(str, range(40))
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One<p>Two", "One\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<b>bold</b>ly &amp; <i>so</i>", "boldly & so"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<script>x<p>y</script>z", "z"),
        ("<SCRIPT >x</sCript >z", "z"),
        ("<script>never closed", "never closed"),
        ("<!-- a --> b <!-- never closed", "b never closed"),
        ('<a title="a > b">c</a>', "c"),
        ("<a title='it\">s'>c</a>", "c"),
        ('<a title="never closed>c</a> d <p class="x">e', "c d\ne"),
        ("<p never ended", "never ended"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a <", "a <"),
        ("&lt;p&gt; &#65; &#xD800;", "<p> A \ufffd"),
        ("  many \n\t spaces  <p>  ", "many spaces"),
        ("", ""),
    ],
)
def test_blocks_become_lines(markup: str, text: str) -> None:
    assert block_text(markup) == text


@pytest.mark.parametrize("tag", ["div", "b", "table"])
@pytest.mark.parametrize("depth", [1, SAFE_DEPTH, SAFE_DEPTH + 1, 5000])
def test_a_page_made_shallow_keeps_its_text(tag: str, depth: int) -> None:
    source = f"<{tag}>" * depth + "text" + f"</{tag}>" * depth
    flat = shallow(source)
    assert block_text(flat) == "text"
    assert flat.count(f"<{tag}>") == flat.count(f"</{tag}>") == min(depth, SAFE_DEPTH)
