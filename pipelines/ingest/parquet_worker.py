"""The process that decodes a stranger's Parquet: the file on stdin, pieces of it on stdout.

Arrow ends the whole process on some damaged files (an exception of its C++ code that nothing
catches: found by fuzzing), so it is not let near one inside a night.

Started as `python -m pipelines.ingest.parquet_worker RATIO MOST`. A piece is 4 bytes of length
(big-endian), a JSON object, and, where that says how many, the bytes of an Arrow IPC stream.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from typing import IO, Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.unpack import GRACE_BYTES

HEADER: Final = struct.Struct(">I")
SECONDS_PER_PIECE: Final = 60
"""Processor seconds after which the kernel ends this process; a piece of 64 rows takes few ms."""

MEMORY: Final = 8_000_000_000
"""Bytes of address space; a row group of 1 GB and its Arrow form fit."""

_ROWS: Final = 64
_MOST_COLUMNS: Final = 1000
_FAULTS: Final = (pa.ArrowException, OSError, ValueError, MemoryError)

Piece = tuple[dict[str, Any], bytes]


def main() -> None:
    """Send the pieces of the file; the last one says that it is the last."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints cannot disturb the pieces
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ratio, most = map(int, sys.argv[1:3])
    pa.set_cpu_count(1)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_PIECE)
    with os.fdopen(0, "rb") as file:
        for message, data in pieces(file, ratio, most):
            _send(answers, {**message, "byte_count": len(data)}, data)
            signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_PIECE)
    _send(answers, {"is_end": True, "byte_count": 0}, b"")


def _send(answers: IO[bytes], message: dict[str, Any], data: bytes) -> None:
    header = orjson.dumps(message)
    answers.write(HEADER.pack(len(header)) + header + data)
    answers.flush()


def pieces(file: IO[bytes], ratio: int, most: int) -> Iterator[Piece]:
    """Batches of 64 rows as Arrow IPC with the number of rows before them, and refusals."""
    try:
        parquet = pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False)
        names = parquet.schema_arrow.names
    except _FAULTS as error:
        yield _refusal("corrupt_parquet", _first_line(error)), b""
        return
    if refusal := _bad_columns(names):
        yield refusal, b""
        return
    start = 0
    for group in range(parquet.num_row_groups):
        facts = parquet.metadata.row_group(group)
        yield from _group(parquet, group, start, min(most, _cap(facts, ratio)))
        start += facts.num_rows


def _refusal(reason: str, detail: str, locator: str | None = None) -> dict[str, Any]:
    detail = f"{locator}: {detail}" if locator else detail
    return {"reason": reason, "detail": detail, "locator": locator}


def _bad_columns(names: list[str]) -> dict[str, Any] | None:
    if len(names) > _MOST_COLUMNS:
        return _refusal("parquet_too_wide", f"{len(names)} columns")
    twice = sorted({name for name in names if names.count(name) > 1})
    return _refusal("duplicate_key", f"two columns {twice[0]!r}") if twice else None


def _cap(facts: pq.RowGroupMetaData, ratio: int) -> int:
    """Bytes to which a row group may unpack."""
    packed = sum(facts.column(n).total_compressed_size for n in range(facts.num_columns))
    return max(GRACE_BYTES, int(packed) * ratio)


def _group(parquet: pq.ParquetFile, group: int, start: int, cap: int) -> Iterator[Piece]:
    facts = parquet.metadata.row_group(group)
    end = start + facts.num_rows
    if facts.total_byte_size > cap:
        detail = f"{facts.total_byte_size} bytes unpacked"
        yield _refusal("expansion_bomb", detail, f"rows {start + 1}-{end}"), b""
        return
    number = start
    try:
        for batch in parquet.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False):
            yield {"start": number}, _packed(batch)
            number += batch.num_rows
    except _FAULTS as error:
        yield _refusal("corrupt_parquet", _first_line(error), f"rows {number + 1}-{end}"), b""


def _packed(batch: pa.RecordBatch) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(out.getvalue())


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).partition("\n")[0][:300]


if __name__ == "__main__":
    main()
