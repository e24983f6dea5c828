"""Files and the rows they must give: `cases/ingest/<file>`, `<file>.expected.jsonl` beside it.

`COPYDESK_REWRITE=1 pytest tests/test_ingest_cases.py` rewrites the expectations; review the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from landing_zone import Reading, payload, read

CASES = Path(__file__).parent / "cases" / "ingest"
SUFFIX = ".expected.jsonl"
FORMATS = {"txt", "html", "jsonl", "parquet", "feed", "warc"}
LEFT_OUT = {"document_id", "source_uri", "content_sha256", "run_id", "ingested_at"}


def inputs() -> list[Path]:
    return sorted(
        path
        for path in CASES.iterdir()
        if not path.name.endswith(SUFFIX) and not path.name.startswith(".")
    )


def rows(reading: Reading) -> list[dict[str, Any]]:
    documents = [
        {name: value for name, value in row.items() if value is not None and name not in LEFT_OUT}
        for row in reading.documents
    ]
    refused = [
        {"reason": r.reason, "source_locator": r.source_locator, "payload": payload(r).hex()[:64]}
        for r in reading.rejections
    ]
    text = json.dumps([*documents, *refused], default=lambda at: at.isoformat())
    return list(json.loads(text))


@pytest.mark.parametrize("case", inputs(), ids=lambda path: path.name)
def test_case(case: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing" / "2026-03-04" / "harbour-post.example"
    landing.mkdir(parents=True)
    (landing / "any.name").write_bytes(case.read_bytes())
    found = rows(read(tmp_path / "landing"))
    expected = case.with_name(case.name + SUFFIX)
    if os.environ.get("COPYDESK_REWRITE"):
        lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in found)
        expected.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert found == [json.loads(line) for line in expected.read_text("utf-8").splitlines()]


def test_every_format_has_a_case() -> None:
    expected = [path.read_text("utf-8") for path in CASES.glob(f"*{SUFFIX}")]
    rows = [json.loads(line) for text in expected for line in text.splitlines()]
    assert {row["source_format"] for row in rows if "source_format" in row} == FORMATS
