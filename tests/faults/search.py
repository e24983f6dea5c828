"""Look for a text in every file below a folder, however it is packed."""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import zstandard

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def files_with(folder: Path, text: str) -> list[Path]:
    """Files that hold a text: as bytes, in a column, or in something packed inside them."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and holds(path, text)]


def holds(path: Path, text: str) -> bool:
    """Whether one file holds a text."""
    if path.suffix == ".parquet":
        return text in str(pq.read_table(path).to_pylist())
    if path.suffix == ".duckdb":
        return _database_holds(path, text)
    return any(_bytes_hold(data, text) for data in _unpacked(path.read_bytes()))


def _database_holds(path: Path, text: str) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return any(
            text in str(con.execute(f'from "{schema}"."{name}"').fetchall())
            for schema, name in tables
        )


def _bytes_hold(data: bytes, text: str) -> bool:
    return any(text.encode(encoding) in data for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def _unpacked(data: bytes) -> Iterator[bytes]:
    """The bytes, and what is packed in them: an archive, or archives in base64 (the page's)."""
    yield data
    for part in (data, *map(_decoded, _BASE64.findall(data))):
        try:
            if part.startswith(_GZIP):
                yield gzip.decompress(part)
            elif part.startswith(_ZSTD):
                yield zstandard.ZstdDecompressor().decompressobj().decompress(part)
        except (OSError, EOFError, zlib.error, zstandard.ZstdError):
            continue


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""
