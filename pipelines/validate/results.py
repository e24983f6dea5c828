"""What was found for an expectation, and how that is told as rows of `checks`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.validate.expectations import Expectation

MAX_IDS: Final = 20
"""Ids kept per failed check: enough to look into, few enough to read."""

Row = dict[str, Any]
"""A row of `checks` without the columns that stamp the run."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found for one expectation on some rows of a table, or on all.

    `unexpected_count` is None where the whole table is judged, not its rows; `judged_count` leaves
    out nulls where the expectation does.
    """

    success: bool
    unexpected_count: int | None
    judged_count: int
    observed_value: float | None
    ids: tuple[str, ...]


def counted(expectation: Expectation, unexpected: int, judged: int, ids: Iterable[str]) -> Result:
    """The result on rows of which so many are unexpected, by Great Expectations' own arithmetic."""
    met = not unexpected or (judged - unexpected) / judged >= expectation.mostly
    share = unexpected / max(judged, 1)
    return Result(met, unexpected, judged, share, tuple(ids)[:MAX_IDS])


def summed(expectation: Expectation, parts: Sequence[Result]) -> Result:
    """The result on a table of those on its parts; there is one part where rows do not count."""
    counts = [it.unexpected_count for it in parts if it.unexpected_count is not None]
    if not counts:
        return parts[0]
    judged = sum(it.judged_count for it in parts)
    return counted(expectation, sum(counts), judged, (name for it in parts for name in it.ids))


def rows(expectation: Expectation, result: Result, row_count: int) -> Iterator[Row]:
    """One row of `checks`; one per site that failed where the grain is the site."""
    row = {
        "table_name": expectation.model.name,
        "column_name": ", ".join(expectation.columns) or None,
        "expectation_type": expectation.type,
        "severity": expectation.severity,
        "site": None,
        "success": result.success,
        "observed_value": result.observed_value,
        "unexpected_count": result.unexpected_count,
        "row_count": row_count,
        "unexpected_ids": list(result.ids),
        "why": expectation.why,
    }
    if result.success or expectation.model.grain != ("site",):
        yield row
    else:
        yield from (row | {"site": site, "unexpected_ids": [site]} for site in result.ids)
