"""Of documents that are cleaned anew, only those count as written anew that have changed."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines import tonight, warehouse
from pipelines.anew import Anew
from pipelines.clean.article import CleanBatch
from pipelines.lake import Lake
from pipelines.night import SAMPLES, run_night
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(landing=SAMPLES, home=tmp_path_factory.mktemp("home"), settle_seconds=0)
    run_night(settings)
    return settings


def written(lake: Lake) -> CleanBatch:
    """What cleaning left of the first ten documents that lost lines and were mended."""
    tables = [lake.read(name) for name in CleanBatch._fields]
    common = pc.unique(tables[1]["document_id"])
    chosen = common.filter(pc.is_in(common, tables[2]["document_id"]))[:10]
    batches = []
    for table in tables:
        rows = table.filter(pc.is_in(table["document_id"], chosen)).combine_chunks()
        if "run_id" in rows.schema.names:  # tonight's rows bear tonight's stamps
            at = rows.schema.get_field_index("run_id")
            rows = rows.set_column(at, rows.schema.field(at), [["tonight"] * rows.num_rows])
        batches.append(rows.combine_chunks().to_batches()[0])
    return CleanBatch(*batches)


def with_column(batch: pa.RecordBatch, name: str, values: list) -> pa.RecordBatch:
    at = batch.schema.get_field_index(name)
    return batch.set_column(
        at, batch.schema.field(at), pa.array(values, batch.schema.field(at).type)
    )


def another_headline(batch: CleanBatch) -> CleanBatch:
    headlines = [*batch.articles["headline"].to_pylist()[:-1], "Another headline"]
    return batch._replace(articles=with_column(batch.articles, "headline", headlines))


def another_body(batch: CleanBatch) -> CleanBatch:
    bodies = [*batch.articles["article_body"].to_pylist()[:-1], "Another body."]
    return batch._replace(articles=with_column(batch.articles, "article_body", bodies))


def no_headline(batch: CleanBatch) -> CleanBatch:
    headlines = [*batch.articles["headline"].to_pylist()[:-1], None]
    return batch._replace(articles=with_column(batch.articles, "headline", headlines))


def another_rule(batch: CleanBatch) -> CleanBatch:
    last = batch.articles["document_id"][-1].as_py()
    lines = batch.removed_lines
    pairs = zip(lines["rule_id"].to_pylist(), lines["document_id"].to_pylist(), strict=True)
    rules = ["another" if name == last else rule for rule, name in pairs]
    return batch._replace(removed_lines=with_column(lines, "rule_id", rules))


def no_repair(batch: CleanBatch) -> CleanBatch:
    last = batch.articles["document_id"][-1]
    return batch._replace(
        repairs=batch.repairs.filter(pc.not_equal(batch.repairs["document_id"], last))
    )


CHANGES = [another_headline, another_body, no_headline, another_rule, no_repair]


@pytest.mark.parametrize("change", CHANGES, ids=lambda it: it.__name__)
def test_only_what_has_changed_is_written(
    home: Settings, change: Callable[[CleanBatch], CleanBatch]
) -> None:
    lake = tonight.open_lake(home)
    batch = change(written(lake))
    names = batch.articles["document_id"]
    with warehouse.closing(warehouse.connect(home)) as con:
        anew = Anew(con, lake, names)
        left = anew.without_unchanged(batch)
        assert anew.changed().to_pylist() == names.to_pylist()[-1:]
    for rows, all_rows in zip(left, batch, strict=True):
        is_last = pc.equal(all_rows["document_id"], names[-1])
        assert rows.equals(all_rows.filter(is_last))


def test_what_came_out_the_same_stays_where_it_is(home: Settings) -> None:
    lake = tonight.open_lake(home)
    batch = written(lake)
    with warehouse.closing(warehouse.connect(home)) as con:
        anew = Anew(con, lake, batch.articles["document_id"])
        assert [rows.num_rows for rows in anew.without_unchanged(batch)] == [0, 0, 0]
        assert not len(anew.changed())


def test_documents_of_tonight_are_all_written(home: Settings) -> None:
    lake = tonight.open_lake(home)
    batch = written(lake)
    with warehouse.closing(warehouse.connect(home)) as con:
        for others in (pa.array([], pa.string()), pa.array(["f" * 64])):
            assert Anew(con, lake, others).without_unchanged(batch) == batch
