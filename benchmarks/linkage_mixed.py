"""Articles that have no event in common: pages of many sites beside texts of the labelled sets.

Two texts of different sets are years, continents or topics apart, and the sets hold one text of
each event of GVA. Within a set articles may well report one event: nothing is said of those.
"""

from __future__ import annotations

import re
from pathlib import Path

import background
import numpy as np

Row = dict[str, str]

SETS = ("story_gva", "story_seesaw", "story_ecbplus", "story_fnc")
BRIEF_WORDS = (25, 80)
MIN_CHARS = 300


def mixed_texts(bench: Path) -> list[Row]:
    """Rows with id, text, set, site and cluster, each text once."""
    pages = {
        page["id"]: page
        for name in ("near", "region", "full")
        for path in sorted((bench / "cleaning" / name).glob("*.jsonl.gz"))
        for page in background.rows(path)
    }
    rows = [
        {**page, "text": background.body(page), "cluster": f"{page['set']}:{page['id']}"}
        for page in pages.values()
    ]
    for name in SETS:
        firsts: dict[str, Row] = {}
        for row in background.rows(bench / "linkage" / f"{name}.jsonl.gz"):
            firsts.setdefault(row["cluster" if name == "story_gva" else "id"], row)
        rows += [{**row, "set": name} for row in firsts.values()]
    return list({row["text"]: row for row in rows if len(row["text"]) > MIN_CHARS}.values())


def briefs(rows: list[Row]) -> list[Row]:
    """The rows with the first 25 to 80 words of each text, to the end of a sentence if near."""
    drawn = np.random.default_rng(0).integers(*BRIEF_WORDS, len(rows))
    cut = []
    for row, count in zip(rows, drawn, strict=True):
        words = re.match(rf"\s*(?:\S+\s*){{1,{count}}}", row["text"])
        text = words[0] if words else row["text"]
        stop = text.rfind(". ")
        cut.append({**row, "text": text[: stop + 1] if stop > len(text) / 2 else text})
    return list({row["text"]: row for row in cut}.values())
