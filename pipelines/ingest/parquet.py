"""Parquet: one document per row, streamed by row group, page check sums verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode_narrow
from pipelines.ingest.fields import as_json
from pipelines.ingest.model import Item, Source
from pipelines.ingest.records import Place, read_record
from pipelines.ingest.unpack import GRACE_BYTES
from pipelines.settings import Settings

_ROWS: Final = 64
_MOST_COLUMNS: Final = 1000
_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def read_parquet(content: Content, settings: Settings) -> Iterator[Item]:
    """A draft, page or rejection per row; `corrupt_parquet` for the file or one row group."""
    source = content.source
    try:
        file = pq.ParquetFile(content.stream, page_checksum_verification=True)
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        yield source.refuse("corrupt_parquet", _first_line(error), content.whole())
        return
    if refusal := _bad_columns(names, content):
        yield refusal
        return
    start = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        yield from _group(file, group, start, content, settings)
        start += rows


def _bad_columns(names: list[str], content: Content) -> Item | None:
    source = content.source
    if len(names) > _MOST_COLUMNS:
        return source.refuse("parquet_too_wide", f"{len(names)} columns", content.whole())
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return source.refuse("duplicate_key", f"two columns {twice[0]!r}", content.whole())
    return None


def _group(
    file: pq.ParquetFile,
    group: int,
    start: int,
    content: Content,
    settings: Settings,
) -> Iterator[Item]:
    source = content.source
    facts = file.metadata.row_group(group)
    locator = f"rows {start + 1}-{start + facts.num_rows}"
    if _is_bomb(facts, settings):
        detail = f"{locator}: {facts.total_byte_size} bytes unpacked"
        yield source.refuse("expansion_bomb", detail, content.whole(), locator)
        return
    number = start
    try:
        for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group]):
            for record in _records(batch):
                number += 1
                yield _row(record, number, source)
    except (pa.ArrowException, OSError, ValueError) as error:
        locator = f"rows {number + 1}-{start + facts.num_rows}"
        detail = f"{locator}: {_first_line(error)}"
        yield source.refuse("corrupt_parquet", detail, content.whole(), locator)


def _is_bomb(facts: pq.RowGroupMetaData, settings: Settings) -> bool:
    packed = sum(facts.column(n).total_compressed_size for n in range(facts.num_columns))
    cap = max(GRACE_BYTES, packed * settings.max_expansion_ratio)
    return bool(facts.total_byte_size > min(cap, settings.max_file_bytes))


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


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
