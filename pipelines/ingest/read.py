"""The landing zone, file by file, to batches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

from pipelines.ingest.collect import Collector
from pipelines.ingest.contents import Content, UnreadableError, UnsettledError, held, unpacked
from pipelines.ingest.encoding import decode
from pipelines.ingest.feed import read_feed
from pipelines.ingest.foreign import binary_kind, code_kind, other_kind
from pipelines.ingest.html_page import read_html_page
from pipelines.ingest.json_document import read_json_document
from pipelines.ingest.json_lines import read_json_lines
from pipelines.ingest.landing import Entry, entries, is_due
from pipelines.ingest.model import (
    FileEnd,
    IngestBatch,
    Item,
    SeenInput,
    SkippedInput,
)
from pipelines.ingest.pages import PagePool, read_pages
from pipelines.ingest.parquet import read_parquet
from pipelines.ingest.plain_text import read_plain_text
from pipelines.ingest.sniff import sniff
from pipelines.ingest.unpack import DamagedError
from pipelines.ingest.warc import read_warc
from pipelines.settings import Settings

Reader = Callable[[Content, Settings], Iterator[Item]]

READERS: Final[Mapping[str, Reader]] = {
    "txt": read_plain_text,
    "jsonl": read_json_lines,
    "json": read_json_document,
    "html": read_html_page,
    "parquet": read_parquet,
    "feed": read_feed,
    "xml": read_feed,
    "warc": read_warc,
}
"""Format, as sniffed -> reader. A new format is one reader and one entry."""

_MOST_WAIT: Final = 5.0
"""Seconds a run waits for young files; a longer `settle_seconds` leaves them for the next run."""

_LOG: Final = logging.getLogger(__name__)


def read_landing(  # noqa: PLR0913 - each is a fact of its own; all but three by name
    landing: Path,
    seen: Mapping[str, SeenInput],
    settings: Settings,
    *,
    run_id: str,
    started_at: datetime,
    until: date | None = None,
) -> Iterator[IngestBatch | SkippedInput]:
    """All of the landing zone as batches, in the order of its paths.

    `seen` maps `source_uri` to what an earlier run noted; a file of the same size and time is not
    read again, one of another time but the same bytes is read and then skipped too.
    Files whose path bears a date after `until` are left for their own night.
    A batch holds at most `batch_documents` documents and some 64 MB of text.
    Raises LandingError where there is no such folder, SpoolError when the disk is full,
    PageProcessError when page workers cannot be started. Nothing in the input raises.
    """
    collector = Collector(run_id, started_at, settings.batch_documents)
    own = (
        settings.home,
        settings.lake,
        settings.warehouse,
        settings.published,
        settings.quarantine,
    )
    if landing.is_file():
        landing = landing.resolve()  # a link that the user named, not one found in the zone
    listed = entries(landing, own)
    folder = landing.parents[len(listed[0].parts) - 1] if landing.is_file() else landing
    found = [entry for entry in listed if is_due(entry.uri, until)]
    _wait_for_writers(found, settings.settle_seconds)
    items = _items(found, folder, seen, settings)
    with PagePool(settings) as pool:
        yield from collector.batches(read_pages(items, pool))


def _items(
    found: list[Entry],
    folder: Path,
    seen: Mapping[str, SeenInput],
    settings: Settings,
) -> Iterator[Item]:
    now = time.time()
    for entry in found:
        if not entry.has_settled(settings.settle_seconds, now):
            _LOG.info("%s: younger than settle_seconds, left for the next run", entry.uri)
        elif refusal := _refused_unread(entry, folder, settings):
            yield refusal
        elif known := _unchanged(entry, seen):
            yield known
        else:
            yield from _file_items(entry, folder, seen.get(entry.uri), settings)


def _wait_for_writers(found: list[Entry], settle_seconds: float) -> None:
    """Let young files grow old: one that has changed since it was listed is not taken then."""
    now = time.time()
    if settle_seconds <= _MOST_WAIT and not all(e.has_settled(settle_seconds, now) for e in found):
        time.sleep(settle_seconds)


def _refused_unread(entry: Entry, folder: Path, settings: Settings) -> Item | None:
    if entry.fault is not None:
        return entry.source(folder).refuse("unreadable", f"the folder: {entry.fault}", b"")
    if not entry.is_regular:
        return entry.source(folder).refuse("not_a_regular_file", entry.kind, b"")
    size = entry.byte_count
    if size > settings.max_file_bytes:
        detail = f"{size} bytes, left in the landing zone"
        return entry.source(folder).refuse("file_too_large", detail, b"", byte_count=size)
    return None


def _unchanged(entry: Entry, seen: Mapping[str, SeenInput]) -> SkippedInput | None:
    known = seen.get(entry.uri)
    if known and (known.byte_count, known.modified_ns) == (entry.byte_count, entry.modified_ns):
        return _skipped(entry, known)
    return None


def _skipped(entry: Entry, known: SeenInput) -> SkippedInput:
    return SkippedInput(entry.uri, known.document_count, known.rejected_count)


def _file_items(
    entry: Entry, folder: Path, known: SeenInput | None, settings: Settings
) -> Iterator[Item]:
    try:
        with held(entry, folder, settings) as content:
            if known and known.content_sha256 == content.file.content_sha256:
                yield _skipped(entry, known)
                return
            yield from _content_items(content, settings)
            yield FileEnd(content.file)
    except UnsettledError as error:
        _LOG.info("%s: %s, left for the next run", entry.uri, error)
    except UnreadableError as error:
        source = entry.source(folder)
        yield source.refuse("unreadable", str(error), b"", byte_count=entry.byte_count)


def _content_items(content: Content, settings: Settings) -> Iterator[Item]:
    source = content.source
    if content.size == 0:
        yield source.refuse("empty_file", "no byte", b"")
        return
    try:
        with unpacked(content, settings) as plain:
            yield from _read(plain, settings)
    except DamagedError as error:
        yield source.refuse(error.reason, error.detail, content.whole())


def _read(content: Content, settings: Settings) -> Iterator[Item]:
    head = content.head()
    kind = sniff(head)
    reader = READERS.get(kind)
    if reader is None:
        what = binary_kind(head) or "no text"
        yield content.source.refuse("binary_file", what, content.whole())
        return
    if kind == "txt" and (other := _other_than_text(content.source.uri, head)):
        yield content.source.refuse("other_format", other, content.whole())
        return
    yield from reader(content, settings)


def _other_than_text(uri: str, head: bytes) -> str | None:
    decoded = decode(head)
    text = decoded.text if decoded else ""
    return other_kind(text) or code_kind(uri, text)
