"""Tables that grow, as Parquet: what did not change is kept, and parts do not become many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines import parts, warehouse
from pipelines.settings import Settings
from pipelines.warehouse import Connection, Model

THINGS = """/*
description = "Things."
grain = ["document_id"]
grows = "document_id"
[columns]
document_id = "The thing."
size = "Its size."
*/
from lake.things"""


@dataclass
class Home:
    """A table of two columns that is written as one version after another."""

    con: Connection
    model: Model
    folder: Path
    versions: list[parts.Former] = field(default_factory=list)

    def write(self, *, is_grown: bool = True) -> dict:
        """The next version."""
        number = len(self.versions)
        folder = self.folder / str(number)
        former = self.versions[-1] if is_grown else None
        facts = parts.write_table(self.con, self.model, folder, f"run{number}", former)
        self.versions.append(parts.Former(folder, {"things": facts}))
        return facts

    def change(self, touched: str, rows: str) -> None:
        """Put `rows` in the place of the `touched`, in the table and in its delta."""
        for sql in (
            f"create or replace table delta.touched_documents as {touched}",
            f"create or replace table delta.things as {rows}",
            "delete from marts.things where document_id in (from delta.touched_documents)",
            "insert into marts.things from delta.things",
        ):
            self.con.execute(sql)

    def inodes(self, version: int) -> set[int]:
        return {path.stat().st_ino for path in self.folder.glob(f"{version}/things.parquet/*")}

    def digests(self) -> tuple[str, str]:
        """Of the table, and of what lies in the folder of the last version."""
        path = self.versions[-1].folder / "things.parquet" / "*.parquet"
        read = f"read_parquet({warehouse.literal(path)})"
        table = parts.content_digest(self.con, "marts.things")
        return table, parts.content_digest(self.con, read)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    path = tmp_path / "sql" / "marts" / "things.sql"
    path.parent.mkdir(parents=True)
    path.write_text(THINGS, "utf-8")
    with warehouse.closing(warehouse.connect(Settings(home=tmp_path))) as con:
        con.execute("create schema marts; create schema delta")
        con.execute("create table marts.things (document_id varchar, size bigint)")
        yield Home(con, warehouse.load_model(path), tmp_path / "parquet")


def rows(first: int, count: int, size: int = 0) -> str:
    """A query for things by number."""
    return f"""
        select printf('%09d', range) as document_id, {size} as size
        from range({first}, {first + count})
    """


def ids(first: int, count: int) -> str:
    return f"select document_id from ({rows(first, count)})"


def test_a_table_built_anew_is_cut_into_parts(home: Home) -> None:
    home.change(ids(0, 0), rows(0, 120_000))
    facts = home.write(is_grown=False)
    assert facts["row_count"] == 120_000
    assert max(part["row_count"] for part in facts["parts"]) <= parts.PART_ROWS
    assert home.digests() == (facts["content_digest"],) * 2


def test_an_empty_table_has_a_part_that_tells_its_columns(home: Home) -> None:
    assert [part["row_count"] for part in home.write(is_grown=False)["parts"]] == [0]
    assert home.digests()[1] == "0-0"


@pytest.mark.parametrize(
    ("touched", "new", "kept"),
    [
        (ids(0, 0), rows(140_000, 5), 3),
        (ids(3, 1), rows(3, 1, size=7), 2),
        (ids(3, 1), rows(0, 0), 2),
        (ids(139_999, 2), rows(139_999, 2, size=7), 2),
        ("select document_id from marts.things", rows(0, 1), 0),
    ],
    ids=["new rows", "a changed row", "a row that left", "both", "all rows"],
)
def test_parts_without_a_touched_row_are_kept(
    home: Home, touched: str, new: str, kept: int
) -> None:
    home.con.execute("set threads = 1; set preserve_insertion_order = true")
    home.change(ids(0, 0), rows(0, 140_000))
    home.write(is_grown=False)
    home.change(touched, new)
    facts = home.write()
    assert len(home.inodes(0) & home.inodes(1)) == kept
    assert home.digests() == (facts["content_digest"],) * 2


def test_a_part_that_loses_rows_keeps_the_others_and_its_digest_is_theirs(home: Home) -> None:
    home.change(ids(0, 0), rows(0, 100_000))
    home.write(is_grown=False)
    home.change(ids(10, 20_000), rows(10, 3, size=9))
    facts = home.write()
    assert sorted(part["row_count"] for part in facts["parts"])[0] == 3
    assert facts["row_count"] == 80_003
    assert home.digests() == (facts["content_digest"],) * 2
    home.change(ids(0, 90_000), rows(0, 0))
    assert home.write()["row_count"] == 10_000
    assert home.digests()[0] == home.digests()[1]


def test_parts_follow_the_rows_and_not_the_nights(home: Home) -> None:
    home.write(is_grown=False)
    for night in range(12):
        home.change(ids(0, 0), rows(night * 9_000, 9_000))
        facts = home.write()
        assert home.digests() == (facts["content_digest"],) * 2
    assert len(facts["parts"]) <= 1 + 108_000 // (parts.PART_ROWS // 2)
