"""Judge less than all rows where that shows that no row breaks an expectation.

Rows of equal values are judged alike one by one, so that distinct values stand for them. Values
whose hashes differ differ themselves, so that hashes, a quarter of the size of an id, show that
ids are unique. What looks broken is judged by its rows: they have names, and counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipelines.validate.expectations import Expectation
from pipelines.validate.projection import field, frame
from pipelines.validate.results import Result, counted, summed
from pipelines.validate.session import Session
from pipelines.warehouse import Connection, count_rows

FEW_ROWS: Final = 20_000
"""Of a table that small all rows are judged at once: less than its distinct values cost."""
_NOT_NULL: Final = "expect_column_values_to_not_be_null"


def judge_values(
    con: Connection,
    schema: str,
    session: Session,
    own: Sequence[Expectation],
    chunk_rows: int,
) -> list[Result | None]:
    """Results of expectations on one table that no row breaks; None of the others."""
    found: list[Result | None] = [None] * len(own)
    if not own:
        return found
    table = f'"{schema}"."{own[0].model.name}"'
    row_count = count_rows(con, table)
    if row_count <= FEW_ROWS:
        return found
    types = {row[0]: row[1] for row in con.execute(f"describe from {table}").fetchall()}
    for numbers in _by_columns(own):
        members = tuple(own[number] for number in numbers)
        if members[0].is_unique:
            sqls = _hashes(table, members[0], types, 1 + row_count // chunk_rows)
        else:
            sqls = _distinct(table, members, types, 1 + row_count // chunk_rows)
        parts = [session.validate(frame(con, sql), members, ()) for sql in sqls]
        for number, *results in zip(numbers, *parts, strict=True):
            result = summed(own[number], results)
            if result.unexpected_count == 0:
                found[number] = counted(own[number], 0, result.judged_count, ())
    return found


def _by_columns(own: Sequence[Expectation]) -> Iterator[list[int]]:
    """Expectations, by number, that can be judged by the same values."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, it in enumerate(own):
        if "row_condition" not in it.arguments and (it.is_unique or it.is_per_row):
            groups.setdefault((it.is_unique, it.columns), []).append(number)
    yield from groups.values()


def _hashes(table: str, it: Expectation, types: Mapping[str, str], chunk_count: int) -> list[str]:
    """Queries for hashes of texts, null where these are, and for other values as they are.

    A few hashes may be equal by chance; with nulls among them they are floats, and more are.
    """
    fields = ", ".join(
        f'if("{name}" is null, null, hash("{name}")) as "{name}"'
        if types[name] == "VARCHAR"
        else field(name)
        for name in it.columns
    )
    return _chunks(f"select {fields} from {table}", it, chunk_count)  # noqa: S608 (own names)


def _distinct(
    table: str, members: Sequence[Expectation], types: Mapping[str, str], chunk_count: int
) -> list[str]:
    """Queries for distinct values; of a text only whether it is there, if nothing else is asked."""
    name, *others = members[0].columns
    fields = ", ".join(map(field, members[0].columns))
    if not others and types[name] == "VARCHAR" and {it.type for it in members} == {_NOT_NULL}:
        fields, chunk_count = f"""if("{name}" is null, null, '') as "{name}\"""", 1
    return _chunks(f"select distinct {fields} from {table}", members[0], chunk_count)  # noqa: S608


def _chunks(sql: str, it: Expectation, chunk_count: int) -> list[str]:
    """One query per chunk of rows, those with equal values in the same."""
    names = ", ".join(f'"{name}"' for name in it.columns)
    return [f"{sql} where hash({names}) % {chunk_count} = {chunk}" for chunk in range(chunk_count)]
