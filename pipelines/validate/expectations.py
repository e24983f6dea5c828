"""Read the `[[expect]]` tables of the models, checked against the columns, without importing GX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from pipelines.warehouse import Model, ModelError

SEVERITIES: Final = ("critical", "warning")
LONG_TEXT: Final = frozenset(
    {"article_body", "captions", "line_text", "line_break", "before", "after", "evidence", "extra"}
)
"""Columns that never travel to pandas: an expectation on one of them judges its length."""
LENGTH_TYPES: Final = {
    "expect_column_value_lengths_to_be_between": "expect_column_values_to_be_between",
    "expect_column_values_to_not_be_null": "expect_column_values_to_not_be_null",
}
"""What may be expected of a long text, and what that says of its length."""
UNIQUE: Final = frozenset(
    {"expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"}
)
"""Types that compare the rows with each other, and only by the columns that they name."""
ROW_BY_ROW: Final = frozenset(
    {
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_null",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
        "expect_multicolumn_sum_to_equal",
        "expect_multicolumn_values_to_be_equal",
        "expect_select_column_values_to_be_unique_within_record",
    }
)
"""Types that judge each row by its own values alone.

Others that Great Expectations calls maps look at neighbours (increasing) or at all rows (outliers);
a type that is not named here is judged on the whole table.
"""
_ROW_COUNT: Final = "expect_table_row_count_to_be_between"
_OWN_KEYS: Final = ("type", "why", "severity")
_COLUMN_KEYS: Final = ("column", "column_list", "column_A", "column_B", "column_set")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One `[[expect]]` of a model; `arguments` are Great Expectations' own."""

    model: Model
    type: str
    severity: str
    why: str
    arguments: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        found: list[str] = []
        for key in _COLUMN_KEYS:
            value = self.arguments.get(key, ())
            found += [value] if isinstance(value, str) else value
        return tuple(dict.fromkeys(found))

    @property
    def is_unique(self) -> bool:
        """Whether only rows with equal values in its columns can break it."""
        return self.type in UNIQUE

    @property
    def is_per_row(self) -> bool:
        """Whether each row is judged for itself, whatever other rows there are."""
        return self.type in ROW_BY_ROW

    @property
    def mostly(self) -> float:
        """Share of rows that must meet it, 0-1."""
        return float(self.arguments.get("mostly", 1.0))

    def of_empty(self) -> Self:
        """The same where tables may be empty: a number of rows has no least one."""
        if self.type != _ROW_COUNT:
            return self
        return replace(self, arguments={**self.arguments, "min_value": 0})

    @property
    def place(self) -> str:
        """File and expectation, for messages."""
        return f"{self.model.path}: {self.type or 'an expectation without a type'}"


def read_expectations(models: Iterable[Model]) -> list[Expectation]:
    """The expectations of the models, in the order of their files.

    Raises ModelError for a column that the model does not have, an unknown severity, a missing
    `why`, or a verdict on the content of a long text.
    """
    return [_read(model, given) for model in models for given in model.expectations]


def _read(model: Model, given: Mapping[str, Any]) -> Expectation:
    found = Expectation(
        model,
        str(given.get("type", "")),
        str(given.get("severity", "")),
        str(given.get("why", "")),
        {key: value for key, value in given.items() if key not in _OWN_KEYS},
    )
    if found.severity not in SEVERITIES or not found.why:
        remedy = f"give it a `why` and a severity of {' or '.join(SEVERITIES)}"
        raise ModelError(f"{found.place}: {remedy}")
    for column in found.columns:
        _check_column(found, column)
    return found


def _check_column(found: Expectation, column: str) -> None:
    if column not in found.model.columns:
        known = ", ".join(found.model.columns)
        raise ModelError(f"{found.place}: no column {column!r}; columns of the model: {known}")
    if column in LONG_TEXT and found.type not in LENGTH_TYPES:
        allowed = ", ".join(sorted(LENGTH_TYPES))
        raise ModelError(f"{found.place}: {column} is a long text; use {allowed} or an audit")
