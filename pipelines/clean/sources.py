"""Wire agencies: how pages write them, and which one a text credits."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import re2

from pipelines.clean.datelines import DATELINE_CHARS

AGENCIES_FILE: Final = Path(__file__).parent / "agencies.toml"


@cache
def agencies() -> dict[str, str]:
    """Every way of writing an agency (lower case) -> its name in `info_source`."""
    table = tomllib.loads(AGENCIES_FILE.read_text("utf-8"))["agencies"]
    return {alias: name for name, aliases in table.items() for alias in aliases}


@cache
def agency_pattern() -> str:
    """RE2 pattern that matches any way of writing an agency, in any case."""
    longest_first = sorted(agencies(), key=len, reverse=True)
    return "(?i:" + "|".join(re2.escape(alias) for alias in longest_first) + ")"


@cache
def _dateline() -> re2._Regexp:
    """`LONDON (Reuters) -`, `BERLIN, 3. März (dpa) –`, `Berlin (dpa/sda) -`, `Madrid (EFE).-`."""
    upper = r"[A-Z\x{c0}-\x{de}\x{391}-\x{3a9}\x{410}-\x{42f}]"
    city = rf"{upper}[^()\[\]]{{0,60}}?[ ,.]*"
    agency = agency_pattern()
    return re2.compile(
        rf"(?:{city})?[(\[]({agency})(?:/[^)]{{1,20}})?[)\]] ?(?:\.? ?[-–—:]|$|[A-Z])"
        rf"|{upper}{{3}}[^()a-z]{{0,40}}[-–—] ({agency}) ?[-–—]"
    )


def agency_of(text: str) -> str | None:
    """The agency a credit names (`(Reuters)`, `With inputs from PTI`), or None."""
    words = text.lower().strip(" ()[]/.:-–—")
    found = agencies().get(words)
    if found:
        return found
    match = re2.search(rf"(?:^|[^\pL])({agency_pattern()})(?:$|[^\pL])", text)
    return agencies()[match.group(1).lower()] if match else None


def dateline_agency(paragraph: str) -> str | None:
    """The agency in the dateline a paragraph begins with, or None."""
    start = paragraph[:DATELINE_CHARS]
    if not ("(" in start or "[" in start or start[:3].isupper()):
        return None  # the common case, without the cost of a match
    match = _dateline().match(start)
    return agencies()[(match.group(1) or match.group(2)).lower()] if match else None
