"""Whether cleaning what was cleaned takes anything more.

A model that learned "the first and the last lines go" would peel an article line by line. A line
above the first paragraph may still be taken for the headline, now that the headline has gone to its
column; that is counted apart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cleaning_pipeline import FoldCleaner
from line_data import Page

MOVED_HEADLINE = "repeated_headline"


def again_figures(pages: list[Page], cleaner: FoldCleaner) -> dict[str, dict[str, float]]:
    """Group of pages -> articles cleaned twice, and the share untouched by the second time."""
    bodies = [_body(page, kinds) for page, kinds in zip(pages, cleaner.kinds(pages), strict=True)]
    bodies = [body for body in bodies if body.lines]
    again = cleaner.kinds(bodies)
    figures = {}
    for name, wanted in (("English", True), ("other languages", False)):
        mine = [
            kinds
            for body, kinds in zip(bodies, again, strict=True)
            if (body.lang == "en") == wanted
        ]
        untouched = [bool((kinds == "").all()) for kinds in mine]
        no_more = [bool(np.isin(kinds, ["", MOVED_HEADLINE]).all()) for kinds in mine]
        figures[name] = {
            "articles": len(mine),
            "untouched": float(np.mean(untouched)),
            "no_more_boilerplate": float(np.mean(no_more)),
        }
    return figures


def _body(page: Page, kinds: np.ndarray) -> Page:
    """What cleaning left of a page."""
    stays = kinds == ""
    return replace(
        page,
        lines=tuple(np.array(page.lines, dtype=object)[stays]),
        labels=tuple(np.array(page.labels)[stays]),
        covers=tuple(np.array(page.covers)[stays]),
    )


def again_markdown(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as a Markdown table."""
    rows = [
        f"| {name} | {of['articles']} | {of['untouched']:.3f} | {of['no_more_boilerplate']:.3f} |"
        for name, of in figures.items()
    ]
    head = "| mixed, zyte + fundus + daniel | articles | untouched | but for a headline |"
    return ["## Cleaned again", "", head, "|---|---|---|---|", *rows, ""]
