# ruff: noqa: ANN001, ANN202, B018 (marimo's own shape: a cell shows its last expression)
"""A marimo notebook over the published tables: `marimo edit docs/explore.py`.

It reads `data/published/copydesk.duckdb`, or the file that COPYDESK_DATABASE names, read-only.
"""

import marimo

app = marimo.App(width="medium", app_title="copydesk")


@app.cell
def _():
    import os

    import duckdb
    import marimo as mo

    path = os.environ.get("COPYDESK_DATABASE", "data/published/copydesk.duckdb")
    con = duckdb.connect(path, read_only=True)
    return con, mo


@app.cell
def _(con, mo):
    nights = con.sql(
        "select logical_date, accepted_count, representative_count, rejected_count "
        "from runs order by logical_date desc limit 30"
    ).to_arrow_table()
    mo.vstack([mo.md("# The last nights"), mo.ui.table(nights)])
    return (nights,)


@app.cell
def _(con, mo):
    names = [row[0] for row in con.sql("select site from sites order by site").fetchall()]
    site = mo.ui.dropdown(names, value=names[0], label="Site")
    site
    return (site,)


@app.cell
def _(con, mo, site):
    drift = con.sql(
        "select night, measure, value, usual, score, verdict from site_drift "
        "where site = ? order by night desc, abs(score) desc nulls last limit 200",
        params=[site.value],
    ).to_arrow_table()
    removed = con.sql(
        "select removed_lines.kind, removed_lines.line_text, count(*) as line_count "
        "from removed_lines inner join documents using (document_id) "
        "where documents.site = ? group by all order by line_count desc limit 50",
        params=[site.value],
    ).to_arrow_table()
    mo.vstack([mo.md(f"# {site.value}"), mo.ui.table(drift), mo.ui.table(removed)])
    return drift, removed


if __name__ == "__main__":
    app.run()
