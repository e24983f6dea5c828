"""A landing zone made for one test, and what `read_landing` makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.ingest import (
    FileSlice,
    IngestBatch,
    InputFile,
    Rejection,
    SeenInput,
    SkippedInput,
    read_landing,
)
from pipelines.settings import Settings

STARTED_AT: Final = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


@dataclass
class Reading:
    """All that one run of the readers handed on, batches flattened."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    skipped: list[SkippedInput] = field(default_factory=list)
    batches: list[IngestBatch] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        return [rejection.reason for rejection in self.rejections]

    @property
    def texts(self) -> list[str]:
        return [document["raw_text"] for document in self.documents]

    def seen(self) -> dict[str, SeenInput]:
        """What the next run knows of this one."""
        return {
            file.source_uri: SeenInput(
                file.byte_count,
                file.modified_ns,
                file.content_sha256,
                file.document_count,
                file.rejected_count,
            )
            for file in self.inputs
        }


def settings_for(landing: Path, **changes: Any) -> Settings:
    home = landing.parent / "home"
    return replace(Settings(landing=landing, home=home, workers=1, settle_seconds=0), **changes)


def collected(stream: Iterable[IngestBatch | SkippedInput]) -> Reading:
    reading = Reading()
    for item in stream:
        if isinstance(item, SkippedInput):
            reading.skipped.append(item)
            continue
        item.documents.validate(full=True)
        reading.batches.append(item)
        reading.documents.extend(item.documents.to_pylist())
        reading.rejections.extend(item.rejections)
        reading.inputs.extend(item.inputs)
    return reading


def read(
    landing: Path,
    seen: Mapping[str, SeenInput] | None = None,
    until: date | None = None,
    **changes: Any,
) -> Reading:
    """Read a landing zone to its end; `changes` are settings."""
    settings, run = settings_for(landing, **changes), {"run_id": "run", "started_at": STARTED_AT}
    return collected(read_landing(landing, seen or {}, settings, until=until, **run))


def read_bytes(landing: Path, data: bytes, name: str = "input", **changes: Any) -> Reading:
    """Read one file of these bytes."""
    landing.mkdir(parents=True, exist_ok=True)
    (landing / name).write_bytes(data)
    return read(landing, **changes)


def payload(rejection: Rejection) -> bytes:
    """The refused bytes, wherever they lie."""
    if not isinstance(rejection.payload, FileSlice):
        return rejection.payload
    with rejection.payload.path.open("rb") as file:
        file.seek(rejection.payload.offset)
        return file.read(rejection.payload.length)
