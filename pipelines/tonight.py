"""A night under way: what it is called, where it works, and whether anything has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pipelines import contract, warehouse
from pipelines.lake import Lake, Retiring
from pipelines.link import tables
from pipelines.settings import Settings

Summary = dict[str, Any]

Watch = Callable[[str, int, int | None], None]
"""Told a verb, how many documents it has done, and of how many if that is known."""


def unwatched(verb: str, done: int, total: int | None) -> None:
    """Nobody looks."""


NOT_PUBLIC: Final = ("inputs", "runs", "checks")
"""Lake tables that do not count for whether anything has changed."""


@dataclass(frozen=True, slots=True)
class Night:
    """A run: its name, the night it stands for, when it began, and where it works."""

    settings: Settings
    run_id: str
    logical_date: date
    started_at: datetime
    until: date | None = None
    """Last date a landing path may bear; None takes all that is there."""
    is_resumed: bool = False
    durations: dict[str, float] = field(default_factory=dict, compare=False)
    watch: Watch = field(default=unwatched, compare=False)

    @property
    def lake(self) -> Lake:
        """The lake of the home folder."""
        return open_lake(self.settings)


_RUN_ID: Final = contract.RUNS.field("run_id")

LAKE_TABLES: Final = {
    **contract.LAKE_TABLES,
    **tables.LAKE_TABLES,
    "story_changes": tables.STORY_CHANGES.append(_RUN_ID),
}
"""Schemas of all tables of the lake."""

CLEANED: Final = ("articles", "removed_lines", "repairs", "fingerprints")
"""Tables whose rows of a document are written anew when it is cleaned anew."""

RETIRING: Final = {
    **dict.fromkeys(CLEANED, Retiring("superseded", "document_id")),
    **dict.fromkeys(("shingles", "terms", "sentences"), Retiring("retired_texts", "text_id")),
    **dict.fromkeys(("pairs", "evidence"), Retiring("retired_pairs", "pair_id")),
}
"""What makes rows of the lake cease to count."""


def open_lake(settings: Settings) -> Lake:
    """The lake of a home folder."""
    return Lake(settings.lake, LAKE_TABLES, RETIRING)


BY_DOCUMENT: Final = ("documents", "articles", "removed_lines", "repairs")
"""Lake tables whose rows belong to one document and, once written, count or cease to count."""


def state(lake: Lake) -> str:
    """Digest of all that decides the public tables: the lake and the SQL models."""
    tables = [name for name in lake.schemas if name not in NOT_PUBLIC]
    return contract.text_id(lake.state(tables), *_sql())


def origin(lake: Lake, run_id: str) -> str:
    """Digest of what must still be in the lake for tables that a run published to be grown.

    DuckDB's version with it: digests of rows by another cannot be added to.
    """
    written = lake.state([*BY_DOCUMENT, "superseded"], until=run_id)
    return contract.text_id(written, warehouse.ENGINE, *_sql())


def _sql() -> list[str]:
    return [model.path.read_text("utf-8") for model in warehouse.load_models()]


def is_published(night: Night) -> bool:
    """Whether readers already see just what the lake holds, every file of it sound."""
    from pipelines import publish as publishing

    if publishing.damage(night.settings):
        return False
    now = publishing.manifest(night.settings)
    if now is None:  # before the first article came, nothing is all there is to see
        return not any(night.lake.files(table) for table in ("documents", "rejected_documents"))
    return bool(now["state"] == state(night.lake))


def all_is_taken_down(lake: Lake) -> bool:
    """Whether all documents that ever came were taken down, so that tables have no rows."""
    return _row_count(lake, "documents") == 0 < _row_count(lake, "tombstones")


def _row_count(lake: Lake, table: str) -> int:
    return sum(file.row_count for file in lake.files(table))


def night_file(settings: Settings) -> Path:
    """The database that readers will open, while the night builds it."""
    return settings.warehouse / "night.duckdb"


def delta_file(settings: Settings) -> Path:
    """What a night changes in the tables it grows; not there if it built them anew."""
    return settings.warehouse / "delta.duckdb"
