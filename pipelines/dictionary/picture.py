"""The lineage picture: every table with its columns, from the lake to the public tables, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import escape

from pipelines.dictionary.lineage import Table

_WIDTH: Final = 210
_GAP: Final = 90
_ROW: Final = 15
_HEAD: Final = 22
_SPACE: Final = 18
_STYLE: Final = """
svg{font:11px system-ui,'Liberation Sans',sans-serif;background:#faf9f6;color:#1d2126}
rect{fill:#fff;stroke:#d9d4ca}text{fill:currentcolor}.t{font-weight:600;fill:#1d5c87}
path{fill:none;stroke:#1d5c87;stroke-width:.7;opacity:.35}path:hover{opacity:1;stroke-width:2}
@media (prefers-color-scheme:dark){svg{background:#14171a;color:#e8e6e1}rect{fill:#1b1f23;
stroke:#2e343a}.t{fill:#82bbe2}path{stroke:#82bbe2}}
"""


@dataclass(frozen=True, slots=True)
class _Box:
    table: Table
    columns: Sequence[str]
    x: int
    y: int

    @property
    def height(self) -> int:
        return _HEAD + _ROW * len(self.columns) + 6

    def port(self, column: str) -> int:
        """Height of a column's text, or of the head if it is not drawn."""
        if column not in self.columns:
            return self.y + _HEAD // 2
        return self.y + _HEAD + _ROW * list(self.columns).index(column) + 9


def picture(tables: Mapping[str, Table]) -> str:
    """An SVG of all tables, those that read nothing at the left; a curve per column and source."""
    boxes = _placed(tables)
    width = max(box.x for box in boxes.values()) + _WIDTH + 20
    height = max(box.y + box.height for box in boxes.values()) + 20
    curves = [
        _curve(boxes[source], boxes[table.name], origin, column)
        for table in tables.values()
        for column, sources in table.sources.items()
        for source, origin in sources
    ]
    label = "Lineage of the public tables, column by column"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{label}"><style>{_STYLE.strip()}</style>'
        + "".join(curves)
        + "".join(_drawn(box) for box in boxes.values())
        + "</svg>\n"
    )


def _placed(tables: Mapping[str, Table]) -> dict[str, _Box]:
    used = {source for table in tables.values() for it in table.sources.values() for source in it}
    depths: dict[str, int] = {}
    for name in tables:
        _depth(name, tables, depths)
    below = dict.fromkeys(range(max(depths.values()) + 1), 20)
    boxes: dict[str, _Box] = {}

    def place(name: str) -> tuple[int, float, str]:
        """Beside what it reads, as far as it goes: fewer curves cross."""
        heights = [boxes[it].y for it in tables[name].reads]
        return depths[name], sum(heights) / max(len(heights), 1), name

    for depth in below:
        layer = [name for name in tables if depths[name] == depth]
        for name in sorted(layer, key=place):
            table = tables[name]
            is_lake = table.schema == "lake"
            columns = [it for it in table.columns if not is_lake or (name, it) in used]
            boxes[name] = _Box(table, columns, 20 + depth * (_WIDTH + _GAP), below[depth])
            below[depth] += boxes[name].height + _SPACE
    return boxes


def _depth(name: str, tables: Mapping[str, Table], depths: dict[str, int]) -> int:
    if name not in depths:
        reads = tables[name].reads
        depths[name] = 1 + max((_depth(it, tables, depths) for it in reads), default=-1)
    return depths[name]


def _curve(start: _Box, end: _Box, origin: str, column: str) -> str:
    x1, y1, x2, y2 = start.x + _WIDTH, start.port(origin), end.x, end.port(column)
    middle = (x1 + x2) // 2
    words = f"{start.table.name}.{origin} → {end.table.name}.{column}"
    curve = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    return f'<path d="{curve}"><title>{escape(words)}</title></path>'


def _drawn(box: _Box) -> str:
    rows = "".join(
        f'<text x="{box.x + 10}" y="{box.port(column) + 3}">{escape(column)}</text>'
        for column in box.columns
    )
    name = f'<text class="t" x="{box.x + 10}" y="{box.y + 15}">{escape(box.table.name)}</text>'
    frame = f'x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{box.height}" rx="5"'
    return f"<g><title>{escape(box.table.description)}</title><rect {frame}/>{name}{rows}</g>"
