"""Hostile names and titles: escaped on the page, inert in exports, bound in SQL, never a path."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import Browser, find_browser
from hostile_titles import HOSTILE as TITLES

from pipelines import publish
from pipelines.settings import Settings

from .crashes import Skipped, TornError
from .inputs import NIGHT, texts
from .runs import ROOT, Nursery

HOSTILE = (
    "'; drop table documents; --", '"; attach \'x\' as y; --', "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-rf", "--help",
    "*", "?", "[a]", "a[1]", "{a,b}", "$(touch pwned)", "`touch pwned`", ";touch pwned", "|cat",
    "&", "%2e%2e%2f", "..%2f", "...", "~", "~root", "con", "nul", "a\nb", "a\tb", "a\rb",
    "\x1b[31m", "\u202egnp.exe", "\u200b", "é", "e\u0301", "日本語", "🙈", "a" * 180, " lead",
    "trail ", "{{7*7}}",
    "${jndi:ldap://x}", "%s%n", "\x7f", "\\", "\\..\\..", "C:x", "''", '"', "#", "\ufeff",
)  # fmt: skip


FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lay(landing: Path, count: int) -> int:
    """Hostile names of files, sites, titles and ids, each with an article. Returns how many count.

    A name that begins with a dot is taken for one that is still being written.
    """
    chosen, taken = random.Random(5), 0
    for number in range(count):
        name = f"{chosen.choice(HOSTILE)[:50]}{number}{chosen.choice(HOSTILE)[:50]}"
        name, site = (it.replace("/", "\\") for it in (name, chosen.choice(HOSTILE)[:100]))
        inner = landing / NIGHT[1] / f"{site}.example"
        inner.mkdir(parents=True, exist_ok=True)
        taken += not (name.startswith(".") or site.startswith("."))
        text = texts(number, 1)[0]
        if number % 2:
            (inner / f"{name}.txt").write_text(text, "utf-8")
            continue
        title = (TITLES + HOSTILE)[number // 2 % len(TITLES + HOSTILE)]
        fields = {"title": title, "author": title, "section": title, "id": name, "text": text}
        (inner / f"{name}.jsonl").write_text(json.dumps(fields) + "\n", "utf-8")
    return taken


def hostile_names(nursery: Nursery, folder: Path, count: int) -> str:
    """Files and titles of hostile names are articles like others, and nothing else happens."""
    sandbox = folder / "names"
    landing, home = sandbox / "landing", sandbox / "home"
    taken = lay(landing, count)
    before = {path for path in folder.rglob("*") if home not in path.parents}
    ended = nursery.run(landing, home, *NIGHT)
    if ended.code != 0:
        raise TornError(ended.said[-2000:])
    after = {path for path in folder.rglob("*") if home not in path.parents}
    strangers = {it for it in after - before - {home} if not it.name.startswith("run.log")}
    if strangers:
        raise TornError(f"written outside the home folder: {strangers}")
    unsafe = [path for path in home.rglob("*") if not path.name.isascii() or " " in path.name]
    if unsafe:
        raise TornError(f"an input chose a path: {unsafe[:5]}")
    _judge_tables(home, taken)
    cells = _judge_csv(home)
    seen_in = _judge_page(home)
    return f"{count} names: 0 effects in paths, SQL, {cells} CSV cells, {seen_in}"


def _judge_tables(home: Path, count: int) -> None:
    with publish.open_published(Settings(home=home)) as con:
        found = con.execute("select count(*) from documents").fetchall()[0][0]
        tables = con.execute("select count(*) from duckdb_tables()").fetchall()[0][0]
    manifest = publish.manifest(Settings(home=home)) or {}
    if found != count or tables != len(manifest["tables"]):
        raise TornError(f"{found} documents of {count}, {tables} tables")


def _judge_csv(home: Path) -> int:
    """What a spreadsheet would open: no cell of a text column begins a formula."""
    query = "select headline, byline, site, article_section, source_uri from documents"
    command = [sys.executable, "-m", "pipelines.cli", "sql", "--csv", query, "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    cells = [cell for row in csv.reader(io.StringIO(done.stdout, newline="")) for cell in row]
    if live := [cell for cell in cells if cell.lstrip(" ").startswith(FORMULA)]:
        raise TornError(f"formulas in CSV: {live[:3]}")
    return len(cells)


def _judge_page(home: Path) -> str:
    """The page in a real browser: no script of a name runs, nothing is asked for."""
    page = home / "published" / "dashboard.html"
    with _browser() as browser:
        browser.look(page)
        hit = browser.script("return window.hit")
        asked = [it for it in browser.requested() if not it.startswith(("file:", "data:", "blob:"))]
        said = browser.console()
    if hit or asked or said:
        raise TornError(f"on the page: hit={hit}, asked for {asked[:3]}, console {said[:3]}")
    return "and the page in Chromium"


@contextmanager
def _browser() -> Iterator[Browser]:
    found = find_browser()
    try:
        browser = next(found)
    except pytest.skip.Exception as reason:
        raise Skipped(f"all but the page held; {reason}") from reason
    try:
        yield browser
    finally:
        found.close()
