"""What passes through ingest: the public records, and the items readers hand on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from pipelines.ingest.reasons import REASONS
from pipelines.settings import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa


class LandingError(SettingsError):
    """The landing zone itself cannot be read; the message names it and the remedy."""


class SpoolError(RuntimeError):
    """No room to hold a file; a fault of the machine, never of the input."""


class PageProcessError(RuntimeError):
    """Page workers cannot be started: a fault of the installation, never of a page."""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Bytes that lie in a file: `length` bytes from `offset`."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """One input refused, or one line, row, entry or record of it.

    `payload` holds its exact bytes, or says where they lie; a slice is good until the next item
    is asked for. Where `byte_count` exceeds the payload the bytes stayed in the landing zone
    (`not_a_regular_file`, `unreadable`, `file_too_large`).
    """

    source_uri: str
    source_locator: str | None
    reason: str
    detail: str
    byte_count: int
    payload: bytes | FileSlice


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file read to its end; sizes in bytes, `modified_ns` in ns since the epoch."""

    source_uri: str
    path: Path
    byte_count: int
    modified_ns: int
    content_sha256: str
    document_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """Documents (`contract.DOCUMENTS`), rejections, and the files completed with this batch."""

    documents: pa.RecordBatch
    rejections: tuple[Rejection, ...]
    inputs: tuple[InputFile, ...]


@dataclass(frozen=True, slots=True)
class SeenInput:
    """What an earlier run wrote down about a file."""

    byte_count: int
    modified_ns: int
    content_sha256: str
    document_count: int
    rejected_count: int


@dataclass(frozen=True, slots=True)
class SkippedInput:
    """A file that has not changed since an earlier run, with that run's counts."""

    source_uri: str
    document_count: int
    rejected_count: int


class Draft(NamedTuple):
    """A document before it becomes a row; times in µs since the epoch.

    `flags` are oddities the reader saw; those the text shows are added later.
    """

    source_uri: str
    source_locator: str | None
    source_format: str
    site: str | None
    url: str | None
    retrieved_at: int | None
    content_sha256: str
    raw_text: str
    given_headline: str | None = None
    given_byline: str | None = None
    given_published: int | None = None
    given_published_precision: str | None = None
    given_section: str | None = None
    given_language: str | None = None
    extra: str | None = None
    flags: tuple[str, ...] = ()


class Page(NamedTuple):
    """A draft whose text is still HTML; `payload` is kept should no text be found."""

    draft: Draft
    html: str
    payload: bytes | FileSlice
    byte_count: int


class Extracted(TypedDict):
    """What a page worker answers: text (empty: none found), the page's own facts, flags."""

    text: str
    facts: dict[str, str]
    flags: list[str]


class FileEnd(NamedTuple):
    """All items of a file have passed; the counts are filled in by the collector."""

    file: InputFile


Item = Draft | Page | Rejection | FileEnd | SkippedInput
"""What readers hand on."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the landing zone and what its path says; `retrieved_at` in µs."""

    uri: str
    path: Path
    site: str | None = None
    retrieved_at: int | None = None

    def refuse(
        self,
        reason: str,
        detail: str,
        payload: bytes | FileSlice,
        locator: str | None = None,
        byte_count: int | None = None,
    ) -> Rejection:
        """A rejection of this file or of the place `locator` in it, remedy appended.

        Raises KeyError for a reason that is not in the closed list.
        """
        if byte_count is None:
            byte_count = payload.length if isinstance(payload, FileSlice) else len(payload)
        text = f"{detail}; {REASONS[reason]}"
        return Rejection(self.uri, locator, reason, text, byte_count, payload)
