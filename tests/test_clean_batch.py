"""What a batch gives at once is what the edits of each document give one by one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.clean import portions
from pipelines.clean.article import CleanBatch, clean_batch, load_cleaner
from pipelines.clean.edits import RemovedLine, Repair, apply, restore
from pipelines.clean.sightings import sightings
from pipelines.clean.strings import code_points, strings
from pipelines.clean.words import count_words
from pipelines.contract import DOCUMENTS
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed_corpus  # noqa: E402

COUNT = 300
ODD = (
    "", "\n", "\u200b", "date 2026-03-02 Ships left.", "One\u00a0line.\n\n\n\nTwo\u200b lines.",
    "donâ€™t\r\n\r\nstop", "A\U0001f6a2 ship\u2028went\u2029down", "漢字の文。\n二行目。",
)  # fmt: skip
"""Texts with something to repair, or nothing at all."""


def documents() -> pa.RecordBatch:
    texts = [speed_corpus.record(speed_corpus.document(n))["text"] for n in range(COUNT)]
    rows = [
        {
            "document_id": f"{number:032x}", "source_uri": str(number), "source_format": "jsonl",
            "content_sha256": str(number), "raw_text": text, "run_id": "000001.2026-03-02",
            "ingested_at": datetime(2026, 3, 2, tzinfo=UTC), "site": f"site-{number % 7}.example",
        }
        for number, text in enumerate([*texts, *ODD])
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS)


@pytest.fixture(scope="module")
def cleaned() -> CleanBatch:
    return clean_batch(documents(), load_cleaner(Settings()))


def edits_of(cleaned: CleanBatch, name: str) -> tuple[list[RemovedLine], list[Repair]]:
    removed = [
        RemovedLine(*(row[field] for field in RemovedLine._fields))
        for row in cleaned.removed_lines.to_pylist()
        if row["document_id"] == name
    ]
    repairs = [
        Repair(*(row[field] for field in Repair._fields))
        for row in cleaned.repairs.to_pylist()
        if row["document_id"] == name
    ]
    return removed, repairs


def test_bodies_and_counts_are_those_of_the_edits(cleaned: CleanBatch) -> None:
    batch = documents()
    for number in [*range(0, COUNT, 10), *range(COUNT, batch.num_rows)]:
        raw, row = (
            batch["raw_text"][number].as_py(),
            cleaned.articles.slice(number, 1).to_pylist()[0],
        )
        removed, repairs = edits_of(cleaned, row["document_id"])
        assert row["article_body"] == apply(raw, removed, repairs)
        assert restore(row["article_body"], removed, repairs) == raw
        assert row["word_count"] == count_words(row["article_body"])
        assert row["raw_chars"] == len(raw)
        assert row["removed_line_count"] == len(removed)
        assert row["removed_chars"] == sum(len(line.line_text) for line in removed)


def test_the_size_of_portions_changes_nothing(
    cleaned: CleanBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = sightings(documents())
    monkeypatch.setattr(portions, "PORTION_CHARS", 5_000)
    again = clean_batch(documents(), load_cleaner(Settings()))
    for one, other in zip((*cleaned, seen), (*again, sightings(documents())), strict=True):
        assert one.equals(other)


def test_code_points_come_back_as_strings() -> None:
    texts = ["", "a", "é", "漢字", "\U0001f6a2 \u07ff\u0800\uffff\U00010000", ""]
    codes, bounds = code_points(texts)
    assert strings(codes, bounds[:-1], bounds[1:]).to_pylist() == texts


KILLED = """
import os, signal, sys
sys.path[:0] = ["tests"]
from multiprocessing import active_children
from test_clean_batch import documents
from pipelines.batch import clean_batches
from pipelines.clean.article import load_cleaner
from pipelines.settings import Settings

if __name__ == "__main__":
    batch = documents()
    pieces = (batch.slice(start, 20) for start in range(0, 240, 20))
    results = clean_batches(pieces, load_cleaner(Settings()), workers=2)
    next(results)
    print(*(it.pid for it in active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    workers = [Path("/proc", pid) for pid in done.stdout.decode().split()]
    assert len(workers) == 1
    deadline = time.monotonic() + 60
    while any(it.exists() and "Z" not in (it / "stat").read_text().split()[2] for it in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)
