"""What is information is moved: headline, byline, date and caption lines against their labels.

For each label: lines that went to the column they belong to, lines removed as something else, and
lines left in the body (golds differ on whether they belong there). For each kind of removed line:
how many are labelled article (`keep`), that is, moved or removed wrongly.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from line_data import KEEP, LABELS, Page

BELONGS = {
    "title": ("repeated_headline",),
    "title_dup": ("repeated_headline",),
    "byline": ("byline",),
    "date": ("dateline", "byline"),
    "caption": ("caption", "image_credit"),
}
"""Label -> kinds under which such a line is moved; a byline may carry the date with it."""


def moved_figures(pages: list[Page], kinds: list[np.ndarray]) -> dict[str, dict[str, int]]:
    """Label -> how many lines were moved, removed as something else, and left in the body."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for page, given in zip(pages, kinds, strict=True):
        for label, kind in zip(page.labels, given.tolist(), strict=True):
            name = LABELS[label]
            if name in BELONGS:
                fate = "moved" if kind in BELONGS[name] else "otherwise" if kind else "left"
                table[name][fate] += 1
    return {name: {fate: table[name][fate] for fate in ("moved", "otherwise", "left")}
            for name in BELONGS if name in table}  # fmt: skip


def kind_figures(pages: list[Page], kinds: list[np.ndarray]) -> dict[str, dict[str, int]]:
    """Kind -> how many lines were removed as it, and how many of them are labelled article."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for page, given in zip(pages, kinds, strict=True):
        for label, kind in zip(page.labels, given.tolist(), strict=True):
            if kind:
                table[kind]["removed"] += 1
                table[kind]["article"] += label == KEEP
    return {kind: dict(table[kind]) for kind in sorted(table)}


def kinds_markdown(pages: list[Page], kinds: list[np.ndarray]) -> list[str]:
    """Both tables."""
    lines = ["## Information moved", "", "| label | lines | to its column | removed otherwise |"]
    lines = [f"{lines[0]}", "", f"{lines[2]} left in the body |", "|---|---|---|---|---|"]
    for name, row in moved_figures(pages, kinds).items():
        total = sum(row.values())
        cells = " | ".join(f"{n} ({100 * n / total:.0f} %)" for n in row.values())
        lines.append(f"| {name} | {total} | {cells} |")
    lines += ["", "## Kinds", "", "| kind | lines removed | labelled article |", "|---|---|---|"]
    for kind, row in kind_figures(pages, kinds).items():
        share = 100 * row["article"] / row["removed"]
        lines.append(f"| {kind} | {row['removed']} | {row['article']} ({share:.1f} %) |")
    return [*lines, ""]
