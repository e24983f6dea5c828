"""The morning page in a real browser: offline, inert, accessible, and usable by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import Browser, find_browser
from hostile_titles import HOSTILE
from published_fixture import SITES, Fault, Plan, build
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from pipelines import dashboard, warehouse
from pipelines.dashboard.page import Panels
from pipelines.settings import Settings

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
FAULTS = (
    Fault(SITES[0], "stripped"),
    Fault(SITES[2], "silent"),
    Fault(SITES[3], "check"),
    Fault(SITES[4], "footer"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from find_browser()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


def rows_of(plan: Plan, folder: Path) -> Panels:
    with warehouse.closing(build(plan, Settings(home=folder))) as con:
        con.execute("set search_path = 'marts'")
        return dashboard.panels(con)


@pytest.fixture(scope="module")
def rows(folder: Path) -> Panels:
    return rows_of(Plan(faults=FAULTS), folder)


def write(folder: Path, name: str, rows: Panels) -> Path:
    path = folder / name
    path.write_text(dashboard.html(rows, NOW), "utf-8")
    return path


@pytest.fixture(scope="module")
def page(folder: Path, rows: Panels) -> Path:
    return write(folder, "faults.html", rows)


@pytest.fixture(scope="module")
def hostile_page(folder: Path, rows: Panels) -> Path:
    """Every hostile title in every place where a page shows what strangers wrote."""
    one = {name: given[0] for name, given in rows.items() if given}
    line = {"line_break": "\n", "kind": "byline", "score": 0.9}
    cut = [
        line | {"start_char": 0, "end_char": len(it), "line_text": it, "rule_id": it}
        for it in HOSTILE
    ]
    sites = [one["sites"] | {"site": it} for it in HOSTILE]
    everywhere = dict(rows) | {
        "stories": [one["stories"] | {"headline": it, "sites": [it]} for it in HOSTILE],
        "sites": sites,
        "site_map": [one["site_map"] | {"site": it, "lens": it} for it in HOSTILE],
        "findings": [one["findings"] | {"site": it} for it in HOSTILE[:8]],
        "new_lines": [one["new_lines"] | {"line_text": it, "site": it} for it in HOSTILE],
        "removed_kinds": [one["removed_kinds"] | {"example": it, "rule_id": it} for it in HOSTILE],
        "removed_samples": [
            one["removed_samples"]
            | {"headline": it, "site": it, "article_body": it, "removed_lines": [], "repairs": []}
            for it in HOSTILE
        ]
        + [one["removed_samples"] | {"removed_lines": [it]} for it in cut],
        "duplicates": [
            one["duplicates"]
            | {"headline": it, "site": it, "article_body": it, "other_article_body": it}
            | {"evidence": None}
            for it in HOSTILE
        ],
        "rejected": [
            {"reason": it, "input_count": 1, "usual_count": None, "detail": it}
            | {"source_uri": it, "source_locator": it, "byte_count": 1}
            for it in HOSTILE
        ],
        "checks": [one["checks"] | {"why": it, "failing_sites": [it]} for it in HOSTILE],
        "languages": [one["languages"] | {"in_language": it} for it in HOSTILE],
    }
    return write(folder, "hostile.html", everywhere)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_accessible_quiet_and_offline(
    browser: Browser, page: Path, width: int, is_dark: bool
) -> None:
    browser.look(page, width=width, is_dark=is_dark)
    browser.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    assert browser.violations() == []
    assert browser.console() == []
    assert browser.script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_asked_of_the_network(browser: Browser, page: Path) -> None:
    browser.look(page)
    browser.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    asked = browser.requested()
    assert page.as_uri() in asked
    assert [it for it in asked if not it.startswith(("file:", "data:"))] == []


def test_there_are_as_many_hostile_titles_as_promised() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 40


def test_hostile_titles_have_no_effect(browser: Browser, hostile_page: Path) -> None:
    browser.look(hostile_page)
    browser.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    foreign = "img, iframe, object, embed, form, video, base, math, noscript, marquee, template"
    assert browser.script(f"return document.querySelectorAll('{foreign}').length") == 0
    assert browser.script("return document.querySelectorAll('script, style, link').length") == 4
    assert (
        browser.script(
            "return [...document.querySelectorAll('*')].filter((it) => [...it.attributes]"
            ".some((a) => /^on|^style$/.test(a.name) || /javascript:/.test(a.value))).length"
        )
        == 0
    )
    browser.script(
        "for (const it of document.querySelectorAll('*')) { it.focus?.(); for (const name of "
        "['mouseover', 'focus', 'toggle', 'error', 'load']) it.dispatchEvent(new Event(name)); }"
    )
    assert browser.script("return window.hit") is None
    assert browser.driver.current_url.startswith(hostile_page.as_uri())
    assert browser.console() == []
    assert [it for it in browser.requested() if not it.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_hostile_titles_do_not_bend_the_page(
    browser: Browser, hostile_page: Path, width: int
) -> None:
    browser.look(hostile_page, width=width)
    assert browser.script("return document.documentElement.scrollWidth") <= width
    assert browser.violations() == []


def test_template_syntax_is_shown_as_it_stands(browser: Browser, hostile_page: Path) -> None:
    browser.look(hostile_page)
    stories = browser.script(
        "return document.getElementById('stories').closest('section').textContent"
    )
    assert "{{ 7 * 7 }}" in stories
    assert "49" not in stories
    assert "&lt;script&gt;" in stories
    assert "U+202E" in stories and "\u202e" not in stories
    assert "U+001B" in stories and "\x1b" not in stories


def test_the_worst_site_is_named_first(browser: Browser, page: Path) -> None:
    browser.look(page)
    headline = browser.driver.find_element(By.TAG_NAME, "h1").text
    assert headline == "Last night needs a look: merivian-ledger.example delivered nothing."
    assert browser.driver.title.startswith("Last night needs a look")
    first = browser.driver.find_element(By.CSS_SELECTOR, "#sites-table tbody tr")
    assert "merivian-ledger.example" in first.text


def test_a_table_is_filtered_by_typing(browser: Browser, page: Path) -> None:
    browser.look(page)
    field = browser.driver.find_element(By.CSS_SELECTOR, "[data-for=sites-table] input")
    field.send_keys("KELMAR")
    shown = [
        it.text
        for it in browser.driver.find_elements(By.CSS_SELECTOR, "#sites-table tbody tr")
        if it.is_displayed()
    ]
    assert len(shown) == 1 and "kelmar-times.example" in shown[0]
    status = browser.driver.find_element(By.CSS_SELECTOR, "[data-for=sites-table] [role=status]")
    assert status.text == "1 of 8"
    field.send_keys(Keys.BACKSPACE * 6)
    rows = browser.driver.find_elements(By.CSS_SELECTOR, "#sites-table tbody tr")
    assert all(it.is_displayed() for it in rows) and status.text == ""


def test_the_nights_can_be_judged_by_one_check(browser: Browser, page: Path) -> None:
    browser.look(page)

    def off() -> dict[str, bool]:
        return {
            row.find_element(By.TAG_NAME, "bdi").text: bool(
                row.find_element(By.CSS_SELECTOR, ".strip .fault").get_attribute("d")
                + row.find_element(By.CSS_SELECTOR, ".strip .watch").get_attribute("d")
            )
            for row in browser.driver.find_elements(By.CSS_SELECTOR, "#sites-table tbody tr")
        }

    before = off()
    choice = Select(browser.driver.find_element(By.ID, "lens"))
    choice.select_by_visible_text("removed share")
    chosen = off()
    assert [site for site, is_off in chosen.items() if is_off] == ["kelmar-times.example"]
    label = browser.script(
        "return [...document.querySelectorAll('.strip')]"
        ".find((it) => it.querySelector('.fault').getAttribute('d')).getAttribute('aria-label')"
    )
    assert label == "1 nights out of the ordinary by removed share"
    choice.select_by_visible_text("everything")
    assert off() == before


def test_a_document_is_read_with_and_without_its_cuts(browser: Browser, page: Path) -> None:
    browser.look(page)
    samples = browser.driver.find_elements(By.CSS_SELECTOR, ".sample")
    second = samples[1]
    assert not second.find_element(By.CSS_SELECTOR, ".raw").is_displayed()
    second.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    cuts = second.find_elements(By.CSS_SELECTOR, ".cut")
    assert cuts and all(it.is_displayed() for it in cuts)
    assert all(it.find_element(By.CSS_SELECTOR, ".because b").text for it in cuts)
    second.find_element(By.CSS_SELECTOR, ".clean-only").send_keys(Keys.SPACE)
    assert not any(it.is_displayed() for it in cuts)
    assert second.find_element(By.CSS_SELECTOR, ".kept").is_displayed()


def test_numbers_lead_to_the_partner_sentence(browser: Browser, page: Path) -> None:
    browser.look(page)
    link = browser.driver.find_element(By.CSS_SELECTOR, "#p1l1 a")
    link.send_keys(Keys.ENTER)
    assert browser.driver.current_url.endswith("#p1r1")
    target = browser.script("return document.querySelector('mark:target').textContent")
    assert target.startswith("1")


def test_a_link_into_a_closed_part_opens_it(browser: Browser, page: Path) -> None:
    browser.look(page)
    browser.script("location.hash = '#p2l1'")
    pair = browser.driver.find_elements(By.CSS_SELECTOR, ".pair")[1]
    browser.driver.implicitly_wait(2)
    assert pair.find_element(By.CSS_SELECTOR, ".sides").is_displayed()


def test_the_keyboard_reaches_the_page_past_the_contents(browser: Browser, page: Path) -> None:
    browser.look(page)
    browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    skip = browser.driver.switch_to.active_element
    assert skip.text == "Skip to the page"
    skip.send_keys(Keys.ENTER)
    assert browser.script("return document.activeElement.id") == "main"


def test_everything_can_be_read_without_scripts(browser: Browser, page: Path) -> None:
    browser.set_scripts(allowed=False)
    try:
        browser.look(page)
        assert len(browser.driver.find_elements(By.CSS_SELECTOR, "#sites-table tbody tr")) == 8
        tools = browser.driver.find_elements(By.CSS_SELECTOR, ".tools[hidden]")
        assert tools and not any(it.is_displayed() for it in tools)
    finally:
        browser.set_scripts(allowed=True)


@pytest.mark.parametrize(
    ("hours", "words"), [(1, None), (30, None), (40, "40 hours"), (480, "20 days")]
)
def test_a_page_that_no_night_replaced_says_so(
    browser: Browser, folder: Path, rows: Panels, hours: int, words: str | None
) -> None:
    path = folder / "old.html"
    path.write_text(dashboard.html(rows, datetime.now(UTC) - timedelta(hours=hours)), "utf-8")
    browser.look(path)
    note = browser.driver.find_element(By.CSS_SELECTOR, ".stale")
    assert note.is_displayed() is (words is not None)
    assert words is None or words in note.text


def test_every_picture_has_words(browser: Browser, page: Path) -> None:
    browser.look(page)
    silent = browser.script(
        "return [...document.querySelectorAll('svg')].filter((it) => "
        "it.getAttribute('aria-hidden') !== 'true' && !it.getAttribute('aria-label')).length"
    )
    assert silent == 0
    captions = browser.script(
        "return [...document.querySelectorAll('table')].filter((it) => !it.caption).length"
    )
    assert captions == 0
