"""The link verb on a lake: nights, documents cleaned anew and takedowns leave what one would."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from linkage_lake import linked, night_of, outcome
from linkage_nights import FOOTER, corpus

from pipelines import takedown

COUNT = 90


@pytest.fixture(scope="module")
def articles() -> pa.Table:
    """Documents that bear the time they were fetched, as those of a scraper do."""
    table = corpus(COUNT)
    column = table.schema.get_field_index("retrieved_at")
    return table.set_column(column, "retrieved_at", table["night"].cast(table.schema[column].type))


def differing(one: Path, other: Path, *numbers: int) -> list[str]:
    ours, theirs = (outcome(night_of(*each)) for each in zip((one, other), numbers, strict=True))
    return [name for name in theirs if ours[name] != theirs[name]]


@pytest.fixture(scope="module")
def at_once(articles: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("once")
    linked(night_of(home, 1), articles)
    return home


def test_many_nights_leave_what_one_would(
    articles: pa.Table, at_once: Path, tmp_path: Path
) -> None:
    rows = random.Random(1).sample(range(COUNT), COUNT)
    for number, begin in enumerate(range(0, COUNT, 30), start=1):
        linked(night_of(tmp_path, number), articles.take(pa.array(rows[begin : begin + 30])))
    assert differing(tmp_path, at_once, 3, 1) == []


def test_what_is_cleaned_anew_takes_the_place_of_itself(articles: pa.Table, tmp_path: Path) -> None:
    bodies = pc.replace_substring(articles["article_body"], "\n" + FOOTER, "")
    column = articles.schema.get_field_index("article_body")
    clean = articles.set_column(column, "article_body", bodies)
    changed = pc.not_equal(bodies, articles["article_body"])
    many, one = tmp_path / "many", tmp_path / "one"
    linked(night_of(many, 1), articles.slice(0, 60))
    anew = clean.slice(0, 60).filter(changed.slice(0, 60))
    linked(night_of(many, 2), pa.concat_tables([anew, clean.slice(60)]))
    linked(night_of(one, 1), clean)
    assert anew.num_rows > 5
    assert differing(many, one, 2, 1) == []


def test_what_is_taken_down_leaves_no_trace(articles: pa.Table, tmp_path: Path) -> None:
    """Nor do documents that come in the very run of the takedown, or are cleaned anew in it."""
    many, one = tmp_path / "many", tmp_path / "one"
    names = articles["document_id"].to_pylist()
    gone = random.Random(2).sample(names[:60], 20)
    left = articles.filter(pc.invert(pc.is_in(articles["document_id"], pa.array(gone))))
    linked(night_of(many, 1), articles.slice(0, 60))
    takedown.take_down(night_of(many, 2), gone, "asked for")
    again = left.slice(0, 10)
    linked(night_of(many, 2), pa.concat_tables([again, articles.slice(60)]))
    linked(night_of(one, 1), left)
    assert differing(many, one, 2, 1) == []
