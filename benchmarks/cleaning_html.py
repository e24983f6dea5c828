"""Pages of HTML: the pipeline's text against the gold text, beside extractors.

Measure of scrapinghub's article-extraction-benchmark: 4-grams of words as multisets; precision and
recall of each page, averaged over pages; F1 of the two averages. Extractors that copydesk does not
itself use run in another interpreter, `COPYDESK_PEERS` (a Python with resiliparse, readability-lxml
and newspaper4k); without one they are skipped.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
from cleaning_pipeline import documents, fold_cleaners
from line_data import BENCH
from line_folds import FOLDS, fold_of
from trafilatura import extract as trafilatura_extract

from pipelines.clean.article import clean_batch
from pipelines.ingest.extract import extract
from pipelines.settings import HTML_EXTRACTORS

SETS = ("zyte", "fundus", "gtrends")
PEERS = ("resiliparse", "readability-lxml", "newspaper4k")
GROUPS: dict[str, Callable[[dict], bool]] = {
    "zyte, English": lambda row: row["set"] == "zyte" and row["lang"] == "en",
    "fundus, English": lambda row: row["set"] == "fundus" and row["lang"] == "en",
    "fundus, all": lambda row: row["set"] == "fundus",
    "gtrends": lambda row: row["set"] == "gtrends",
}
_WORD = re.compile(r"\w+")


def load_html(most: int | None = None) -> list[dict]:
    """Pages with gold text, at most so many of each set."""
    rows = []
    for name in SETS:
        with gzip.open(BENCH / "html" / f"{name}.jsonl.gz") as file:
            rows += [orjson.loads(line) for line in islice(file, most)]
    return rows


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """4-grams of words; a shorter text is one shingle."""
    words = _WORD.findall(text)
    count = max(len(words) - size + 1, 1 if words else 0)
    return Counter(tuple(words[i : i + size]) for i in range(count))


def precision_recall(text: str, gold: str) -> tuple[float, float]:
    """Shares of the text's and of the gold's shingles that both have; 1 of nothing is 1."""
    ours, theirs = shingles(text), shingles(gold)
    both = (ours & theirs).total()
    return (both / ours.total() if ours else float(not theirs)), (
        both / theirs.total() if theirs else 1.0
    )


def score(rows: list[dict], texts: list[str]) -> dict[str, float]:
    """F1 of each group that has pages."""
    pairs = np.array(
        [precision_recall(t, r["gold_text"]) for r, t in zip(rows, texts, strict=True)]
    )
    result = {}
    for name, belongs in GROUPS.items():
        mine = [i for i, row in enumerate(rows) if belongs(row)]
        if mine:
            precision, recall = pairs[mine].mean(axis=0)
            result[name] = float(2 * precision * recall / max(precision + recall, 1e-9))
    return result


def extracted(rows: list[dict], extractor: str = HTML_EXTRACTORS[0]) -> list[str]:
    """The text that ingest takes from each page."""
    return [extract(row["html"], extractor)["text"] for row in rows]


def cleaned(rows: list[dict], texts: list[str]) -> list[str]:
    """The pipeline's article bodies, each page by the model that has not seen its site."""
    bodies = [""] * len(rows)
    for number, cleaner in enumerate(fold_cleaners()):
        mine = [i for i, row in enumerate(rows) if fold_of(row["site"], FOLDS) == number]
        batch = documents([texts[i] for i in mine], [rows[i]["site"] for i in mine])
        for i, body in zip(mine, clean_batch(batch, cleaner).articles["article_body"], strict=True):
            bodies[i] = body.as_py()
    return bodies


def bare_trafilatura(rows: list[dict]) -> list[str]:
    """Trafilatura's text without comments, its other settings as they come."""
    return [trafilatura_extract(row["html"], include_comments=False) or "" for row in rows]


def peer_texts(name: str, rows: list[dict]) -> list[str] | None:
    """Texts from an extractor in the peers' interpreter; None when it cannot run."""
    python = os.environ.get("COPYDESK_PEERS")
    if not python:
        print(f"skipped: {name}: COPYDESK_PEERS names no interpreter", file=sys.stderr)
        return None
    script = Path(__file__).with_name("cleaning_html_peers.py")
    pages = b"\n".join(orjson.dumps({"html": row["html"]}) for row in rows)
    done = subprocess.run([python, script, name], input=pages, capture_output=True, check=False)
    if done.returncode:
        print(f"skipped: {name}: {done.stderr.decode()[-300:]}", file=sys.stderr)
        return None
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def html_table(most: int | None = None) -> tuple[list[str], dict[str, dict[str, float]]]:
    """The table as Markdown lines, and the figures by system and group; of `most` pages a set."""
    rows = load_html(most)
    began = time.process_time()
    texts = extracted(rows)
    speed = len(rows) / (time.process_time() - began)
    systems = {
        "copydesk (ingest + clean)": cleaned(rows, texts),
        "copydesk's ingest alone": texts,
        "copydesk, html_extractor = resiliparse": cleaned(rows, extracted(rows, "resiliparse")),
        "trafilatura without comments": bare_trafilatura(rows),
    } | {name: found for name in PEERS if (found := peer_texts(name, rows)) is not None}
    table = {name: score(rows, found) for name, found in systems.items()}
    lines = ["## HTML: F1 of 4-word shingles", "", f"| system | {' | '.join(GROUPS)} |"]
    lines.append("|---" * (len(GROUPS) + 1) + "|")
    for name, figures in table.items():
        lines.append(f"| {name} | {' | '.join(f'{figures[g]:.4f}' for g in GROUPS)} |")
    return [*lines, "", f"Extraction: {speed:.0f} pages per CPU-second."], table
