"""Quarantine: the exact bytes of what was refused, under names that no input chose."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from pipelines.durable import make_folder, sync_folder
from pipelines.ingest import FileSlice

_CHUNK = 1 << 20


def _chunks(payload: bytes | FileSlice) -> Iterator[bytes]:
    if isinstance(payload, bytes):
        yield payload
        return
    left = payload.length
    # the landing zone may have changed since it was read: never follow a link out of it now
    with os.fdopen(os.open(payload.path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        file.seek(payload.offset)
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def payload_sha256(payload: bytes | FileSlice) -> str:
    """SHA-256 of refused bytes, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    for chunk in _chunks(payload):
        digest.update(chunk)
    return digest.hexdigest()


def keep(payload: bytes | FileSlice, path: Path) -> Path:
    """Copy refused bytes to `path`, flushed to disk before it returns."""
    make_folder(path.parent)
    beside = path.with_suffix(".tmp")
    with beside.open("wb") as file:
        for chunk in _chunks(payload):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)
    return path
