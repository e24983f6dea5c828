"""Floors of the linkage figures, pinned to the digest of the corpus they were reached on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FLOORS = Path(__file__).resolve().with_name("floors_linkage.json")

Figures = dict[str, float]


def digest(bench: Path) -> str:
    """SHA-256 of the labelled sets and the pages beside them."""
    paths = [*bench.glob("linkage/*.gz"), *bench.glob("cleaning/*/*.gz")]
    data = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sorted(paths))
    return hashlib.sha256(data).hexdigest()


def below_floors(figures: Figures, bench: Path) -> list[str]:
    """What is below its floor; nothing can be said of another corpus."""
    kept = json.loads(FLOORS.read_text("utf-8"))
    if kept["corpus_sha256"] != digest(bench):
        print("floors not compared: another corpus than the one they are pinned to")
        return []
    return [
        f"{name}: {figures[name]:.4f} is below its floor {floor}"
        for name, floor in kept["floors"].items()
        if figures[name] < floor
    ]


def update_floors(figures: Figures, bench: Path) -> None:
    """Raise the floors to what was reached, less half a point; none is lowered."""
    kept = json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {"floors": {}}
    floors = kept["floors"] if kept.get("corpus_sha256") == digest(bench) else {}
    for name, figure in figures.items():
        if "largest" not in name and "other incident" not in name:
            reached = round(figure - 0.005, 4) if figure <= 1 else int(figure * 0.97)
            floors[name] = max(floors.get(name, 0), reached)
    content = {"corpus_sha256": digest(bench), "floors": floors}
    FLOORS.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
