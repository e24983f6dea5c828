"""Published databases for tests: real DDL (the marts models themselves), invented nights.

Lake and linkage tables are made deterministically; the public tables are then built from them by
the models of `sql/staging` and `sql/marts`, and written as publishing does.
"""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
from invented_nights import LAST_NIGHT, SITES, Fault, Plan, Tables, add_run, invent_night, run_of

from pipelines import contract, publish, views, warehouse
from pipelines.settings import Settings

__all__ = ["LAST_NIGHT", "SITES", "Fault", "Plan", "build", "publish_plan"]

_CLUSTER_COLUMNS = {
    "document_id": pa.string(),
    "article_id": pa.string(),
    "copy_relation": pa.string(),
    "copy_score": pa.float32(),
    "copy_of_document_id": pa.string(),
}
_PAIR_COLUMNS = {
    "document_id": pa.string(),
    "other_document_id": pa.string(),
    "relation": pa.string(),
    "score": pa.float32(),
    "derived_from_document_id": pa.string(),
    "evidence": pa.string(),
}


_CHECKS_SQL = """
    select
        runs.run_id, runs.started_at as checked_at,
        ['documents', 'articles', 'removed_lines', 'stories'][1 + c % 4] as table_name,
        if(c % 5 = 0, null, 'column_' || c) as column_name,
        ['expect_column_values_to_be_between', 'expect_column_values_to_not_be_null',
            'audit.site_floor_' || c][1 + c % 3] as expectation_type,
        if(c % 3 = 0, 'critical', 'warning') as severity,
        if({sites} > 0 and c % {every} = {every} - 1, sites.site, null) as site,
        h % {calm} <> 0 and not (
            sites.site in ({faulty}) and c % {every} = {every} - 1
            and runs.logical_date = date '{last}'
        ) as success,
        round(0.8 + 0.1 * sin(c + night * 0.3) + (h % 100) / 1000.0, 4) as observed_value,
        if(success, 0, 1 + h % 9)::bigint as unexpected_count,
        (100 + h % 50)::bigint as row_count,
        []::varchar[] as unexpected_ids,
        'Invented reason number ' || c || ': below it something upstream broke.' as why,
    from (select *, row_number() over (order by run_id) as night from lake.runs) as runs
    cross join range({checks}) as checks(c)
    cross join (select unnest({names}) as site) as sites
    , lateral (select hash(runs.run_id, c, sites.site) % 1000000 as h) as chance
    where c % {every} = {every} - 1 or sites.site = {first}
"""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _show_checks(con: warehouse.Connection, plan: Plan) -> None:
    faulty = [_literal(it.site) for it in plan.faults if it.kind == "check"]
    names = [_literal(it) for it in plan.site_names()]
    sql = _CHECKS_SQL.format(
        every=plan.every,
        sites=plan.sites, faulty=", ".join(faulty) or "''", last=LAST_NIGHT, checks=plan.checks,
        names=f"[{', '.join(names)}]", first=names[0], calm=400,
    )  # fmt: skip
    con.execute(f"create table lake.checks as {sql}")


def build(plan: Plan, settings: Settings, database: Path | None = None) -> warehouse.Connection:
    """A connection with the lake views and every marts table of a plan, in a file if given."""
    chance = random.Random(plan.seed)
    tables = Tables()
    for day in plan.days():
        invent_night(plan, tables, day, chance)
        add_run(plan, tables, day, chance)
    con = warehouse.connect(settings)
    names = ("documents", "articles", "removed_lines", "repairs", "rejected_documents")
    for name in (*names, "runs", "tombstones"):
        schema = contract.LAKE_TABLES[name]
        views.show_table(con, name, pa.Table.from_pylist(tables[name], schema=schema))
    _show_checks(con, plan)
    con.execute("create schema linkage")
    members = dict.fromkeys(("article_id", "story_id"), pa.string())
    linkage = {"clusters": _CLUSTER_COLUMNS, "story_members": members, "pairs": _PAIR_COLUMNS}
    for name, columns in linkage.items():
        con.register("rows", pa.Table.from_pylist(tables[name], schema=pa.schema(columns.items())))
        con.execute(f"create table linkage.{name} as select * from rows")
        con.unregister("rows")
    warehouse.build(con, warehouse.load_models("staging"))
    if database:
        publish.attach(con, database, "marts")
    warehouse.build(con, warehouse.load_models("marts"))
    return con


def publish_plan(plan: Plan, home: Path) -> Path:
    """Build and publish a plan below a home folder; the path of the serving file."""
    settings = Settings(home=home)
    database = home / "night.duckdb"
    with warehouse.closing(build(plan, settings, database)) as con:
        models = warehouse.load_models("marts")
        stamps = {"run_id": run_of(plan, LAST_NIGHT), "state": "0" * 64, "origin": "0" * 64}
        staging = publish.write_version(con, settings, models, database=database, **stamps)
    return publish.switch(settings, staging)
