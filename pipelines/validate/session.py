"""Great Expectations, quiet and in memory: the only module that imports it, and only when used."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pipelines.validate.expectations import LENGTH_TYPES, LONG_TEXT, Expectation
from pipelines.validate.imports import importing
from pipelines.validate.results import MAX_IDS, Result
from pipelines.warehouse import ModelError

_QUIET: Final = {"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
_RARELY_USED: Final = ("altair", "scipy.stats")
"""What it imports for charts and distributions, which few expectations ask for."""
_EXTRAS: Final = ("sqlalchemy",)
"""An extra of it for databases: frames need none. Prefect brings it into the environment."""


class Session:
    """An ephemeral Great Expectations context with one data source: frames in memory."""

    def __init__(self) -> None:
        os.environ.update(_QUIET)
        with _hushed(), importing(later=_RARELY_USED, without=_EXTRAS):
            import great_expectations as gx
            from great_expectations.data_context.types import base as configuration
            from great_expectations.expectations import registry

            self._gx, self._registry = gx, registry
            stores = configuration.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
            config = configuration.DataContextConfig(
                store_backend_defaults=stores,
                progress_bars=configuration.ProgressBarsConfig(globally=False),
                analytics_enabled=False,
            )
            context = gx.get_context(mode="ephemeral", project_config=config)
            asset = context.data_sources.add_pandas("warehouse").add_dataframe_asset("frame")
            self._batches = asset.add_batch_definition_whole_dataframe("whole")

    def make(self, expectation: Expectation, position: int = 0) -> Any:
        """Great Expectations' own object of an expectation.

        Raises ModelError for a type or an argument that it does not know.
        """
        kind = expectation.type
        if LONG_TEXT.intersection(expectation.columns):
            kind = LENGTH_TYPES[kind]
        try:
            return self._implementation(kind)(
                **expectation.arguments,
                severity=expectation.severity,
                meta={"position": position, "why": expectation.why},
            )
        except (ValueError, TypeError, self._gx.exceptions.GreatExpectationsError) as error:
            raise ModelError(f"{expectation.place}: {_first_line(error)}") from error

    def _implementation(self, kind: str) -> Any:
        return self._registry.get_expectation_impl(kind)

    def validate(
        self, frame: Any, expectations: tuple[Expectation, ...], grain: tuple[str, ...]
    ) -> list[Result]:
        """One result per expectation, in order, over the rows of a pandas frame.

        Raises ModelError for an expectation that Great Expectations cannot judge on these columns.
        """
        made = [self.make(it, position) for position, it in enumerate(expectations)]
        suite = self._gx.ExpectationSuite(name="suite", expectations=made)
        form = {
            "result_format": "SUMMARY",
            "partial_unexpected_count": MAX_IDS,
            "unexpected_index_column_names": list(grain),
        }
        with _hushed():
            batch = self._batches.get_batch({"dataframe": frame})
            found = batch.validate(suite, result_format=form).results
        by_position = {it.expectation_config.meta["position"]: it for it in found}
        return [
            _result(it, by_position[position], grain) for position, it in enumerate(expectations)
        ]


def _result(expectation: Expectation, found: Any, grain: tuple[str, ...]) -> Result:
    raised = _exception(found.exception_info)
    if raised:
        raise ModelError(f"{expectation.place}: cannot be judged: {raised}")
    result = found.result
    observed = result.get("observed_value")
    return Result(
        success=bool(found.success),
        unexpected_count=result.get("unexpected_count"),
        judged_count=result.get("element_count", 0) - result.get("missing_count", 0),
        observed_value=float(observed) if isinstance(observed, int | float) else None,
        ids=tuple(
            ":".join(str(row[column]) for column in grain)
            for row in result.get("partial_unexpected_index_list") or ()
        ),
    )


def _exception(info: dict[str, Any]) -> str | None:
    """The first message of what Great Expectations caught; it nests them by metric."""
    nested = [info, *(it for it in info.values() if isinstance(it, dict))]
    messages = [str(it.get("exception_message")) for it in nested if it.get("raised_exception")]
    return messages[0].splitlines()[0] if messages else None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(lines[:3])


@contextmanager
def _hushed() -> Iterator[None]:
    """No warnings and no log lines of Great Expectations for the length of a block."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
