"""Rows of the speed table, the table itself, and the ratios that must not grow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from speed_measure import Cost

SLACK: Final = 1.25
"""How far a ratio may grow beyond what was measured before the benchmark fails: a machine that
others use moves ratios of CPU seconds by some 15 per cent."""


@dataclass(frozen=True)
class Row:
    """What one thing cost, repeat by repeat, and the floor of each repeat."""

    name: str
    documents: int
    costs: list[Cost]
    floors: list[Cost]

    def ratios(self) -> list[float]:
        """CPU against the floor's, each document counted."""
        pairs = zip(self.costs, self.floors, strict=True)
        return [it.cpu / max(low.cpu, 1e-9) for it, low in pairs]

    def as_json(self) -> dict[str, Any]:
        """The row with its medians and spread."""
        cpu, ratios = median(it.cpu for it in self.costs), self.ratios()
        return {
            "name": self.name,
            "documents": self.documents,
            "repeats": len(self.costs),
            "wall_s": round(median(it.wall for it in self.costs), 2),
            "cpu_s": round(cpu, 2),
            "documents_per_cpu_s": round(self.documents / max(cpu, 0.01)),
            "peak_mb": round(max(it.peak for it in self.costs) / 1e6),
            "ratio": round(median(ratios), 2),
            "ratio_low": round(min(ratios), 2),
            "ratio_high": round(max(ratios), 2),
        }

    def line(self) -> str:
        """The row as a line of the table."""
        return _line(self.as_json())


_COLUMNS: Final = (
    "documents", "what", "wall, s", "CPU, s", "documents / CPU-s", "peak, MB",
    "CPU against the floor",
)  # fmt: skip
HEADER: Final = (f"| {' | '.join(_COLUMNS)} |", "|---:|---|---:|---:|---:|---:|---:|")


def markdown(content: dict[str, Any]) -> str:
    """The table with what goes with it."""
    rows = [_line(row) for row in content["rows"]]
    ratios = [f"- {name}: {value}" for name, value in content["ratios"].items()]
    notes = [f"- {note}" for note in content["notes"]]
    head = ["# Speed", "", f"Measured by `benchmarks/speed.py` on {content['machine']}.", ""]
    return "\n".join([*head, *HEADER, *rows, "", *ratios, *notes, ""])


def _line(row: dict[str, Any]) -> str:
    spread = f" ({row['ratio_low']}–{row['ratio_high']})" if row["repeats"] > 1 else ""
    cells = (
        f"{row['documents']:,}", row["name"], row["wall_s"], row["cpu_s"],
        f"{row['documents_per_cpu_s']:,}", f"{row['peak_mb']:,}", f"{row['ratio']}{spread}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def missed(file: Path, held: dict[str, float], *, update: bool) -> list[str]:
    """Ratios beyond their floor; with `update` the file takes those that have become better."""
    known: dict[str, float] = json.loads(file.read_text()) if file.is_file() else {}
    beyond = [
        f"{name}: {value:.2f}, at most {known[name]:.2f}"
        for name, value in held.items()
        if name in known and value > known[name]
    ]
    if update:
        better = {name: round(value * SLACK, 2) for name, value in held.items()}
        merged = known | {n: min(v, known.get(n, v)) for n, v in better.items()}
        file.write_text(json.dumps(dict(sorted(merged.items())), indent=1) + "\n")
    return beyond
