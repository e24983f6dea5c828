"""The five seeds come out as the issue says: relations, representative, one story."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from linkage_bench import MemoryBench

from pipelines.link.fingerprint import text_id_of
from pipelines.link.steps import link_all

SEEDS = Path(os.environ.get("COPYDESK_SEEDS", "../shared/seeds"))
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"no seeds in {SEEDS}")


def stripped(name: str, text: str) -> str:
    """What cleaning leaves of a seed, by hand: linkage is tested here, not cleaning."""
    if name == "003":
        body = text[text.index("A Russian Soyuz") : text.index("Related Articles")]
        drop = ("Image Credit", "Russia's Soyuz MS-27 spacecraft")
        lines = [line for line in body.split("\n") if not any(part in line for part in drop)]
        return "\n".join(
            line for line in lines if not line.endswith("board the Soyuz MS-27 spacecraft")
        )
    if name == "004":
        return text[text.index("Despite ongoing") : text.index("Source:")]
    return text.replace(" date 2025-04-08 ", "")


@pytest.fixture(scope="module")
def seeds() -> pa.Table:
    names = sorted(path.name[:3] for path in SEEDS.glob("*.txt"))
    texts = [stripped(name, next(SEEDS.glob(f"{name}_*")).read_text("utf-8")) for name in names]
    time = pa.timestamp("us", tz="UTC")
    day = datetime.datetime(2025, 4, 8, tzinfo=datetime.UTC)
    return pa.table(
        {
            "document_id": names,
            "article_body": texts,
            "site": pa.nulls(len(names), pa.string()),
            "date_published": pa.array([day if name == "001" else None for name in names], time),
            "retrieved_at": pa.nulls(len(names), time),
            "night": pa.array([day.date()] * len(names), pa.date32()),
            "info_source": ["Reuters" if name == "004" else None for name in names],
        }
    )


def test_relations_articles_and_story(seeds: pa.Table) -> None:
    bench = MemoryBench()
    linked = link_all(seeds, bench)
    names = {
        text_id_of(body): name
        for name, body in zip(
            seeds["document_id"].to_pylist(), seeds["article_body"].to_pylist(), strict=True
        )
    }
    rows = bench.connection.sql(
        "select text_id, other_text_id, relation from linkage.text_relations"
    ).fetchall()
    assert {(*sorted((names[a], names[b])), relation) for a, b, relation in rows} == {
        ("000", "001", "wholly_derived"),
        ("001", "003", "partially_derived"),
        ("000", "003", "partially_derived"),
    }
    leaders = {row["document_id"]: row["leader_document_id"] for row in linked.clusters.to_pylist()}
    assert leaders == {"000": "001", "001": "001", "002": "002", "003": "003", "004": "004"}
    pairs = bench.outputs()["pairs"].to_pylist()
    evidence = {(row["document_id"], row["other_document_id"]): row["evidence"] for row in pairs}
    aligned = json.loads(evidence["000", "001"])["sentences"]
    assert len(aligned) == 8
    assert all(pair["score"] > 0.5 for pair in aligned)
    bodies = dict(
        zip(seeds["document_id"].to_pylist(), seeds["article_body"].to_pylist(), strict=True)
    )
    for pair in aligned:
        assert bodies["000"][pair["start_char"] : pair["end_char"]].startswith(pair["text"])
        there = bodies["001"][pair["other_start_char"] : pair["other_end_char"]]
        assert there.startswith(pair["other_text"])
    assert len(set(linked.story_members["story_id"].to_pylist())) == 1
