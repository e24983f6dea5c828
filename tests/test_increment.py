"""Nights that add to nights end in the tables that one night over everything makes."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

from pipelines.night import run_night
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed_corpus  # noqa: E402

OLD, NEW = range(160), range(160, 180)
NIGHT = date(2026, 3, 4)


def deliver(landing: Path, numbers: range, day: int = 0) -> None:
    speed_corpus.write(landing, numbers, day=day)


def run(landing: Path, home: Path) -> dict[str, str]:
    settings = Settings(landing=landing, home=home, workers=1, settle_seconds=0)
    assert run_night(settings, NIGHT).status == "published"
    tables = json.loads((home / "published" / "manifest.json").read_text())["tables"]
    return {name: table["content_digest"] for name, table in tables.items()}


def test_an_increment_is_a_rebuild(tmp_path: Path) -> None:
    landing, grown, rebuilt = (tmp_path / name for name in ("landing", "grown", "rebuilt"))
    deliver(landing, OLD)
    run(landing, grown)
    deliver(landing, NEW, day=1)
    assert run(landing, grown) == run(landing, rebuilt)
