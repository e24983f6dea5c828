"""Nights that add to nights end in the tables that one night over everything makes."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

from pipelines import desk, night, parts, publish, tonight, warehouse
from pipelines.night import run_night
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed_corpus  # noqa: E402

OLD, NEW = range(160), range(160, 172)
NIGHT = date(2026, 3, 4)


def deliver(landing: Path, numbers: range, day: int = 0) -> None:
    speed_corpus.write(landing, numbers, day=day)


def settings_of(landing: Path, home: Path) -> Settings:
    return Settings(landing=landing, home=home, workers=1, settle_seconds=0)


def run(landing: Path, home: Path) -> dict[str, str]:
    assert run_night(settings_of(landing, home), NIGHT).exit_code == 0
    return published(home)


def published(home: Path) -> dict[str, str]:
    """Digests of the tables, which the database, its Parquet and the manifest agree upon."""
    tables = json.loads((home / "published" / "manifest.json").read_text())["tables"]
    digests = {name: it["content_digest"] for name, it in tables.items() if it["content_digest"]}
    folder = home / "published" / "parquet"
    with publish.open_published(home / "published" / "copydesk.duckdb") as con:
        for name, digest in digests.items():
            stored = warehouse.literal(folder / f"{name}.parquet")
            assert parts.content_digest(con, name) == digest
            assert parts.content_digest(con, f"read_parquet({stored})") == digest
    return digests


def test_an_increment_is_a_rebuild(tmp_path: Path) -> None:
    landing, grown, rebuilt = (tmp_path / name for name in ("landing", "grown", "rebuilt"))
    deliver(landing, OLD)
    run(landing, grown)
    deliver(landing, NEW, day=1)
    assert is_grown(landing, grown)
    candidate = tonight.night_file(settings_of(landing, grown))
    assert desk.check_database(settings_of(landing, grown), candidate, as_json=True) == 0
    assert run(landing, grown) == run(landing, rebuilt)


def is_grown(landing: Path, home: Path) -> bool:
    """Begin a night up to its tables: were they grown, or built anew?"""
    begun = night.open_night(settings_of(landing, home), NIGHT)
    for verb in night.VERBS[:4]:
        night.do(verb, begun)
    return tonight.delta_file(begun.settings).is_file()


def test_what_no_longer_stands_in_the_lake_is_not_grown_from(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", tmp_path / "home"
    deliver(landing, OLD)
    run(landing, home)
    settings = settings_of(landing, home)
    gone = tonight.open_lake(settings).read("documents", ["document_id"])["document_id"][0].as_py()
    begun = night.open_night(settings, NIGHT)
    night.takedown.take_down(begun, [gone], "for the test")
    assert not is_grown(landing, home)
    with publish.open_published(home / "published" / "copydesk.duckdb") as con:
        assert con.execute("select 1 from documents where document_id = ?", [gone]).fetchall()
    run(landing, home)
    assert published(home)["documents"].startswith(f"{len(OLD) - 1}-")
