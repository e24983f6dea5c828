"""How DuckDB means to join pairs with what is known of either end: never all with all.

Between two ends that must differ stands a `<>`, from which a planner that underestimates the pairs
makes a join of all texts with all texts: 13 million rows for 3,700 texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines import views, warehouse
from pipelines.settings import Settings
from pipelines.warehouse import Connection

MODELS = {model.name: model for model in warehouse.load_models("linkage")}


@pytest.fixture(params=[(500, 18_000), (3_700, 133_000), (20_000, 200_000)], ids=str)
def linked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """A database with that many texts, each of a document of its own, and pairs of them."""
    text_count, pair_count = request.param
    documents = pa.array([f"{number:032x}" for number in range(text_count)])
    texts = np.arange(text_count) * 977
    ends = np.sort(np.random.default_rng(1).integers(0, text_count, (2, pair_count)) * 977, axis=0)
    pairs = pa.table({"text_id": ends[0], "other_text_id": ends[1]})
    tables = {
        "bodies": pa.table(
            {"document_id": documents, "text_id": texts, "body_id": documents, "place": texts}
        ),
        "event_scores": pairs.append_column("event_score", pa.array(np.linspace(0, 1, pair_count))),
    }
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path))) as con:
        clusters = pa.table({"document_id": documents, "article_id": documents})
        views.show_table(con, "clusters", clusters)
        con.execute("create schema linkage")
        for name, rows in tables.items():
            con.register(name, rows)
            con.execute(f"create table linkage.{name} as from {name}")
        con.execute(
            "create table linkage.text_relations as select text_id, other_text_id,"
            " 'near' as relation, 0.9 as score, true as is_text_covered from event_scores"
        )
        yield con


@pytest.mark.parametrize("model", ["same_story", "body_pairs"])
def test_pairs_are_joined_with_one_end_after_the_other(model: str, linked: Connection) -> None:
    plan = linked.execute(f"explain (format json) {MODELS[model].sql}").fetchall()[0][1]
    assert "HASH_JOIN" in plan
    assert not [way for way in ("NESTED_LOOP_JOIN", "CROSS_PRODUCT", "BLOCKWISE") if way in plan]
