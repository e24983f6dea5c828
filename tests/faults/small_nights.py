"""Three nights of twelve small articles, made so that it matters what came before what.

Sites repeat lines of their own, a wire report is copied whole, cut and reworded across nights, and
one page is delivered again with a correction: what a site repeats, who represents whom and which
story is whose would all come out otherwise if they hung on the order of arrival.
"""

from __future__ import annotations

import os
from pathlib import Path

from .runs import FIRST, SECOND, THIRD

NIGHTS = (FIRST, SECOND, THIRD)
LONG_AGO = 1_700_000_000

_LEADS = {
    "ferry": "The ferry Skerrin Maid ran aground off Noss on {day} with 212 people on board.",
    "mill": "A fire destroyed the old mill at Lower Aldery on {day}, the brigade of 40 said.",
    "bridge": "Engineers closed the Elm bridge on {day} after finding cracks in four pillars.",
}
_MORE = {
    "ferry": (
        "All passengers were taken off by two lifeboats within an hour, the coastguard reported.",
        '"The tide came to our help," Captain Morag Tulloch told reporters at the harbour.',
        "The vessel, built in 1987, will be examined by divers before it is allowed to sail again.",
        "Some 40 cars remain on the car deck, and their owners were asked to be patient.",
    ),
    "mill": (
        "Nobody was hurt, but 60 tonnes of barley were lost to the flames in a single night.",
        '"There is nothing left to save here," said Osric Fenn, who owned the mill for 30 years.',
        "The brigade believes that a bearing of the great wheel had run hot since the afternoon.",
        "Insurers will visit the site in the coming week, a spokeswoman for them said.",
    ),
    "bridge": (
        "The repairs will take eleven weeks and cost two million crowns, the mayor Ada Moss said.",
        '"We would rather be slow than sorry," she told a crowded meeting at the town hall.',
        "Buses will go around by Brackwater until then, which adds twenty minutes to each journey.",
        "The bridge was last mended in 1961, after a barge had struck one of its pillars.",
    ),
}
_SITES = {
    "elm-echo.example": ("Elm Echo | News | Sport | Weather", "Follow us on every channel we have"),
    "oak-post.example": ("Subscribe to the Oak Post", "More stories the Oak Post thinks you like"),
    "ash-daily.example": ("ASH DAILY", "The Ash Daily is made by eleven people and a dog"),
}


def _article(site: str, subject: str, day: str, *, skip: int = 0, more: str = "") -> str:
    head, foot = _SITES[site]
    body = [_LEADS[subject].format(day=day), *_MORE[subject][: len(_MORE[subject]) - skip]]
    body += [more] if more else []
    return "\n\n".join([head, f"News of the {subject}", *body, foot]) + "\n"


def _texts() -> dict[str, str]:
    elm, oak, ash = _SITES
    fix = "Correction: an earlier version of this report gave a wrong number of crowns."
    return {
        f"{FIRST}/{elm}/ferry.txt": _article(elm, "ferry", "Monday"),
        f"{FIRST}/{oak}/ferry.txt": _article(oak, "ferry", "Monday"),
        f"{FIRST}/{ash}/mill.txt": _article(ash, "mill", "Sunday"),
        f"{FIRST}/{elm}/bridge.txt": _article(elm, "bridge", "Monday"),
        f"{SECOND}/{ash}/ferry.txt": _article(ash, "ferry", "Monday", skip=2),
        f"{SECOND}/{elm}/mill.txt": _article(elm, "mill", "Sunday", skip=1),
        f"{SECOND}/{oak}/bridge.txt": _article(oak, "bridge", "Monday"),
        f"{SECOND}/{oak}/bridge-2.txt": _article(oak, "bridge", "Monday", more=fix),
        f"{THIRD}/{oak}/mill.txt": _article(oak, "mill", "Sunday", skip=1),
        f"{THIRD}/{ash}/bridge.txt": _article(ash, "bridge", "Monday", skip=2),
        f"{THIRD}/{elm}/ferry-2.txt": _article(elm, "ferry", "Monday", skip=1),
        f"{THIRD}/{ash}/ferry-2.txt": _article(ash, "ferry", "Monday", more="It was raining."),
    }


TEXTS = _texts()
"""Path below a landing zone -> text."""


def deliver(landing: Path, names: list[str]) -> None:
    """Lay articles into a landing zone, finished long ago."""
    for name in names:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXTS[name], "utf-8")
        os.utime(path, (LONG_AGO, LONG_AGO))
