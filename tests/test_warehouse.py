"""Models are found, ordered by what they read, built whole or not at all, and described."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import publish, views, warehouse
from pipelines.durable import DamagedError
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.warehouse import Connection, ModelError

LAKE = {"things": pa.schema([pa.field("thing_id", pa.string()), pa.field("size", pa.int64())])}


@pytest.fixture
def con(tmp_path: Path) -> Iterator[Connection]:
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path, workers=1))) as opened:
        yield opened


def write_model(folder: Path, name: str, sql: str, front: str = "") -> Path:
    schema, table = name.split(".")
    path = folder / schema / f"{table}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'/*\ndescription = "A model."\n{front}*/\n{sql}\n', "utf-8")
    return path


def test_every_model_of_the_house_loads_and_is_one_select(con: Connection) -> None:
    models = warehouse.load_models()
    assert {it.schema for it in models} >= {"staging", "linkage", "marts", "audits"}
    for model in models:
        assert model.description
        warehouse.tables_read(con, model.sql)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1", "no front matter"),
        ("/* description = */ select 1", "not valid TOML"),
        ("/* grain = ['a'] */ select 1", "no description"),
        ("/*\ndescription = 'A.'\ncolums = 3\n*/ select 1", "colums"),
    ],
)
def test_a_model_that_cannot_be_read_names_its_file(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "marts" / "odd.sql"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(ModelError) as error:
        warehouse.load_models("marts", folder=tmp_path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("select 1", set()),
        ("select * from marts.a", {"marts.a"}),
        ("with a as (select * from lake.b) select * from a", {"lake.b"}),
        ("with a as (select 1) select * from a join marts.c using (x)", {"marts.c"}),
        ("select * from lake.a where x in (select y from lake.b)", {"lake.a", "lake.b"}),
        ("select (select max(x) from lake.c) from lake.a", {"lake.a", "lake.c"}),
        ("select * from lake.a union all select * from lake.b", {"lake.a", "lake.b"}),
        ("select 'lake.a', \"from lake.b\" from lake.c -- lake.d", {"lake.c"}),
        ("select * from 'file.parquet'", set()),
    ],
)
def test_the_tables_a_select_reads(con: Connection, sql: str, tables: set[str]) -> None:
    assert warehouse.tables_read(con, sql) == tables


@pytest.mark.parametrize("sql", ["drop table lake.a", "selec 1", "select 1; select 2", ""])
def test_what_is_not_one_select_is_refused(con: Connection, tmp_path: Path, sql: str) -> None:
    path = write_model(tmp_path, "marts.odd", sql)
    with pytest.raises(ModelError, match="not one SELECT") as error:
        warehouse.build(con, warehouse.load_models("marts", folder=tmp_path))
    assert str(path) in str(error.value)


@given(edges=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1])))
def test_models_come_after_those_they_read(
    tmp_path_factory: pytest.TempPathFactory, edges: set[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("sql")
    for number in range(8):
        reads = "".join(
            f" union all select x from marts.m{low}" for low, high in edges if high == number
        )
        write_model(folder, f"marts.m{number}", f"select {number} as x{reads}")
    models = warehouse.load_models("marts", folder=folder)
    random.Random(len(edges)).shuffle(models)
    with warehouse.closing(duckdb.connect()) as con:
        places = {model.name: at for at, model in enumerate(warehouse.order(con, models))}
        assert all(places[f"m{low}"] < places[f"m{high}"] for low, high in edges)
        assert warehouse.build(con, models).keys() == {f"marts.m{n}" for n in range(8)}


def test_a_circle_of_models_is_named(con: Connection, tmp_path: Path) -> None:
    write_model(tmp_path, "marts.a", "select * from marts.b")
    write_model(tmp_path, "marts.b", "select * from marts.a")
    with pytest.raises(ModelError, match=r"circle.*marts\.a.*marts\.b"):
        warehouse.order(con, warehouse.load_models("marts", folder=tmp_path))


def test_a_model_that_nobody_makes_is_named(con: Connection, tmp_path: Path) -> None:
    path = write_model(tmp_path, "marts.a", "select * from marts.gone")
    with pytest.raises(ModelError, match=r"marts\.gone, which no model makes") as error:
        warehouse.order(con, warehouse.load_models("marts", folder=tmp_path))
    assert str(path) in str(error.value)


def test_a_build_that_fails_leaves_the_tables_as_they_were(con: Connection, tmp_path: Path) -> None:
    write_model(tmp_path, "marts.a", "select 1 as x")
    warehouse.build(con, warehouse.load_models("marts", folder=tmp_path))
    write_model(tmp_path, "marts.a", "select 2 as x")
    broken = write_model(tmp_path, "marts.b", "select 'no number'::integer as x from marts.a")
    with pytest.raises(ModelError) as error:
        warehouse.build(con, warehouse.load_models("marts", folder=tmp_path))
    assert str(broken) in str(error.value)
    assert con.execute("select x from marts.a").fetchall() == [(1,)]


def test_columns_must_be_those_of_the_front_matter(con: Connection, tmp_path: Path) -> None:
    front = '[columns]\nx = "The x."\nz = "The z."\n'
    write_model(tmp_path, "marts.a", "select 1 as x, 2 as y", front)
    with pytest.raises(ModelError, match=r"not in the front matter: \['y'\]; not built: \['z'\]"):
        warehouse.build(con, warehouse.load_models("marts", folder=tmp_path))


def test_descriptions_become_comments_whatever_they_say(con: Connection, tmp_path: Path) -> None:
    hostile = "It's'; drop table marts.a; -- \\u0000?"
    front = f"[columns]\nx = '''{hostile}'''\n"
    write_model(tmp_path, "marts.a", "select 1 as x", front)
    warehouse.build(con, warehouse.load_models("marts", folder=tmp_path))
    comments = con.execute(
        "select comment from duckdb_columns() where schema_name = 'marts'"
    ).fetchall()
    assert comments == [(hostile,)]


@pytest.mark.parametrize(("front", "join"), [("", "LEFT"), ("as_written = true\n", "RIGHT")])
def test_a_join_holds_what_is_written_on_its_right_if_the_model_says_so(
    con: Connection, tmp_path: Path, front: str, join: str
) -> None:
    """DuckDB would hold the side with fewer rows, were they kilobytes each."""
    con.execute("create table few as select range as x from range(10)")
    con.execute("create table many as select range as x from range(100_000)")
    rows = "select many.x from few right join many on few.x = many.x"
    write_model(tmp_path, "linkage.wide", rows, front)
    warehouse.build_bare(con, warehouse.load_models("linkage", folder=tmp_path)[0])
    plan = con.execute(f"explain {rows}").fetchall()[0][1]
    assert f"Join Type: {join}" in plan


def test_lake_tables_are_views_that_refuse_damaged_files(con: Connection, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", LAKE)
    views.show_lake(con, lake)
    assert con.execute("select * from lake.things").fetchall() == []
    with lake.stage("000001.2026-03-01", "ingest") as stage:
        stage.write("things", pa.table({"thing_id": ["a", "b"], "size": [1, 2]}))
    views.show_lake(con, lake)
    assert con.execute("select sum(size) from lake.things").fetchall() == [(3,)]
    path = next(lake.root.rglob("*.parquet"))
    data = bytearray(path.read_bytes())
    data[60] ^= 4
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=path.name):
        views.show_lake(con, lake)


def test_connections_reach_no_network_and_keep_to_utc(con: Connection) -> None:
    read = "select current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
    assert con.execute(read).fetchall() == [("UTC", False)]
    with pytest.raises(duckdb.Error):
        con.execute("select * from read_parquet('https://example.invalid/a.parquet')").fetchall()


def test_a_query_may_follow_a_query(con: Connection) -> None:
    """DuckDB 2.0 streams: a result that is not read to its end blocks its connection."""
    con.execute("create table many as select range as x from range(100_000)").fetchall()
    assert warehouse.count_rows(con, "many") == 100_000
    assert warehouse.tables_read(con, "select x from lake.many") == {"lake.many"}
    assert warehouse.query(con, "select max(x) as x from many").to_pylist() == [{"x": 99_999}]


def test_published_tables_are_read_within_half_of_the_limit(tmp_path: Path) -> None:
    """The page of a million documents was drawn in all memory of the machine, and then in none."""
    path, spill = tmp_path / "copydesk.duckdb", tmp_path / "warehouse" / "spill"
    duckdb.connect(str(path)).close()
    settings = Settings(home=tmp_path, memory_limit="200MiB")
    with publish.open_published(settings, path) as con:
        told = "select current_setting('memory_limit'), current_setting('temp_directory')"
        assert con.execute(told).fetchall() == [("100.0 MiB", str(spill))]
    assert not spill.exists(), "who only reads writes nothing"
