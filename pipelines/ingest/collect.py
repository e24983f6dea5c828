"""Items to batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from pipelines.contract import DOCUMENTS, TIMESTAMP, document_id
from pipelines.ingest.contents import MEMORY_BYTES
from pipelines.ingest.flags import with_text_flags
from pipelines.ingest.model import (
    Draft,
    FileEnd,
    IngestBatch,
    InputFile,
    Item,
    Rejection,
    SkippedInput,
)
from pipelines.ingest.reasons import UNREAD

_TIMES: Final = ("retrieved_at", "given_published")


class Collector:
    """Documents, rejections and finished files since the last batch."""

    def __init__(self, run_id: str, started_at: datetime, batch_documents: int) -> None:
        self._run_id = run_id
        self._started_at = started_at
        self._most = batch_documents
        self._drafts: list[Draft] = []
        self._rejections: list[Rejection] = []
        self._inputs: list[InputFile] = []
        self._bytes = 0
        self._counts = [0, 0]

    def batches(self, items: Iterable[Item]) -> Iterator[IngestBatch | SkippedInput]:
        """Items grouped in order; the last batch may be small, none is empty."""
        for item in items:
            if type(item) is Draft:
                self._drafts.append(item)
                self._counts[0] += 1
                self._bytes += len(item.raw_text)
            elif isinstance(item, SkippedInput):
                yield item
            else:
                self._note(item)
            if len(self._drafts) + len(self._rejections) >= self._most or self._is_heavy:
                yield self._batch()
        if self._drafts or self._rejections or self._inputs:
            yield self._batch()

    @property
    def _is_heavy(self) -> bool:
        return self._bytes > MEMORY_BYTES

    def _note(self, item: Item) -> None:
        if isinstance(item, Rejection):
            self._rejections.append(item)
            # What is refused unread has no end of file: it must not count for the file after it.
            self._counts[1] += item.reason not in UNREAD
            self._bytes += len(item.payload) if isinstance(item.payload, bytes) else 0
        elif isinstance(item, FileEnd):
            documents, rejected = self._counts
            file = replace(item.file, document_count=documents, rejected_count=rejected)
            self._inputs.append(file)
            self._counts = [0, 0]

    def _batch(self) -> IngestBatch:
        documents = record_batch(self._drafts, self._run_id, self._started_at)
        batch = IngestBatch(documents, tuple(self._rejections), tuple(self._inputs))
        self._drafts, self._rejections, self._inputs, self._bytes = [], [], [], 0
        return batch


def record_batch(drafts: list[Draft], run_id: str, started_at: datetime) -> pa.RecordBatch:
    """Drafts as rows of `contract.DOCUMENTS`."""
    names = Draft._fields
    columns: dict[str, Any] = dict(
        zip(names, zip(*drafts, strict=True), strict=True) if drafts else ((n, ()) for n in names)
    )
    columns["document_id"] = [document_id(d.url or d.source_uri, d.content_sha256) for d in drafts]
    raw_text = pa.array(columns["raw_text"], pa.string())
    arrays = {
        "raw_text": raw_text,
        "text_flags": with_text_flags(raw_text, columns.pop("flags")),
        "run_id": pa.repeat(pa.scalar(run_id), len(drafts)),
        "ingested_at": pa.repeat(pa.scalar(started_at, TIMESTAMP), len(drafts)),
    }
    for name in _TIMES:
        arrays[name] = pa.array(columns[name], pa.int64()).cast(TIMESTAMP)
    return pa.record_batch(
        [
            arrays[f.name] if f.name in arrays else pa.array(columns[f.name], f.type)
            for f in DOCUMENTS
        ],
        schema=DOCUMENTS,
    )
