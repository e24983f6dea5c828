"""The cleaning benchmark: `python benchmarks/cleaning.py [--update-floors] [--quick] [--pages N]`.

Runs the pipeline's own cleaning over `COPYDESK_BENCH`/cleaning and /html, beside peers, and writes
Markdown and JSON to `benchmarks/results/`. The line model was trained on these pages: each page is
judged by a model that has not seen its site (`train_line_model.py --folds`, kept in
`COPYDESK_CACHE`). `with what sites repeat` adds what the nightly run learns from a site's other
pages: it helps where a site has many pages (daniel). `COPYDESK_PEERS` names a Python with the HTML
peers. `--pages 40` looks at so many pages of each set and language, and writes nothing. Floors are
pinned to the digest of the input; `--update-floors` never lowers one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from cleaning_again import again_figures, again_markdown
from cleaning_html import html_table
from cleaning_kinds import kind_figures, kinds_markdown, moved_figures
from cleaning_measures import Tally
from cleaning_peers import PEERS
from cleaning_pipeline import FoldCleaner, missing_folds
from line_data import BENCH, Page, load_pages

HERE = Path(__file__).parent
FLOORS = HERE / "floors.json"
RESULTS = HERE / "results"
HEADLINE_SETS = ("zyte", "fundus", "daniel")
OURS = "copydesk"
MEASURES = ("drop_f1", "precision", "recall", "lost", "kept_words_f1", "untouched", "exact")
FLOORED = {"drop_f1": 1, "lost": -1, "kept_words_f1": 1, "untouched": 1, "exact": 1}
"""Measure -> whether more (1) or less (-1) is better."""


def _headline(page: Page) -> bool:
    return page.lang == "en" and page.set in HEADLINE_SETS


GROUPS: dict[str, Callable[[Page], bool]] = {
    "English, zyte + fundus + daniel": _headline,
    "zyte, English": lambda p: p.set == "zyte" and p.lang == "en",
    "fundus, English": lambda p: p.set == "fundus" and p.lang == "en",
    "daniel, English": lambda p: p.set == "daniel" and p.lang == "en",
    "fundus, other languages": lambda p: p.set == "fundus" and p.lang != "en",
    "Chinese": lambda p: p.lang == "zh",
    "Greek": lambda p: p.lang == "el",
    "Polish": lambda p: p.lang == "pl",
    "Russian": lambda p: p.lang == "ru",
    "gtrends": lambda p: p.set == "gtrends",
    "wcxb": lambda p: p.set == "wcxb",
}


def corpus_digest() -> str:
    """SHA-256 over the names and bytes of the input files."""
    digest = hashlib.sha256()
    for path in sorted([*BENCH.glob("cleaning/*/*.gz"), *BENCH.glob("html/*.gz")]):
        digest.update(f"{path.parent.name}/{path.name}".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def measure(pages: list[Page], verdicts: list[np.ndarray]) -> dict[str, dict[str, float]]:
    """Figures of each group that has pages."""
    table = {}
    for name, belongs in GROUPS.items():
        tally = Tally()
        for page, verdict in zip(pages, verdicts, strict=True):
            if belongs(page):
                tally.add(page, verdict)
        if tally.pages:
            table[name] = tally.figures()
    return table


def run_variant(variant: str, pages: list[Page], *, with_peers: bool) -> dict[str, dict]:
    """System -> its figures by group, and its speed, on one variant."""
    lines = sum(len(page.lines) for page in pages)
    results = {}
    for name, judge in _systems(with_peers=with_peers):
        began = time.process_time()
        verdicts = judge(pages)
        seconds = time.process_time() - began
        results[name] = {"speed": lines / seconds, "groups": measure(pages, verdicts)}
        print(f"{variant}: {name}: {lines / seconds:,.0f} lines per CPU-second", flush=True)
    return results


def _systems(*, with_peers: bool) -> Iterator[tuple[str, Callable[[list[Page]], list[np.ndarray]]]]:
    ours = FoldCleaner()
    ours.judge_pages(load_pages("mixed")[:50])  # kernels are compiled before the clock runs
    yield OURS, ours.judge_pages
    yield f"{OURS}, with what sites repeat", FoldCleaner(with_sites=True).judge_pages
    yield f"{OURS}, rules only", FoldCleaner(with_model=False).judge_pages
    for name, make in PEERS.items() if with_peers else ():
        try:
            yield name, make()
        except ImportError as error:
            print(f"skipped: {name}: {error}", file=sys.stderr)


def some_pages(variant: str, most: int | None) -> list[Page]:
    """Pages of a variant, at most so many of each set and language."""
    taken: Counter[tuple[str, str]] = Counter()
    pages = []
    for page in load_pages(variant):
        taken[page.set, page.lang] += 1
        if most is None or taken[page.set, page.lang] <= most:
            pages.append(page)
    return pages


def markdown(results: dict[str, dict], tables: list[str]) -> str:
    """The tables as Markdown."""
    head = f"| {{}} | pages | {' | '.join(MEASURES)} | lines / CPU-s |"
    parts = [
        "# Cleaning",
        "",
        f"Input: `{corpus_digest()[:16]}`. Each page is judged by a model"
        " that was not trained on its site.",
        "",
    ]
    for variant, systems in results.items():
        for group in GROUPS:
            rows = [
                _row(name, system["groups"][group], system["speed"])
                for name, system in systems.items()
                if group in system["groups"]
            ]
            if rows:
                rule = "|---" * (len(MEASURES) + 3) + "|"
                parts += [f"## {variant}: {group}", "", head.format("system"), rule, *rows, ""]
    return "\n".join([*parts, *tables, ""])


def _row(name: str, figures: dict[str, float], speed: float) -> str:
    cells = [f"{100 * figures[m]:.2f} %" if m == "lost" else f"{figures[m]:.3f}" for m in MEASURES]
    return f"| {name} | {figures['pages']} | {' | '.join(cells)} | {speed:,.0f} |"


def floors_of(results: dict[str, dict]) -> dict[str, float]:
    """Our figures, as floors (ceilings for what should be low), with a small allowance."""
    floors = {}
    for variant, systems in results.items():
        for group, figures in systems[OURS]["groups"].items():
            for name, sign in FLOORED.items():
                if name != "untouched" or variant == "mixed":
                    floors[f"{variant} / {group} / {name}"] = max(
                        round(figures[name] - sign * 0.002, 4), 0.0
                    )
    return floors


def _is_worse(key: str, value: float, floor: float) -> bool:
    return FLOORED[key.rsplit(" / ", 1)[1]] * (value - floor) < -1e-9


def check_floors(results: dict[str, dict], *, update: bool) -> list[str]:
    """What fell below its floor; with `update`, raise floors that were passed."""
    content = json.loads(FLOORS.read_text()) if FLOORS.is_file() else {}
    stored = content.get("cleaning", {"corpus": corpus_digest(), "floors": {}})
    if stored["corpus"] != corpus_digest():
        return ["the floors belong to other input; delete them deliberately to start anew"]
    now = floors_of(results)
    slack = {key: value + FLOORED[key.rsplit(" / ", 1)[1]] * 0.002 for key, value in now.items()}
    floors = stored["floors"]
    fallen = [
        f"{key}: {slack[key]:.4f}, floor {floors[key]:.4f}"
        for key in floors
        if key in slack and _is_worse(key, slack[key], floors[key])
    ]
    if update and not fallen:
        better = {k: v for k, v in now.items() if k not in floors or not _is_worse(k, v, floors[k])}
        content["cleaning"] = {"corpus": corpus_digest(), "floors": floors | better}
        FLOORS.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    return fallen


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update-floors", action="store_true", help="raise floors, never lower")
    parser.add_argument("--quick", action="store_true", help="main variant only; writes nothing")
    parser.add_argument("--pages", type=int, help="so many pages of each set; nothing is written")
    return parser.parse_args()


def main() -> None:
    given = _arguments()
    if not BENCH.is_dir():
        print(f"skipped: no benchmark data at {BENCH}; set COPYDESK_BENCH")
        return
    if missing := missing_folds():
        sys.exit(f"{missing}: run `python benchmarks/train_line_model.py --folds` first")
    variants = ("mixed",) if given.quick else ("mixed", "region", "full")
    pages = {variant: some_pages(variant, given.pages) for variant in variants}
    results = {
        v: run_variant(v, pages[v], with_peers=v == "mixed" and not given.quick) for v in variants
    }
    news = [page for page in pages["mixed"] if page.set in HEADLINE_SETS]
    cleaner = FoldCleaner()
    kinds = cleaner.kinds(news)
    again = again_figures(news, cleaner)
    html_lines, html_figures = ([], {}) if given.quick else html_table(given.pages)
    text = markdown(results, [*kinds_markdown(news, kinds), *again_markdown(again), *html_lines])
    print(text)
    if given.pages:
        return
    if fallen := check_floors(results, update=given.update_floors):
        sys.exit("below the floor:\n" + "\n".join(fallen))
    if given.quick:
        return
    moved = {"labels": moved_figures(news, kinds), "kinds": kind_figures(news, kinds)}
    stored = {
        "corpus": corpus_digest(), "text": results, "moved": moved, "again": again,
        "html": html_figures,
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cleaning.json").write_text(json.dumps(stored, indent=1) + "\n")
    (RESULTS / "cleaning.md").write_text(text)


if __name__ == "__main__":
    main()
