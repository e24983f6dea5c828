"""Files that survive a crash and tell when they are damaged.

Order for all that must last: write beside, fsync the file, rename, fsync the folder. JSON that
decides anything is sealed: it carries the SHA-256 of its own content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final


class DamagedError(RuntimeError):
    """A file on disk is not what was written; the message names it and the remedy."""


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it survives a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Flush a file's content to disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, each flushed into the one that holds it."""
    missing = [it for it in (folder, *folder.parents) if not it.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: write beside it, fsync, rename, fsync the folder.

    Raises OSError if that fails; then `path` is as it was and nothing is left beside it.
    """
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_SOUND: Final[dict[tuple[str, str], tuple[int, int, int]]] = {}
"""Files whose digest this process has verified, with inode, size and modification time then."""


def is_sound(path: Path, sha256: str) -> bool:
    """Whether a file has this digest; each file is read once per process (1.8 GB a second).

    Page checksums alone miss a flipped bit in the header of a Parquet page or in its footer.
    """
    if not path.is_file():
        return False
    status = path.stat()
    mark = (status.st_ino, status.st_size, status.st_mtime_ns)
    if _SOUND.get((str(path), sha256)) != mark:
        if file_sha256(path) != sha256:
            return False
        _SOUND[str(path), sha256] = mark
    return True


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object with its own digest, atomically."""
    write_atomically(path, _sealed(content))


def read_sealed(path: Path) -> dict[str, Any]:
    """The content of a sealed JSON file.

    Raises DamagedError if one bit of it is not as written, OSError if it cannot be read.
    """
    data = path.read_bytes()
    try:
        content: dict[str, Any] = json.loads(data)
        content.pop("seal")
        if _sealed(content) == data:
            return content
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    raise DamagedError(f"{path}: damaged: its digest does not fit; run: copydesk doctor")


def _sealed(content: Mapping[str, Any]) -> bytes:
    plain = json.dumps(content, sort_keys=True)
    seal = hashlib.sha256(plain.encode()).hexdigest()
    return json.dumps({**content, "seal": seal}, indent=1, sort_keys=True).encode()
