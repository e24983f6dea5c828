"""Parquet: one document per row, streamed by row group, page check sums verified.

The file is decoded in a process of its own (`parquet_worker`), which a hostile one may end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pyarrow as pa

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode_narrow
from pipelines.ingest.fields import as_json
from pipelines.ingest.model import Item, Source
from pipelines.ingest.parquet_process import LostError, pieces_of
from pipelines.ingest.records import Place, read_record
from pipelines.settings import Settings

_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def read_parquet(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per row; `corrupt_parquet` for the file, a row group or a rest."""
    source, number = content.source, 0
    with pieces_of(content, settings) as pieces:
        try:
            for piece in pieces:
                if "reason" in piece:
                    what = piece["reason"], piece["detail"]
                    yield source.refuse(*what, content.whole(), piece["locator"])
                    continue
                yield from rows(piece["batch"], piece["start"], source)
                number = piece["start"] + piece["batch"].num_rows
        except LostError as error:
            locator = f"rows from {number + 1}" if number else None
            yield source.refuse("corrupt_parquet", str(error), content.whole(), locator)


def rows(batch: pa.RecordBatch, start: int, source: Source) -> Iterator[Item]:
    """A draft, page or rejection per row of a batch that has `start` rows before it."""
    for number, record in enumerate(_records(batch), start + 1):
        yield _row(record, number, source)


def _records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Rows as Python values; a string that is no UTF-8 is read as text files are."""
    columns = {
        name: _values(column) for name, column in zip(batch.schema.names, batch, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        raw = column.cast(pa.binary()).to_pylist()
        return [None if value is None else decode_narrow(value).text for value in raw]


def _row(record: dict[str, Any], number: int, source: Source) -> Item:
    try:
        payload = orjson.dumps(record, default=as_json, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        return source.refuse("field_type", f"row {number}: {error}", b"", f"row {number}")
    place = Place(f"row {number}", "parquet", payload, hashlib.sha256(payload).hexdigest())
    return read_record(record, source, place)
