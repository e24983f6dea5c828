"""Audits: queries of `sql/audits` that return the rows that must not be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.validate.expectations import SEVERITIES
from pipelines.validate.results import MAX_IDS, Row
from pipelines.warehouse import Connection, DatabaseError, Model, ModelError, count_rows


def judge(
    con: Connection, audit: Model, *, schema: str = "marts", instead: str = ""
) -> Iterator[Row]:
    """Rows of `checks` of one audit, without the columns that stamp the run.

    The first column of an audit is the id of the failing row; `site` and `observed_value` are
    known by name. With a `site`, there is one row per failing site. Failing rows are counted in
    the database: however many there are, 20 ids per site leave it. A table in the schema `instead`
    is looked through in the place of that in `schema`, whose rows are those counted.

    Raises ModelError naming the file of an audit that cannot be run.
    """
    table = audited_table(audit)
    try:
        with _searching(con, *filter(None, [instead, schema])):
            found = con.execute(_summary(audit, con.sql(audit.sql).columns)).fetchall()
        row_count = count_rows(con, f'"{schema}"."{table}"')
    except DatabaseError as error:
        raise ModelError(f"{audit.path}: {error}") from error
    for site, count, observed, ids in found or [(None, 0, None, [])]:
        yield {
            "table_name": table,
            "column_name": None,
            "expectation_type": f"audit.{audit.name}",
            "severity": audit.severity,
            "site": site,
            "success": count == 0,
            "observed_value": observed,
            "unexpected_count": count,
            "row_count": row_count,
            "unexpected_ids": ids or [],
            "why": audit.why,
        }


def _summary(audit: Model, columns: list[str]) -> str:
    site = "site" if "site" in columns else "null::varchar"
    value = "max(observed_value)" if "observed_value" in columns else "null"
    return f"""
        select {site} as failing_site, count(*), {value}, min("{columns[0]}"::varchar, {MAX_IDS})
        from ({audit.sql})
        group by all
        order by failing_site
    """  # noqa: S608 (our own files)


def audited_table(audit: Model) -> str:
    """The public table with whose name the audit's file name begins.

    Raises ModelError for an audit without one, without a severity, or without a `why`.
    """
    marts = audit.path.parent.parent / "marts"
    names = [path.stem for path in marts.glob("*.sql") if audit.name.startswith(f"{path.stem}_")]
    if not names or audit.severity not in SEVERITIES or not audit.why:
        remedy = "its name begins with the table it judges, and it has a severity and a why"
        raise ModelError(f"{audit.path}: not an audit: {remedy}")
    return max(names, key=len)


@contextmanager
def _searching(con: Connection, *schemas: str) -> Iterator[None]:
    """Let audits name the public tables without a schema: the first that has one of the name."""
    before = con.execute("select current_setting('search_path')").fetchall()[0][0]
    con.execute(f"set search_path = '{','.join(schemas)}'")
    try:
        yield
    finally:
        con.execute(f"set search_path = '{before}'")
