"""A real Chromium for tests: no network, its console and every request it makes in reach."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--window-size=1280,900",
)


class Browser:
    """One tab."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def look(self, page: Path, *, width: int = 1280, is_dark: bool = False) -> None:
        """Open a page at a width, in light or dark."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._do("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self._do("Emulation.setDeviceMetricsOverride", size)
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(page.resolve().as_uri())

    def _do(self, command: str, arguments: dict[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script returns, run from outside, past the page's own policy."""
        return self.driver.execute_script(text, *arguments)

    def console(self) -> list[str]:
        """What the console said since the page was opened: errors, violations, warnings."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """Every address asked for since the page was opened, the page included."""
        events = [json.loads(it["message"])["message"] for it in self.driver.get_log("performance")]
        sent = [it["params"] for it in events if it["method"] == "Network.requestWillBeSent"]
        return [it["request"]["url"] for it in sent]

    def set_scripts(self, *, allowed: bool) -> None:
        """Let pages run scripts, or not."""
        self._do("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page's accessibility: rule and places."""
        axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
        self.script(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']})"
            ".then((it) => done(it.violations.map((v) => v.id + ': ' + v.nodes.map("
            "(n) => n.target.join(' ')).slice(0, 5).join(', '))))"
        )
        return list(found)

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        shot = self._do("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))


def find_browser() -> Iterator[Browser]:
    """A browser, or a skip that says what is missing."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("no chromium and chromedriver: apt install chromium chromium-driver")
    if find_spec("axe_core_python") is None:
        pytest.skip("no axe-core: install the dev dependencies")
    options = webdriver.ChromeOptions()
    for flag in _FLAGS:
        options.add_argument(flag)
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    driver.set_script_timeout(120)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
