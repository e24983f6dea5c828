"""Hostile pages in real nights: bounded time and memory, nothing lost without a word."""

from __future__ import annotations

import shutil

from test_ingest_pages import HOSTILE, LAST, SENTENCE, TIME_LIMIT, page

from pipelines import tonight
from pipelines.settings import Settings

from .crashes import TornError
from .runs import Ended, Scene

MOST_BYTES = 1_000_000_000
CUT_SHORT = ("<!-- <!--", "<script<script")
"""Where a browser too takes the rest of the page for a comment or a script."""


def hostile_pages(scene: Scene, count: int) -> str:
    """A night for each page. Returns the figures of the dearest one."""
    start = _night(scene, page("")).children_seconds
    seconds, size, refused = {}, 0, 0
    for name in list(HOSTILE)[:count]:
        source = page(HOSTILE[name]())
        ended = _night(scene, source)
        seconds[name] = ended.children_seconds - start
        size = max(size, ended.children_bytes)
        refused += _judge(scene, name, source)
    dearest = max(seconds, key=lambda name: seconds[name])
    if seconds[dearest] > TIME_LIMIT * 1.2 or size > MOST_BYTES:
        raise TornError(f"{dearest}: {seconds[dearest]:.1f} s, {size:,} bytes")
    return (
        f"{len(seconds)} pages: at most {seconds[dearest]:.1f} CPU-s ({dearest}), "
        f"{size / 1e6:.0f} MB; {refused} refused by name, 0 silent losses"
    )


def _night(scene: Scene, source: str) -> Ended:
    landing, home = scene.folder / "page", scene.folder / "page-home"
    for folder in (landing, home):
        shutil.rmtree(folder, ignore_errors=True)
    landing.mkdir()
    (landing / "page.html").write_text(source, "utf-8")
    more = {"COPYDESK_SETTLE_SECONDS": "0", "COPYDESK_HTML_TIMEOUT": str(TIME_LIMIT)}
    ended = scene.nursery.run(landing, home, environment=more)
    if ended.code not in (0, 3):
        raise TornError(ended.said[-2000:])
    return ended


def _judge(scene: Scene, name: str, source: str) -> int:
    """1 if the page was refused with a reason, 0 if all its text is there."""
    lake = tonight.open_lake(Settings(home=scene.folder / "page-home"))
    texts = lake.read("documents")["raw_text"].to_pylist()
    reasons = lake.read("rejected_documents")["reason"].to_pylist()
    if not texts:
        if reasons not in (["html_timeout"], ["html_memory"]):
            raise TornError(f"{name}: silently lost: {reasons}")
        return 1
    text = texts[0]
    is_cut = any(mark in source for mark in CUT_SHORT)
    is_whole = SENTENCE.strip() in text and (LAST in text or is_cut)
    if not is_whole or ("DEEP" in source) != ("DEEP" in text):
        raise TornError(f"{name}: part of the page is lost")
    return 0
