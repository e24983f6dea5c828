"""Raw files of the landing zone to documents, rejections and a ledger of inputs.

`read_landing` is the one way in. Every input byte ends in a document, in a rejection that keeps
the bytes, or stays in the landing zone for the next run (a file still being written).
"""

from pipelines.ingest.model import (
    FileSlice,
    IngestBatch,
    InputFile,
    LandingError,
    Rejection,
    SeenInput,
    SkippedInput,
)
from pipelines.ingest.read import read_landing
from pipelines.ingest.reasons import REASONS

__all__ = [
    "REASONS",
    "FileSlice",
    "IngestBatch",
    "InputFile",
    "LandingError",
    "Rejection",
    "SeenInput",
    "SkippedInput",
    "read_landing",
]
