"""Raw files of the landing zone to documents, rejections and a ledger of inputs.

`read_landing` is the one way in. Every input byte ends in a document, in a rejection that keeps
the bytes, or stays in the landing zone for the next run (a file still being written).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipelines.ingest.model import (
    FileSlice,
    IngestBatch,
    InputFile,
    LandingError,
    PageProcessError,
    Rejection,
    SeenInput,
    SkippedInput,
    SpoolError,
)
from pipelines.ingest.reasons import REASONS

if TYPE_CHECKING:
    from pipelines.ingest.read import read_landing

__all__ = [
    "REASONS",
    "FileSlice",
    "IngestBatch",
    "InputFile",
    "LandingError",
    "PageProcessError",
    "Rejection",
    "SeenInput",
    "SkippedInput",
    "SpoolError",
    "read_landing",
]


def __getattr__(name: str) -> Any:
    # The workers that parse pages live in this package too, under a memory limit that Arrow's
    # allocator alone would exceed: so the readers are imported when they are asked for.
    if name == "read_landing":
        return import_module("pipelines.ingest.read").read_landing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
