"""Judge what a night added to tables that were judged before, where that tells what all rows would.

A night that grows tables copies those that readers see and replaces the rows of the keys it
touches (docs/decisions/0019); every other row was judged when it was published. So, of an
expectation or an audit that nothing broke, only the new rows are judged: if they do not break it
either, nothing does. Of one that some rows broke and may (`mostly`), the counts are those of then,
without the rows replaced, with the new ones. In all other cases, and whenever the new rows bring up
what was not there before, all rows are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from pipelines.validate import audits
from pipelines.validate.expectations import Expectation
from pipelines.validate.projection import Projection, frame
from pipelines.validate.results import MAX_IDS, Result, Row, counted
from pipelines.validate.session import Session
from pipelines.warehouse import Connection, Model, count_rows, literal, names_read, query

_OF_ARTICLES: Final = ("document_id", "article_id")
"""Keys of which a night touches those of whole articles, with all their documents."""

_Key = tuple[str | None, ...]
"""What was judged: table, columns, type, severity and why. What else a model says of it does not
change while its tables grow."""


@dataclass(frozen=True, slots=True)
class Grown:
    """Tables of `schema` that are those of `former`, changed by what is in `delta`.

    `models` are the public tables by name, `checks` the rows of `checks` of the former ones.
    """

    con: Connection
    schema: str
    models: Mapping[str, Model]
    checks: Mapping[_Key, list[Row]]

    @classmethod
    def of(cls, con: Connection, schema: str, models: Iterable[Model]) -> Self | None:
        """Tables that were grown as they should be; None if not grown, or if counts do not add up.

        `delta.grown_from` names the run whose checks, in `former`, are those of the former tables.
        """
        if not _is_there(con, "delta", "grown_from"):
            return None
        sql = "select checks.* from former.checks semi join delta.grown_from using (run_id)"
        checks: dict[_Key, list[Row]] = {}
        for row in query(con, sql).to_pylist():
            names = ("table_name", "column_name", "expectation_type", "severity", "why")
            checks.setdefault(tuple(row[name] for name in names), []).append(row)
        grown = cls(con, schema, {it.name: it for it in models}, checks)
        growing = [it for it in grown.models.values() if it.grows]
        adds_up = all(map(grown._adds_up, growing)) and grown._has_whole_articles()
        return grown if adds_up else None

    def judge(
        self, session: Session, own: Sequence[Expectation], chunk_rows: int
    ) -> list[Result | None]:
        """Results of expectations on one table; None where all its rows must be judged."""
        found: list[Result | None] = [None] * len(own)
        known = {number: row for number, it in enumerate(own) if (row := self._known(it))}
        if not known:
            return found
        new, old = f'delta."{own[0].model.name}"', self._replaced(own[0].model)
        if max(count_rows(self.con, new), count_rows(self.con, old)) > chunk_rows:
            return found
        now = self._results(session, new, [own[number] for number in known])
        broken = [number for number, row in known.items() if row["unexpected_count"]]
        then = self._results(session, old, [own[number] for number in broken])
        replaced = dict(zip(broken, then, strict=True))
        for (number, row), added in zip(known.items(), now, strict=True):
            if number in replaced:
                found[number] = self._changed(own[number], row, replaced[number], added)
            elif not added.unexpected_count:
                found[number] = counted(own[number], 0, added.judged_count, ())
        return found

    def audit(self, audit: Model) -> list[Row]:
        """Rows of `checks` of an audit that finds nothing; none if all rows must be looked at."""
        model = self.models[audits.audited_table(audit)]
        key = (model.name, None, f"audit.{audit.name}", audit.severity, audit.why)
        former = self._former(model, key)
        if former is None or former["unexpected_count"] or not self._is_of_articles(audit):
            return []
        rows = list(audits.judge(self.con, audit, schema=self.schema, instead="delta"))
        return rows if rows[0]["success"] else []

    def _adds_up(self, model: Model) -> bool:
        """Whether the rows of touched keys are the new ones, and the others as many as before."""
        now, then, new = f'"{self.schema}"."{model.name}"', _former(model), f'delta."{model.name}"'
        touched = f'"{model.grows}" in (from {_touched(model)})'
        sql = f"""
            select
                (select count(*) from {new} where {touched}) = (select count(*) from {new})
                and (select count(*) from {now} where {touched}) = (select count(*) from {new})
                and (select count(*) from {now}) - (select count(*) from {now} where {touched})
                = (select count(*) from {then}) - (select count(*) from {then} where {touched})
        """  # noqa: S608 (names of our own models)
        return bool(self.con.execute(sql).fetchall()[0][0])

    def _known(self, it: Expectation) -> Row | None:
        """What was found on the former table, if it tells of the rows that still stand."""
        if not it.model.grows or not (it.is_unique or it.is_per_row):
            return None
        column = ", ".join(it.columns) or None
        row = self._former(it.model, (it.model.name, column, it.type, it.severity, it.why))
        if row and it.is_unique and (row["unexpected_count"] or not self._are_apart(it)):
            return None
        return row

    def _former(self, model: Model, key: _Key) -> Row | None:
        """The only row of `checks` on a former table, all its rows judged."""
        rows = self.checks.get(key, [])
        if len(rows) != 1 or not model.grows or rows[0]["unexpected_count"] is None:
            return None
        return rows[0] if rows[0]["row_count"] == count_rows(self.con, _former(model)) else None

    def _are_apart(self, it: Expectation) -> bool:
        """Whether no row but the new ones has the values of a new row in the columns named.

        Where a touched key is among the columns, it has not: `_adds_up`.
        """
        if it.model.grows in it.columns:
            return True
        now, new = f'"{self.schema}"."{it.model.name}"', f'delta."{it.model.name}"'
        same = " and ".join(
            f'new."{name}" is not distinct from now."{name}"' for name in it.columns
        )
        shared = f"(select 1 from {now} as now semi join {new} as new on {same})"  # noqa: S608
        return count_rows(self.con, shared) == count_rows(self.con, new)

    def _results(
        self, session: Session, table: str, expectations: Sequence[Expectation]
    ) -> list[Result]:
        """Results on all rows of a small table or query."""
        if not expectations:
            return []
        projection = Projection(table, tuple(expectations), expectations[0].model.grain)
        (sql,) = projection.queries()
        return session.validate(frame(self.con, sql), projection.expectations, projection.grain)

    def _changed(self, it: Expectation, row: Row, replaced: Result, added: Result) -> Result | None:
        """The result on all rows, from that on the former ones; None if it cannot be told."""
        if not row["observed_value"]:
            return None
        judged = round(row["unexpected_count"] / row["observed_value"])
        unexpected = row["unexpected_count"] - (replaced.unexpected_count or 0)
        unexpected += added.unexpected_count or 0
        now_judged = judged - replaced.judged_count + added.judged_count
        ids = (*self._standing(it.model, row["unexpected_ids"]), *added.ids)
        is_exact = row["unexpected_count"] / judged == row["observed_value"]
        if not is_exact or not 0 <= unexpected <= now_judged or len(ids) < min(unexpected, MAX_IDS):
            return None
        return counted(it, unexpected, now_judged, ids)

    def _standing(self, model: Model, ids: Iterable[str]) -> list[str]:
        """Those of the ids whose rows were not touched."""
        grain = ", ".join(f'"{column}"' for column in model.grain)
        name = f"concat_ws(':', {grain})"
        wanted = ", ".join(map(literal, ids)) or "null"
        sql = f"""
            select {name} from "{self.schema}"."{model.name}"
            where {name} in ({wanted}) and "{model.grows}" not in (from {_touched(model)})
            order by all
        """  # noqa: S608 (names of our own models, quoted ids)
        return [row[0] for row in self.con.execute(sql).fetchall()]

    def _replaced(self, model: Model) -> str:
        """The former rows of touched keys, as a query."""
        touched = f'"{model.grows}" in (from {_touched(model)})'
        return f"(from {_former(model)} where {touched})"

    def _is_of_articles(self, audit: Model) -> bool:
        """Whether what an audit says of an article is decided by rows that a night would touch."""
        if audit.grows not in _OF_ARTICLES:
            return False
        read = [self.models[it] for it in names_read(self.con, audit.sql) if it in self.models]
        return all(it.grows in _OF_ARTICLES for it in read)

    def _has_whole_articles(self) -> bool:
        """Whether of each touched article all documents are touched, and of no other any."""
        sql = f"""
            select 1 from "{self.schema}".documents
            where (article_id in (from delta.touched_articles))
            is distinct from (document_id in (from delta.touched_documents))
        """  # noqa: S608 (names of our own models)
        return count_rows(self.con, f"({sql})") == 0


def _is_there(con: Connection, schema: str, table: str) -> bool:
    """Whether a table is in a schema, or in the database attached by that name."""
    sql = "select 1 from duckdb_tables() where table_name = ? and ? in (schema_name, database_name)"
    return bool(con.execute(sql, [table, schema]).fetchall())


def _former(model: Model) -> str:
    return f'former."{model.name}"'


def _touched(model: Model) -> str:
    """Keys whose rows are new or gone."""
    return f'delta."touched_{model.grows.removesuffix("_id")}s"'
