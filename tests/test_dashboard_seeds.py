"""The page of the five articles that started it; skipped where they are not at hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, find_browser
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

SEEDS = Path(os.environ.get("COPYDESK_SEEDS", Path(__file__).parents[2] / "shared" / "seeds"))

pytestmark = [
    pytest.mark.skipif(not SEEDS.is_dir(), reason=f"no seeds at {SEEDS}"),
    pytest.mark.xdist_group("seeds"),  # one night and its page, for all tests
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from find_browser()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Browser:
    home = tmp_path_factory.mktemp("seeds-page")
    command = [sys.executable, "-m", "pipelines.cli", "run", "--quiet"]
    places = ["--landing", str(SEEDS), "--home", str(home)]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    browser.look(home / "published" / "dashboard.html")
    browser.script("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
    return browser


def part_of(page: Browser, css: str, *names: str) -> WebElement:
    for part in page.driver.find_elements(By.CSS_SELECTOR, css):
        if all(re.search(rf"\b{name}_[0-9a-f]+\.txt", part.text) for name in names):
            return part
    raise AssertionError(f"{css} of {names} is not on the page")


def test_003_is_shown_with_what_was_cut_and_why(page: Browser) -> None:
    sample = part_of(page, ".sample", "003")
    cuts = sample.find_elements(By.CSS_SELECTOR, ".cut")
    reasons = {it.find_element(By.CSS_SELECTOR, ".because b").text for it in cuts}
    assert len(cuts) >= 10
    assert {"comment prompt", "copyright notice", "newsletter signup", "back to top"} <= reasons
    assert all(it.find_element(By.TAG_NAME, "code").text for it in cuts)
    assert len(sample.find_elements(By.CSS_SELECTOR, ".kept")) >= 1


def test_000_is_beside_001_with_the_aligned_sentences(page: Browser) -> None:
    pair = part_of(page, ".pair", "000", "001")
    assert pair.find_element(By.CSS_SELECTOR, ".relation").text == "wholly derived"
    left, right = pair.find_elements(By.CSS_SELECTOR, ".sides article")
    marks = [len(side.find_elements(By.TAG_NAME, "mark")) for side in (left, right)]
    assert min(marks) >= 4
    assert abs(left.rect["y"] - right.rect["y"]) < 2 and left.rect["x"] < right.rect["x"]


def test_the_page_is_quiet_and_accessible(page: Browser) -> None:
    assert page.console() == []
    assert page.violations() == []
    assert [it for it in page.requested() if not it.startswith(("file:", "data:"))] == []
