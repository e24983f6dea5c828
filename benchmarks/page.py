"""Size, time to render, and time until the morning page is ready in Chromium.

Run: python benchmarks/page.py [NIGHTS SITES CHECKS DOCUMENTS]; without numbers, a month of 8 sites
and 12 checks, then a year of 200 sites and 50 checks, each judged per site (3.65 million results).
Times depend on the machine and on what else it does; sizes do not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import Browser, find_browser
from published_fixture import SITES, Fault, Plan, build

from pipelines import dashboard, warehouse
from pipelines.settings import Settings

_NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
_READY = (
    "const it = performance.getEntriesByType('navigation')[0];"
    "document.body.getBoundingClientRect();"
    "return it.domContentLoadedEventEnd"
)
_SWITCH = (
    "const begun = performance.now(); const it = document.getElementById('lens');"
    "it.selectedIndex = it.options.length - 1; it.dispatchEvent(new Event('change'));"
    "document.body.getBoundingClientRect(); return performance.now() - begun"
)


def measure(plan: Plan, browser: Browser) -> str:
    """One line of figures about the page of a plan."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), memory_limit="3GB")
        with warehouse.closing(build(plan, settings)) as con:
            con.execute("set search_path = 'marts'")
            begun, cpu = time.monotonic(), time.process_time()
            out = dashboard.render(con, Path(folder) / "page.html", generated_at=_NOW)
            wall, cpu = time.monotonic() - begun, time.process_time() - cpu
        ready, switched = [], []
        for _ in range(5):
            browser.look(out)
            ready.append(browser.script(_READY))
            switched.append(browser.script(_SWITCH))
        size = out.stat().st_size / 1000
    return (
        f"{plan.nights} nights x {plan.checks} checks x {plan.sites} sites: {size:.0f} kB, "
        f"rendered in {wall:.1f} s ({cpu:.1f} CPU-s), ready in {median(ready):.0f} ms, "
        f"check switched in {median(switched):.0f} ms"
    )


def main() -> None:
    """Print the figures."""
    numbers = [int(it) for it in sys.argv[1:]]
    faults = (Fault(SITES[0], "stripped"), Fault(SITES[2], "silent"), Fault(SITES[3], "check"))
    if numbers:
        nights, sites, checks, documents = numbers
        plans = [Plan(nights, sites, checks, documents, every=1, faults=faults)]
    else:
        month = Plan(nights=30, sites=8, checks=12, faults=faults)
        year = Plan(nights=365, sites=200, checks=50, documents=1, every=1, faults=faults)
        plans = [month, year]
    for browser in find_browser():
        for plan in plans:
            print(measure(plan, browser), flush=True)


if __name__ == "__main__":
    main()
