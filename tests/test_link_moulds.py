"""What is written in one mould is not one article; what was rewritten or updated still is."""

from __future__ import annotations

import datetime
import tomllib
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from linkage_bench import MemoryBench

from pipelines.link import steps

CASES = tomllib.loads((Path(__file__).parent / "cases" / "moulds.toml").read_text("utf-8"))
COPIES = {case["kind"]: case["texts"] for case in CASES.pop("copies")}
TIME = pa.timestamp("us", tz="UTC")


def linked(texts: list[str]) -> dict[str, pa.Table]:
    """What linkage makes of texts of one night, named by their numbers."""
    count = len(texts)
    articles = pa.table(
        {
            "document_id": [f"{number:03}" for number in range(count)],
            "article_body": texts,
            "site": [f"site-{number}.example" for number in range(count)],
            "date_published": pa.array([datetime.date(2026, 3, 2)] * count).cast(TIME),
            "retrieved_at": pa.nulls(count, TIME),
            "info_source": pa.nulls(count, pa.string()),
            "night": pa.array([datetime.date(2026, 3, 2)] * count, pa.date32()),
        }
    )
    bench = MemoryBench()
    steps.link_all(articles, bench)
    return bench.outputs()


@pytest.mark.parametrize("kind", CASES)
def test_texts_in_one_mould_are_no_copies(kind: str) -> None:
    mould, filled = CASES[kind]["mould"], CASES[kind]["filled"]
    texts = [mould.format(*row) for row in filled]
    assert all(one != other for one, other in pairwise(texts))
    found = linked(texts)
    assert set(found["clusters"]["copy_relation"].to_pylist()) == {"representative"}
    relations = found["linked_documents"]["relation"].to_pylist()
    assert not set(relations) - {"partially_derived"}


@pytest.mark.parametrize("kind", COPIES)
def test_what_was_updated_or_rewritten_is_one_article(kind: str) -> None:
    articles = linked(COPIES[kind])["clusters"]["article_id"]
    assert len(set(articles.to_pylist())) == 1
