"""The lake keeps whole commits only, and tells when a file is not what was written."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import durable, views, warehouse
from pipelines.commits import LakeError
from pipelines.durable import DamagedError
from pipelines.lake import Lake, Retiring
from pipelines.settings import Settings

SCHEMAS = {
    "things": pa.schema(
        [pa.field("thing_id", pa.string(), nullable=False), pa.field("size", pa.int64())]
    ),
    "notes": pa.schema([pa.field("note", pa.string())]),
}
FIRST, SECOND, THIRD = (f"00000{n}.2026-03-0{n}" for n in (1, 2, 3))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", SCHEMAS)


def things(*names: str) -> pa.Table:
    rows = [{"thing_id": name, "size": len(name)} for name in names]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["things"])


def put(lake: Lake, run_id: str, verb: str, *names: str, **given: tuple[str, ...]) -> None:
    with lake.stage(run_id, verb, **given) as stage:
        stage.write("things", things(*names))


def names(lake: Lake, **given: str) -> list[str]:
    return lake.read("things", ["thing_id"], **given)["thing_id"].to_pylist()


def everything(lake: Lake) -> list[Path]:
    return sorted(path for path in lake.root.rglob("*") if path.is_file())


def test_an_empty_lake_has_empty_tables(lake: Lake) -> None:
    assert lake.read("things").schema.equals(SCHEMAS["things"])
    assert names(lake) == []
    assert lake.commits() == []


def test_nothing_is_seen_before_the_commit_and_all_after_it(lake: Lake) -> None:
    with lake.stage(FIRST, "ingest") as stage:
        stage.write("things", things("a"))
        stage.write("things", things("b").to_batches()[0])
        assert names(lake) == []
    assert names(lake) == ["a", "b"]
    commit = lake.commit_of(FIRST, "ingest")
    assert commit is not None
    assert [(file.table, file.row_count) for file in commit.files] == [("things", 2)]


def test_a_verb_that_fails_leaves_nothing(lake: Lake) -> None:
    put(lake, FIRST, "ingest", "a")
    before = everything(lake)
    with pytest.raises(ZeroDivisionError), lake.stage(FIRST, "clean") as stage:
        stage.write("things", things("b"))
        _ = 1 / 0
    assert everything(lake) == before
    assert lake.commit_of(FIRST, "clean") is None


def test_runs_and_verbs_are_read_in_order_or_by_run(lake: Lake) -> None:
    put(lake, SECOND, "ingest", "c")
    put(lake, FIRST, "clean", "b")
    put(lake, FIRST, "ingest", "a")
    assert names(lake) == ["a", "b", "c"]
    assert names(lake, run_id=FIRST) == ["a", "b"]
    assert [(it.run_id, it.verb) for it in lake.commits()] == [
        (FIRST, "ingest"), (FIRST, "clean"), (SECOND, "ingest"),
    ]  # fmt: skip


def test_a_commit_may_replace_all_earlier_files_of_a_table(lake: Lake) -> None:
    put(lake, FIRST, "link", "a")
    put(lake, SECOND, "link", "b", replaces=("things",))
    put(lake, THIRD, "link", "c")
    assert names(lake) == ["b", "c"]


@pytest.mark.parametrize(
    "data",
    [
        pa.table({"thing_id": ["a"]}),
        pa.table({"thing_id": ["a"], "size": pa.array([1], pa.int32())}),
        pa.table({"size": pa.array([1]), "thing_id": ["a"]}),
        things("a").append_column("extra", [["x"]]),
    ],
    ids=["missing", "other_type", "other_order", "superfluous"],
)
def test_rows_that_break_the_contract_are_refused(lake: Lake, data: pa.Table) -> None:
    with pytest.raises(LakeError, match="table things"), lake.stage(FIRST, "ingest") as stage:
        stage.write("things", data)
    assert everything(lake) == []


def test_batches_stream_one_run(lake: Lake) -> None:
    put(lake, FIRST, "ingest", *"abcde")
    put(lake, SECOND, "ingest", "f")
    batches = list(lake.batches("things", FIRST, 2))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert all(batch.schema.equals(SCHEMAS["things"]) for batch in batches)


def test_state_tells_the_contents_of_the_tables_named(lake: Lake) -> None:
    put(lake, FIRST, "ingest", "a")
    before = lake.state(["things"])
    with lake.stage(FIRST, "clean") as stage:
        stage.write("notes", pa.table({"note": ["x"]}))
    assert lake.state(["things"]) == before
    assert lake.state(["things", "notes"]) != before
    put(lake, SECOND, "ingest", "b")
    assert lake.state(["things"]) != before
    assert lake.state(["things"], until=FIRST) == before


def test_sweep_takes_litter_and_only_litter(lake: Lake) -> None:
    put(lake, FIRST, "ingest", "a")
    kept = everything(lake)
    litter = [
        lake.root / "things" / SECOND / "ingest-00000.parquet",
        lake.root / ".staging" / f"{SECOND}.ingest" / "things" / "part-00000.parquet",
        lake.root / "commits" / f".{SECOND}.ingest.json.tmp",
    ]
    for path in litter:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half a file")
    assert names(lake) == ["a"]
    lake.sweep()
    assert everything(lake) == kept


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["parquet", "json"])
def test_every_flipped_bit_is_found_and_its_file_named(lake: Lake, kind: str) -> None:
    """Of a data file or of the commit itself; page checksums alone miss headers and footers."""
    with lake.stage(FIRST, "ingest") as stage:
        stage.write("things", things(*(f"thing {n}" for n in range(200))))
        stage.summary = {"accepted_count": 200, "logical_date": "2026-03-01"}
    path = next(lake.root.rglob(f"*.{kind}"))
    sound = path.read_bytes()
    chosen = random.Random(3)
    for bit in chosen.sample(range(8 * len(sound)), 150):
        flip(path, bit)
        with pytest.raises(DamagedError) as error:
            lake.read("things")
        assert str(path) in str(error.value), bit
        path.write_bytes(sound)
    assert len(names(lake)) == 200


def test_damage_lists_missing_cut_and_changed_files(lake: Lake) -> None:
    for run_id in (FIRST, SECOND, THIRD):
        put(lake, run_id, "ingest", run_id)
    assert lake.damage() == []
    first, second, third = sorted(lake.root.rglob("*.parquet"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    assert lake.damage() == [first, second]
    flip(third, 99)
    assert len(lake.damage()) == 3
    commit = next(lake.root.rglob("*.json"))
    flip(commit, 99)
    assert lake.damage() == [commit]


def test_a_file_that_was_replaced_is_no_loss(lake: Lake) -> None:
    put(lake, FIRST, "link", "a")
    put(lake, SECOND, "link", "b", replaces=("things",))
    lake.sweep()
    assert len(list(lake.root.rglob("*.parquet"))) == 1
    assert lake.damage() == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(content=st.dictionaries(st.text().filter(lambda key: key != "seal"), json_values))
def test_sealed_json_comes_back(tmp_path_factory: pytest.TempPathFactory, content: dict) -> None:
    path = tmp_path_factory.mktemp("sealed") / "a.json"
    durable.write_sealed(path, content)
    assert durable.read_sealed(path) == content


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"3", b"{}", b'{"seal": 1}', b"\xff"])
def test_json_without_its_seal_is_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=r"a\.json"):
        durable.read_sealed(path)


def test_a_value_changed_by_hand_breaks_the_seal(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    durable.write_sealed(path, {"row_count": 3})
    content = json.loads(path.read_bytes()) | {"row_count": 4}
    path.write_text(json.dumps(content, indent=1, sort_keys=True), "utf-8")
    with pytest.raises(DamagedError):
        durable.read_sealed(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    durable.write_atomically(path, b"old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError, match="denied"):
            durable.write_atomically(path, b"new")
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


RETIRING = {"things": Retiring("gone", "thing_id")}
GONE = pa.schema([pa.field("thing_id", pa.string()), pa.field("run_id", pa.string())])


@pytest.fixture
def retiring_lake(tmp_path: Path) -> Lake:
    """Three things of the first night, two of which the second night wrote anew."""
    lake = Lake(tmp_path / "lake", {**SCHEMAS, "gone": GONE}, RETIRING)
    put(lake, FIRST, "clean", "a", "b", "c")
    with lake.stage(SECOND, "clean") as stage:
        stage.write("things", pa.table([["a", "b", "d"], [70, 70, 70]], schema=SCHEMAS["things"]))
        stage.write("gone", pa.table([["a", "b"], [FIRST, FIRST]], schema=GONE))
    return lake


def test_rows_written_anew_take_the_place_of_the_old_in_every_way_of_reading(
    retiring_lake: Lake,
) -> None:
    wanted = {"a": 70, "b": 70, "c": 1, "d": 70}
    read = retiring_lake.read("things").to_pylist()
    assert {row["thing_id"]: row["size"] for row in read} == wanted
    assert len(read) == 4
    assert retiring_lake.read("things", ["size"])["size"].to_pylist().count(70) == 3
    streamed = [row for it in retiring_lake.batches("things", None, 2) for row in it.to_pylist()]
    assert sorted(map(str, streamed)) == sorted(map(str, read))
    assert names(retiring_lake, run_id=FIRST) == ["c"]
    found = retiring_lake.matching("things", "thing_id", pa.array(["a", "c", "z"]))
    rows = [row for batch in found for row in batch.to_pylist()]
    assert {row["thing_id"]: row["size"] for row in rows} == {"a": 70, "c": 1}
    con = warehouse.connect(Settings(home=retiring_lake.root.parent))
    views.show_lake(con, retiring_lake)
    assert con.sql("select sum(size), count(*) from lake.things").fetchall() == [(211, 4)]
    assert con.sql("select * from lake.things").columns == SCHEMAS["things"].names


def test_rows_can_be_written_anew_again_and_a_replaced_table_starts_afresh(
    retiring_lake: Lake,
) -> None:
    with retiring_lake.stage(THIRD, "clean") as stage:
        stage.write("things", things("a"))
        stage.write("gone", pa.table([["a"], [SECOND]], schema=GONE))
    assert sorted(names(retiring_lake)) == ["a", "b", "c", "d"]
    with retiring_lake.stage(THIRD, "link", replaces=("things", "gone")) as stage:
        stage.write("things", things("b", "x"))
    assert names(retiring_lake) == ["b", "x"]


def test_a_file_is_read_bit_by_bit_and_not_kept(lake: Lake) -> None:
    """pyarrow 26 would keep all it has read of a file, as it was compressed."""
    chosen = random.Random(7)
    with lake.stage(FIRST, "ingest") as stage:
        for _ in range(60):
            stage.write("things", things(*(chosen.randbytes(500).hex() for _ in range(500))))
    before, most = pa.total_allocated_bytes(), 0
    for _ in lake.batches("things", FIRST, 500):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < lake.files("things")[0].byte_count / 3
