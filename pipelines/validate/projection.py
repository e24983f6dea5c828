"""Judge expectations on narrow projections of the built tables, in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipelines.validate.expectations import LONG_TEXT, Expectation
from pipelines.validate.session import MAX_IDS, Result, Session
from pipelines.warehouse import Connection, count_rows

CHUNK_ROWS: Final = 500_000
"""Rows that pandas holds at once."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Projection:
    """Expectations on one table that share columns and chunks.

    Rows with equal `key` are in the same chunk; without a key there is one chunk.
    """

    table: str
    expectations: tuple[Expectation, ...]
    grain: tuple[str, ...]
    key: tuple[str, ...]
    chunk_count: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The grain, then all columns that an expectation names."""
        named = (column for it in self.expectations for column in it.columns)
        return tuple(dict.fromkeys([*self.grain, *named]))

    def queries(self) -> Iterator[str]:
        """One SELECT per chunk."""
        fields = ", ".join(_field(column) for column in self.columns) or "1 as one"
        sql = f'select {fields} from "{self.table}"'  # noqa: S608 (names of our own models)
        if not self.key:
            yield sql
            return
        key = ", ".join(f'"{column}"' for column in self.key)
        for chunk in range(self.chunk_count):
            yield f"{sql} where hash({key}) % {self.chunk_count} = {chunk}"


def judge(
    con: Connection, expectations: list[Expectation], *, chunk_rows: int = CHUNK_ROWS
) -> Iterator[Row]:
    """Rows of `checks`, without the columns that stamp the run.

    Raises ModelError for an expectation that Great Expectations does not know, before any is
    judged.
    """
    if not expectations:
        return
    session = Session()
    for expectation in expectations:
        session.make(expectation)
    for table in dict.fromkeys(it.model.name for it in expectations):
        own = [it for it in expectations if it.model.name == table]
        row_count = count_rows(con, table)
        for projection in projections(session, own, 1 + max(row_count - 1, 0) // chunk_rows):
            yield from _judge_one(con, session, projection, row_count)


def projections(session: Session, own: list[Expectation], chunk_count: int) -> Iterator[Projection]:
    """The expectations of one table, grouped by how its rows may be cut into chunks.

    A duplicate is found only if both rows are in one chunk, so uniqueness cuts by its own columns;
    what is judged on a whole table or column (a count, a mean) cannot be cut.
    """
    groups: dict[tuple[str, ...], list[Expectation]] = {}
    for it in own:
        groups.setdefault(_key(session, it) if chunk_count > 1 else (), []).append(it)
    for key, members in groups.items():
        model = own[0].model
        yield Projection(model.name, tuple(members), model.grain, key, chunk_count)


def _key(session: Session, expectation: Expectation) -> tuple[str, ...]:
    if not session.is_per_row(expectation):
        return ()
    return expectation.columns if "unique" in expectation.type else expectation.model.grain


def _field(column: str) -> str:
    return f'length("{column}") as "{column}"' if column in LONG_TEXT else f'"{column}"'


def _judge_one(
    con: Connection, session: Session, projection: Projection, row_count: int
) -> Iterator[Row]:
    parts = []
    for sql in projection.queries():
        frame = con.sql(sql).to_arrow_table().to_pandas(split_blocks=True, self_destruct=True)
        parts.append(session.validate(frame, projection.expectations, projection.grain))
    for expectation, *results in zip(projection.expectations, *parts, strict=True):
        yield from _rows(expectation, results, row_count)


def _rows(expectation: Expectation, results: list[Result], row_count: int) -> Iterator[Row]:
    """One row of `checks`; one per site that failed where the grain is the site."""
    counts = [it.unexpected_count for it in results if it.unexpected_count is not None]
    share = sum(counts) / max(sum(it.judged_count for it in results), 1)
    met = all(it.success for it in results) or bool(counts and 1 - share >= expectation.mostly)
    ids = [name for it in results for name in it.ids][:MAX_IDS]
    row = {
        "table_name": expectation.model.name,
        "column_name": ", ".join(expectation.columns) or None,
        "expectation_type": expectation.type,
        "severity": expectation.severity,
        "site": None,
        "success": met,
        "observed_value": share if counts else results[0].observed_value,
        "unexpected_count": sum(counts) if counts else None,
        "row_count": row_count,
        "unexpected_ids": ids,
        "why": expectation.why,
    }
    if met or expectation.model.grain != ("site",):
        yield row
    else:
        yield from (row | {"site": site, "unexpected_ids": [site]} for site in ids)
