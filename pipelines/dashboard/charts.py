"""Charts as SVG text, drawn on the server: no script, no style attribute, each with its words.

Shapes are stretched to their box by the style sheet (`preserveAspectRatio="none"`), so that all
coordinates are small whole numbers and a year of nights stays a few kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from pipelines.dashboard.shown import number

_SPARK_WIDTH: Final = 116
_SPARK_HEIGHT: Final = 22
_BAR_HEIGHT: Final = 400
_HOVER_NIGHTS: Final = 60  # beyond this a bar is narrower than a pointer can hit
_LEAST_BARS: Final = 14  # fewer would be blocks, not bars


@dataclass(frozen=True, slots=True)
class Point:
    """One night of a sparkline."""

    label: str
    value: float
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of stacked bars: a CSS class, its name, and a value per bar."""

    css: str
    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of nights at one level: 1 watch, 2 fault."""

    first: int
    count: int
    level: int


def _svg(css: str, box: str, label: str, body: str, *, stretched: bool = True) -> Markup:
    ratio = ' preserveAspectRatio="none"' if stretched else ""
    head = f'<svg class="{css}" viewBox="{box}" role="img" aria-label="{escape(label)}"{ratio}>'
    return Markup(f"{head}{body}</svg>")  # noqa: S704 (numbers, constants and escaped text)


def sparkline(
    points: Sequence[Point], usual: float | None = None, *, from_zero: bool = False
) -> Markup:
    """A line over nights; the usual as a dashed line, bad nights and tonight as dots."""
    if len(points) < 2:
        return Markup('<span class="soft">–</span>')
    values = [point.value for point in points] + ([usual] if usual is not None else [])
    low, high = min(*values, 0) if from_zero else min(values), max(values)

    def place(index: int, value: float) -> tuple[int, int]:
        x = 3 + round((_SPARK_WIDTH - 6) * index / (len(points) - 1))
        y = 3 + round((_SPARK_HEIGHT - 6) * (0.5 if high == low else (high - value) / (high - low)))
        return x, y

    places = [place(index, point.value) for index, point in enumerate(points)]
    parts = []
    if usual is not None:
        parts.append(f'<path class="usual" d="M3 {place(0, usual)[1]}H{_SPARK_WIDTH - 3}"/>')
    line = " ".join(f"{x} {y}" for x, y in places)
    parts.append(f'<path class="line" d="M{line}"/>')
    bad = [place for point, place in zip(points, places, strict=True) if point.is_bad]
    parts += [f'<circle class="bad" cx="{x}" cy="{y}" r="2.5"/>' for x, y in bad]
    if not points[-1].is_bad:
        parts.append(f'<circle class="now" cx="{places[-1][0]}" cy="{places[-1][1]}" r="2.5"/>')
    box = f"0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}"
    return _svg("spark", box, _spoken(points, usual), "".join(parts), stretched=False)


def _spoken(points: Sequence[Point], usual: float | None) -> str:
    values = [point.value for point in points]
    text = f"{len(points)} nights, from {number(min(values))} to {number(max(values))}, "
    text += f"last {number(values[-1])}"
    if usual is not None:
        text += f", usual {number(usual)}"
    bad = [point.label for point in points if point.is_bad]
    if bad:
        text += f"; failed on {len(bad)}, last on {bad[-1]}"
    return text


def stacked_bars(series: Sequence[Series], labels: Sequence[str], label: str) -> Markup:
    """Bars of stacked layers, one per label, scaled to the highest bar."""
    totals = [sum(layer.values[index] for layer in series) for index in range(len(labels))]
    top = max(totals, default=0) or 1
    levels = [0.0] * len(labels)
    parts = []
    for layer in series:
        path = []
        for index, value in enumerate(layer.values):
            low, high = _height(levels[index], top), _height(levels[index] + value, top)
            levels[index] += value
            if low != high:
                path.append(f"M{10 * index + 1} {low}V{high}h8V{low}z")
        parts.append(f'<path class="{layer.css}" d="{"".join(path)}"/>')
    if len(labels) <= _HOVER_NIGHTS:
        parts += [_hover(index, name, series) for index, name in enumerate(labels)]
    width = 10 * max(len(labels), _LEAST_BARS)
    return _svg("bars", f"0 0 {width} {_BAR_HEIGHT}", label, "".join(parts))


def _height(value: float, top: float) -> int:
    return round(_BAR_HEIGHT * (1 - value / top))


def _hover(index: int, name: str, series: Sequence[Series]) -> str:
    counts = ", ".join(f"{number(layer.values[index])} {layer.name}" for layer in series)
    box = f'x="{10 * index}" width="10" height="{_BAR_HEIGHT}"'
    return f'<rect class="hover" {box}><title>{escape(name)}: {escape(counts)}</title></rect>'


def strip(stretches: Iterable[Stretch], first: int | None, nights: int, label: str) -> Markup:
    """One row of a heat map: a cell per night, judged from night `first` on, coloured by level."""
    paths = {level: "" for level in (1, 2)}
    for it in stretches:
        paths[it.level] += f"M{it.first} .5h{it.count}"
    calm = "" if first is None else f"M{first} .5H{nights}"
    body = f'<path class="calm" d="{calm}"/>'
    body += f'<path class="watch" d="{paths[1]}"/><path class="fault" d="{paths[2]}"/>'
    return _svg("strip", f"0 0 {nights} 1", label, body)


def bar(value: float, top: float) -> Markup:
    """A thin horizontal bar, the share of `value` in `top`; its number stands beside it."""
    width = max(1, round(100 * value / top)) if top else 0
    path = f'<path d="M0 0h{width}v1h-{width}z"/>'
    head = '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f"{head}{path}</svg>")  # noqa: S704 (numbers only)


def dots(places: Sequence[float], label: str) -> Markup:
    """Dots on a line from 0 to the largest place: when a story was told again."""
    top = max(places, default=0) or 1
    marks = "".join(
        f'<circle cx="{4 + round(142 * place / top)}" cy="7" r="3"/>' for place in places
    )
    return _svg("dots", "0 0 150 14", label, f'<path d="M4 7H146"/>{marks}', stretched=False)
