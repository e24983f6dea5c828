"""The quality gate: what the built tables must keep, judged before anyone may read them.

Expectations are written in the front matter of the marts under Great Expectations' own names;
audits are queries of `sql/audits` that return the rows that break them. Great Expectations sees a
narrow projection (keys and the columns that an expectation names, never a text); what spans rows
or tables is a query. Every result becomes a row of `checks`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import contract
from pipelines.validate import audits
from pipelines.validate.expectations import read_expectations
from pipelines.validate.grown import Grown
from pipelines.validate.projection import Way, judge
from pipelines.validate.values import judge_values
from pipelines.warehouse import SQL_FOLDER, Connection, Model, load_models


def check(  # noqa: PLR0913 - each is a fact of its own; all but one by name
    con: Connection,
    *,
    schema: str,
    run_id: str,
    checked_at: datetime,
    folder: Path = SQL_FOLDER,
    may_be_empty: bool = False,
) -> pa.Table:
    """All expectations and audits over the public tables in `schema`, as rows of `checks`.

    `schema` is `marts` for a night's candidate and `main` for a published file; models and audits
    of the stage `publish` exist in the second only. A check judged per site gives one row per site
    that failed, or one row without a site if none did.

    With `may_be_empty`, no table must have rows: all that ever came was taken down.

    Where what the tables were grown from is attached as `former`, and what has changed as `delta`,
    only the latter is judged, if that tells the same (`grown`).

    Imports Great Expectations (1.5 CPU-seconds). Raises ModelError naming the file of an
    expectation or audit that cannot be judged.
    """
    models = _present(load_models("marts", folder=folder), schema)
    queries = _present(load_models("audits", folder=folder), schema)
    grown = Grown.of(con, schema, models)
    shortcuts: list[Way] = [grown.judge] if grown else []
    shortcuts.append(partial(judge_values, con, schema))
    expectations = read_expectations(models)
    if may_be_empty:
        expectations = [it.of_empty() for it in expectations]
    rows = [*judge(con, expectations, schema=schema, shortcuts=shortcuts)]
    for audit in queries:
        rows += (grown and grown.audit(audit)) or audits.judge(con, audit, schema=schema)
    stamp = {"run_id": run_id, "checked_at": checked_at}
    return pa.Table.from_pylist([stamp | row for row in rows], schema=contract.CHECKS)


def gate(checks: pa.Table) -> list[dict[str, Any]]:
    """The failed critical rows of `checks`: while there is one, nothing is published."""
    rows: list[dict[str, Any]] = checks.to_pylist()
    return [row for row in rows if not row["success"] and row["severity"] == "critical"]


def _present(models: Iterable[Model], schema: str) -> list[Model]:
    return [model for model in models if schema == "main" or model.stage != "publish"]
