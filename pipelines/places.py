"""What commands have in common: where they work, with what, and how they speak."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines import settings as configuration
from pipelines.settings import Settings


@Parameter(name="*")
@dataclass(frozen=True)
class Places:
    """Where to read and write; each may also come from the environment or copydesk.toml."""

    landing: Path | None = None
    "Folder (or file) with the raw articles."
    home: Path | None = None
    "Folder that holds lake, warehouse, published tables and quarantine."


@Parameter(name="*")
@dataclass(frozen=True)
class Work(Places):
    """Places, and what does the work there."""

    engine: Literal["embedded", "spark"] | None = None
    "What cleans and fingerprints: this machine's own workers, or Spark."


AsJson = Annotated[bool, Parameter(name="--json", help="Print JSON on stdout.")]
Quiet = Annotated[bool, Parameter(help="No narration.")]


def settings(places: Places | None) -> Settings:
    """The settings, those of the command line first."""
    return configuration.load(asdict(places or Places()))
