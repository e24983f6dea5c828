"""The bytes of one file, held still: read once, hashed, and unpacked to their end.

A landing file may grow, shrink or vanish while it is read, so nothing is parsed in place: small
files are taken into memory, large ones copied to a spool file of our own. Only when size and time
are the same after reading as before does anything of the file count. Archives are unpacked the
same way, to their last byte and check sum, before the first row is parsed.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pipelines.ingest.landing import Entry, open_beneath
from pipelines.ingest.model import FileSlice, InputFile, Source, SpoolError
from pipelines.ingest.unpack import DamagedError, packing, unpack
from pipelines.settings import Settings

MEMORY_BYTES: Final = 64_000_000
"""Content beyond this lies on disk."""

_CHUNK: Final = 1 << 20


class UnsettledError(Exception):
    """The file changed while it was read, or is gone: it is left for the next run."""


class UnreadableError(Exception):
    """The file cannot be opened or read to its end."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file as delivered: `raw` its bytes, `stream` the same unpacked, `size` bytes long."""

    source: Source
    file: InputFile
    raw: IO[bytes]
    stream: IO[bytes]
    size: int

    def head(self, count: int = 65_536) -> bytes:
        """The first bytes unpacked; the stream stands at its start afterwards."""
        self.stream.seek(0)
        head = self.stream.read(count)
        self.stream.seek(0)
        return head

    def read(self) -> bytes:
        """All bytes unpacked; callers check `size` first."""
        self.stream.seek(0)
        return self.stream.read()

    def whole(self) -> bytes | FileSlice:
        """The payload of a rejection of the whole file, as delivered."""
        if self.file.byte_count > MEMORY_BYTES:
            return FileSlice(self.file.path, 0, self.file.byte_count)
        self.raw.seek(0)
        return self.raw.read()

    def slice(self, offset: int, length: int) -> bytes | FileSlice:
        """The payload of a rejection of a part too large for memory.

        A part of an archive has no place in the file as it lies there: the archive is kept whole.
        """
        if self.raw is not self.stream:
            return self.whole()
        return FileSlice(self.file.path, offset, length)


class Spool:
    """A sink that moves from memory to an unnamed file once it grows large."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.stream: IO[bytes] = io.BytesIO()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append; raises SpoolError when there is no room."""
        try:
            if self.size <= MEMORY_BYTES < self.size + len(data):
                self._move_to_disk()
            self.stream.write(data)
        except OSError as error:
            raise SpoolError(f"{self._folder}: no room to hold an input: {error}") from error
        self.size += len(data)

    def _move_to_disk(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        memory = self.stream
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        self.stream = self._stack.enter_context(file)
        memory.seek(0)
        self.stream.write(memory.read())
        memory.close()


@contextmanager
def held(entry: Entry, landing: Path, settings: Settings) -> Iterator[Content]:
    """The content of a file, for as long as the context lasts.

    Raises UnsettledError, UnreadableError, or SpoolError.
    """
    with ExitStack() as stack:
        raw = Spool(settings.home, stack)
        source = entry.source(landing)
        sha256 = _take(entry, landing, raw)
        file = InputFile(source.uri, source.path, raw.size, entry.modified_ns, sha256, 0, 0)
        yield Content(source, file, raw.stream, raw.stream, raw.size)


@contextmanager
def unpacked(content: Content, settings: Settings) -> Iterator[Content]:
    """The content with its archive, if it is one, unpacked and proven whole.

    Raises DamagedError (see `unpack`; `nested_archive` for an archive in an archive).
    """
    kind = packing(content.head(8))
    if kind is None:
        yield content
        return
    with ExitStack() as stack:
        plain = Spool(settings.home, stack)
        size = content.file.byte_count
        ratio, most = settings.max_expansion_ratio, settings.max_file_bytes
        for piece in unpack(content.raw, kind, size, ratio, most):
            plain.write(piece)
        inner = Content(content.source, content.file, content.raw, plain.stream, plain.size)
        if packing(inner.head(8)):
            raise DamagedError("nested_archive", f"{kind}: an archive inside an archive")
        yield inner


def _take(entry: Entry, landing: Path, sink: Spool) -> str:
    """Copy a file into `sink`; its SHA-256."""
    digest = hashlib.sha256()
    try:
        with open_beneath(landing, entry.parts) as file:
            _check(entry.is_same(os.fstat(file)))
            while data := os.read(file, _CHUNK):
                digest.update(data)
                _check(sink.size + len(data) <= entry.byte_count)
                sink.write(data)
            _check(entry.is_same(os.fstat(file)) and sink.size == entry.byte_count)
    except FileNotFoundError as error:
        raise UnsettledError("gone since it was listed") from error
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    return digest.hexdigest()


def _check(is_same: bool) -> None:
    if not is_same:
        raise UnsettledError("changed since it was listed")
