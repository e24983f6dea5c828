"""Judge expectations on narrow projections of the built tables, in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pipelines.validate.expectations import LONG_TEXT, Expectation
from pipelines.validate.results import Result, Row, rows, summed
from pipelines.validate.session import Session
from pipelines.warehouse import Connection, count_rows

CHUNK_ROWS: Final = 500_000
"""Rows that pandas holds at once."""

Way = Callable[[Session, Sequence[Expectation], int], Sequence[Result | None]]
"""Judges expectations on one table by frames of so many rows at most: a result of each, None where
this way cannot tell it."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Expectations on one table that share columns and chunks.

    Rows with equal `key` are in the same chunk; without a key there is one chunk.
    """

    table: str
    expectations: tuple[Expectation, ...]
    grain: tuple[str, ...]
    key: tuple[str, ...] = ()
    chunk_count: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """The grain, then all columns that an expectation names; none if none does."""
        named = [column for it in self.expectations for column in it.columns]
        return tuple(dict.fromkeys([*self.grain, *named])) if named else ()

    def queries(self) -> Iterator[str]:
        """One SELECT per chunk."""
        fields = ", ".join(field(column) for column in self.columns) or "1 as one"
        sql = f"select {fields} from {self.table}"  # noqa: S608 (names of our own models)
        if not self.key:
            yield sql
            return
        key = ", ".join(f'"{column}"' for column in self.key)
        for chunk in range(self.chunk_count):
            yield f"{sql} where hash({key}) % {self.chunk_count} = {chunk}"


def judge(
    con: Connection,
    expectations: Sequence[Expectation],
    *,
    schema: str = "marts",
    shortcuts: Sequence[Way] = (),
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[Row]:
    """Rows of `checks`, without the columns that stamp the run.

    All rows are judged where no shortcut can tell. Raises ModelError for an expectation that Great
    Expectations does not know, before any is judged.
    """
    if not expectations:
        return
    session = Session()
    for expectation in expectations:
        session.make(expectation)
    ways: list[Way] = [*shortcuts, partial(judge_rows, con, schema)]
    for name in dict.fromkeys(it.model.name for it in expectations):
        own = [it for it in expectations if it.model.name == name]
        row_count = count_rows(con, f'"{schema}"."{name}"')
        found: dict[int, Result] = {}
        for way in ways:
            left = [number for number in range(len(own)) if number not in found]
            results = way(session, [own[number] for number in left], chunk_rows)
            told = zip(left, results, strict=True)
            found |= {number: result for number, result in told if result is not None}
        for number, expectation in enumerate(own):
            yield from rows(expectation, found[number], row_count)


def judge_rows(
    con: Connection,
    schema: str,
    session: Session,
    own: Sequence[Expectation],
    chunk_rows: int,
) -> list[Result]:
    """Results of expectations on one table, of all its rows."""
    if not own:
        return []
    table = f'"{schema}"."{own[0].model.name}"'
    chunk_count = 1 + max(count_rows(con, table) - 1, 0) // chunk_rows
    found: dict[int, Result] = {}
    for numbers, projection in _projections(table, own, chunk_count):
        parts = [
            session.validate(frame(con, sql), projection.expectations, projection.grain)
            for sql in projection.queries()
        ]
        for number, *results in zip(numbers, *parts, strict=True):
            found[number] = summed(own[number], results)
    return [found[number] for number in range(len(own))]


def _projections(
    table: str, own: Sequence[Expectation], chunk_count: int
) -> Iterator[tuple[list[int], Projection]]:
    """Expectations, by number, grouped by how the rows may be cut into chunks.

    A duplicate is found only if both rows are in one chunk, so uniqueness cuts by its own columns;
    what is judged on a whole table or column (a count, a mean) cannot be cut.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, it in enumerate(own):
        groups.setdefault(_key(it) if chunk_count > 1 else (), []).append(number)
    for key, numbers in groups.items():
        members = tuple(own[number] for number in numbers)
        yield numbers, Projection(table, members, members[0].model.grain, key, chunk_count)


def _key(expectation: Expectation) -> tuple[str, ...]:
    if expectation.is_unique:
        return expectation.columns
    return expectation.model.grain if expectation.is_per_row else ()


def frame(con: Connection, sql: str) -> Any:
    """The rows of a query as a pandas frame."""
    return con.sql(sql).to_arrow_table().to_pandas(split_blocks=True, self_destruct=True)


def field(column: str) -> str:
    """A column as Great Expectations sees it: a long text by its length."""
    return f'length("{column}") as "{column}"' if column in LONG_TEXT else f'"{column}"'
