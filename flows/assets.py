"""What each verb reads and makes, as Prefect assets: the lineage of a night in the server's events.

The key of an asset is the address of its place below the home folder. The open server keeps the
events `prefect.asset.*` with payload and lineage, for its interface of events, its API and its
automations; it has no page of assets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from prefect.assets import Asset, AssetProperties

from pipelines.settings import Settings

_HOME_CHARS: Final = 300  # the key of an asset has at most 512
_NOT_IN_A_KEY: Final = re.compile(r"[^\w./~-]")
"""Prefect refuses blanks and quotes, and the percent sign that would spell them."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Places below the home folder that a verb makes, and those that it reads."""

    makes: tuple[str, ...]
    reads: tuple[str, ...] = ()


_DATABASE: Final = "warehouse/night.duckdb"

LINEAGE: Final = {
    "ingest": Lineage(("lake/documents", "lake/rejected_documents")),
    "clean": Lineage(
        ("lake/articles", "lake/removed_lines", "lake/repairs"), reads=("lake/documents",)
    ),
    "link": Lineage(
        ("lake/pairs", "lake/body_pairs", "lake/clusters", "lake/story_members"),
        reads=("lake/articles",),
    ),
    "build": Lineage(
        (_DATABASE,),
        reads=(
            "lake/documents",
            "lake/rejected_documents",
            "lake/articles",
            "lake/removed_lines",
            "lake/repairs",
            "lake/body_pairs",
            "lake/clusters",
            "lake/story_members",
        ),
    ),
    "validate": Lineage(("lake/checks",), reads=(_DATABASE,)),
    "publish": Lineage(
        ("published/copydesk.duckdb", "published/dashboard.html"),
        reads=(_DATABASE, "lake/checks"),
    ),
}
"""By verb, in the order of the night."""


def asset(settings: Settings, place: str) -> Asset:
    """A place below the home folder as an asset."""
    home = _NOT_IN_A_KEY.sub("-", settings.home.resolve().as_posix())[-_HOME_CHARS:].lstrip("/")
    return Asset(key=f"file:///{home}/{place}", properties=AssetProperties(name=place))


def assets(settings: Settings, places: tuple[str, ...]) -> list[Asset]:
    """Several places as assets."""
    return [asset(settings, place) for place in places]
