"""Panels → page: run the queries, shape their rows, fill the template, write the file."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines import warehouse
from pipelines.dashboard import charts, raw_text, sentence, shown, side_by_side
from pipelines.dashboard.charts import Point, Series, Stretch
from pipelines.durable import write_atomically
from pipelines.warehouse import Connection

Row = dict[str, Any]
Panels = Mapping[str, list[Row]]

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_CELL_GAP_NIGHTS: Final = 90  # with more nights a gap between cells would be wider than a cell
_EVERYTHING: Final = "everything"


def render(con: Connection, out: Path, *, generated_at: datetime) -> Path:
    """Write the page of the latest run to `out`, atomically; returns `out`.

    `con` has the public tables in its search path. Raises LookupError if no run is recorded.
    """
    write_atomically(out, html(panels(con), generated_at).encode("utf-8", "replace"))
    return out


def panels(con: Connection, only: Collection[str] = ()) -> Panels:
    """The rows of every query of `sql/dashboard/`, or of some, by name."""
    models = warehouse.load_models("dashboard")
    wanted = [model for model in models if not only or model.name in only]
    return {model.name: warehouse.query(con, model.sql).to_pylist() for model in wanted}


def html(rows: Panels, generated_at: datetime) -> str:
    """The page. Raises LookupError if no run is recorded."""
    if not rows["tonight"]:
        raise LookupError("no run is recorded: the page would be empty; run `copydesk run` first")
    style, script = _asset("dashboard.css"), _asset("dashboard.js")
    context = _context(rows)
    style = f":root{{--nights:{len(rows['nights'])}}}{style}"
    template = _environment().get_template("dashboard.html.j2")
    return template.render(
        context,
        generated_at=generated_at,
        style=Markup(style),  # noqa: S704 (our own file)
        script=Markup(script),  # noqa: S704 (our own file)
        policy=_policy(style, script),
        panel=rows,
        number_of_nights=len(rows["nights"]),
        has_gaps=len(rows["nights"]) <= _CELL_GAP_NIGHTS,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(shown.FILTERS)
    return environment


def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8").strip()


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _context(rows: Panels) -> Row:
    tonight = rows["tonight"][0]
    found = sentence.all_findings(rows["findings"], rows["new_lines"], tonight["night"])
    return {
        "tonight": tonight,
        "verdict": sentence.verdict(tonight, found),
        "what_changed": sentence.what_changed(tonight),
        "ledger": _ledger(rows["nights"]),
        "checks": [_check(row) for row in rows["checks"]],
        "failing_checks": sum(row["is_failing"] for row in rows["checks"]),
        **_sites(rows),
        "kinds": _kinds(rows["removed_kinds"]),
        "samples": [_sample(row) for row in rows["removed_samples"]],
        "pairs": [_pair(row) for row in rows["duplicates"]],
        "stories": [_story(row) for row in rows["stories"]],
        "verbs": _verbs(rows["durations"]),
        "tables": _tables(rows["dictionary"]),
    }


_LAYERS: Final = (
    ("article", "articles", "article_count"),
    ("copy", "copies", "copy_count"),
    ("refused", "refused", "rejected_count"),
)


def _ledger(nights: Sequence[Row]) -> Markup:
    """Bars of what was new: what lies in the landing zone from earlier nights outgrows it."""
    series = [Series(css, name, [row[key] for row in nights]) for css, name, key in _LAYERS]
    labels = [shown.day(row["night"]) for row in nights]
    new = [sum(row[key] for _, _, key in _LAYERS) for row in nights]
    most = max(range(len(nights)), key=new.__getitem__)
    label = f"New documents per night, {shown.plural(len(nights), 'night')}; most on "
    label += f"{shown.day(nights[most]['night'])}: {shown.number(new[most])}"
    return charts.stacked_bars(series, labels, label)


def _check(row: Row) -> Row:
    points = [
        Point(shown.day(it["night"]), it["value"], bool(it["failed"])) for it in row["history"]
    ]
    return {**row, "spark": charts.sparkline(points, row["usual"])}


def _sites(rows: Panels) -> Row:
    nights = [row["night"] for row in rows["nights"]]
    by_site: dict[str, list[Row]] = defaultdict(list)
    for row in rows["site_map"]:
        by_site[row["site"]].append(row)
    lenses = sorted({row["lens"] for row in rows["site_map"]})
    index = {lens: number for number, lens in enumerate(lenses)}
    sites, cells = [], []
    for row in rows["sites"]:
        stretches = by_site.get(row["site"], [])
        worst = _worst(stretches, len(nights))
        label = _strip_label(worst, nights, row["first_judged"])
        strip = charts.strip(worst, row["first_judged"], len(nights), label)
        volume = [Point("", value) for value in row["volume"]]
        sites.append({**row, "strip": strip, "spark": charts.sparkline(volume, from_zero=True)})
        cells.append(
            [
                [index[it["lens"]], it["level"], it["first_night"], it["night_count"]]
                for it in stretches
            ]
        )
    return {"sites": sites, "lenses": lenses, "cells": cells}


def _worst(stretches: Sequence[Row], nights: int) -> list[Stretch]:
    levels = [0] * nights
    for it in stretches:
        for night in range(it["first_night"], it["first_night"] + it["night_count"]):
            levels[night] = max(levels[night], it["level"])
    found: list[Stretch] = []
    for night, level in enumerate(levels):
        if found and found[-1].level == level and night:
            found[-1] = Stretch(found[-1].first, found[-1].count + 1, level)
        else:
            found.append(Stretch(night, 1, level))
    return [it for it in found if it.level]


def _strip_label(worst: Sequence[Stretch], nights: Sequence[date], first: int | None) -> str:
    off = [night for it in worst for night in nights[it.first : it.first + it.count]]
    judged = shown.plural(0 if first is None else len(nights) - first, "night") + " judged"
    if not off:
        return f"{judged}, none out of the ordinary"
    return f"{judged}, {len(off)} out of the ordinary, last {shown.day(off[-1])}"


def _kinds(rows: Sequence[Row]) -> list[Row]:
    top = max((row["line_count"] for row in rows), default=0)
    return [{**row, "bar": charts.bar(row["line_count"], top)} for row in rows]


def _sample(row: Row) -> Row:
    found = raw_text.pieces(row["article_body"], row["removed_lines"], row["repairs"])
    return {**row, "blocks": raw_text.blocks(found), "line_count": len(row["removed_lines"])}


def _pair(row: Row) -> Row:
    left, right = row["article_body"], row["other_article_body"]
    source = row["derived_from_document_id"]
    side = {row["document_id"]: "left", row["other_document_id"]: "right"}.get(source, "")
    return {**row, "proof": side_by_side.proof(left, right, row["evidence"]), "source": side}


def _story(row: Row) -> Row:
    label = f"{shown.plural(len(row['hours']), 'timed document')}"
    if row["hours"]:
        label += f" within {shown.hours(row['hours'][-1])}"
    return {**row, "spread": charts.dots(row["hours"], label)}


def _verbs(rows: Sequence[Row]) -> list[Row]:
    by_verb: dict[str, list[Point]] = defaultdict(list)
    for row in rows:
        by_verb[row["verb"]].append(Point(shown.day(row["night"]), row["seconds"]))
    totals = {row["run_id"]: Point(shown.day(row["night"]), row["total_seconds"]) for row in rows}
    by_verb["whole run"] = list(totals.values())
    return [
        {
            "verb": verb,
            "seconds": points[-1].value,
            "usual": sorted(point.value for point in points)[len(points) // 2],
            "spark": charts.sparkline(points, from_zero=True),
        }
        for verb, points in by_verb.items()
    ]


def _tables(rows: Sequence[Row]) -> list[Row]:
    tables: dict[str, Row] = {}
    for row in rows:
        table = tables.setdefault(
            row["table_name"],
            {"name": row["table_name"], "description": row["table_description"], "columns": []},
        )
        table["columns"].append(row)
    return list(tables.values())
