"""Parquet: one document per row, streamed by row group, page check sums verified.

The file is decoded in a process of its own (`parquet_worker`), which a hostile one may end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
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

_NO_VALUE: Final = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""Raised for a value that Python has no form for; an unknown time zone is a KeyError."""

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
    """Rows as Python values; a value that Python has no form for as a text."""
    columns = {
        name: _values(column) for name, column in zip(batch.schema.names, batch, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except _NO_VALUE:
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    """One value, piece by piece where it does not convert as a whole.

    A string that is no UTF-8 is read as text files are. A date beyond the year 9999 is a text.
    """
    with suppress(*_NO_VALUE):
        return cell.as_py()
    if isinstance(cell, pa.StructScalar):
        return {name: _value(inner) for name, inner in cell.items()}
    if isinstance(cell, pa.ListScalar):
        return [_value(inner) for inner in cell.values]
    if isinstance(cell, pa.DictionaryScalar | pa.ExtensionScalar):
        return _value(cell.value)
    return _shown(cell, cell.type)


def _shown(cell: Any, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return decode_narrow(bytes(cell.as_buffer())).text
    if pa.types.is_timestamp(kind) and kind.tz not in (None, "UTC"):  # a zone nobody knows
        return _value(cell.cast(pa.timestamp(kind.unit, "UTC")))
    return str(cell.cast(pa.string()))


def _row(record: dict[str, Any], number: int, source: Source) -> Item:
    try:
        payload = orjson.dumps(record, default=as_json, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        return source.refuse("field_type", f"row {number}: {error}", b"", f"row {number}")
    place = Place(f"row {number}", "parquet", payload, hashlib.sha256(payload).hexdigest())
    return read_record(record, source, place)
