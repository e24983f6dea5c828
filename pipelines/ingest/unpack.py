"""gzip and zstd, unpacked to their last byte: members, frames, check sums, and a cap.

Neither DuckDB (18 of 30 gzip bit flips missed) nor a plain zstd stream reader (a cut-off archive
reads as a short one) proves an archive whole, so the end of every member is checked here.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from typing import IO, Final

import zstandard

_STEP: Final = 1 << 20
_READ: Final = 1 << 15
"""What is read at a time is copied with each member: an archive may be of empty ones."""

_ZSTD_STEP: Final = 4096
"""zstd output cannot be capped a call: 4 kB can hold at most some 130 MB."""

_ZSTD_WINDOW: Final = 1 << 27
_GZIP: Final = b"\x1f\x8b\x08"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE: Final = b"\x2a\x4d\x18"
GRACE_BYTES: Final = 16_000_000
"""Below this much output no ratio is a bomb: a small file of one repeated line is honest."""


class DamagedError(Exception):
    """An archive that cannot be taken: `reason` of the closed list, and what was seen."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def packing(head: bytes) -> str | None:
    r"""`gzip`, `zstd` or None, by the first bytes.

    >>> packing(b"\x1f\x8b\x08..."), packing(b"text")
    ('gzip', None)
    """
    if head.startswith(_GZIP):
        return "gzip"
    return "zstd" if _is_zstd(head) else None


def unpack(raw: IO[bytes], kind: str, packed: int, ratio: int, most: int) -> Iterator[bytes]:
    """All bytes of an archive of `packed` bytes, in pieces.

    Raises DamagedError (`truncated_…`, `corrupt_…`, or `expansion_bomb` beyond `ratio` times its
    size or `most` bytes). What was yielded before counts only when the end is reached.
    """
    cap = min(most, max(GRACE_BYTES, packed * ratio))
    total = 0
    for piece in _members(raw, kind):
        total += len(piece)
        if total > cap:
            raise DamagedError("expansion_bomb", f"more than {cap} bytes from {packed}")
        yield piece


def _members(raw: IO[bytes], kind: str) -> Iterator[bytes]:
    member = _gzip_member if kind == "gzip" else _zstd_frame
    rest = raw.read(_READ)
    while rest:
        rest = yield from member(raw, rest)
        rest = rest or raw.read(_READ)
        if kind == "gzip" and rest and not rest.strip(b"\0"):
            rest = _after_padding(raw)


def _after_padding(raw: IO[bytes]) -> bytes:
    """Gzip allows zeros after the last member."""
    while data := raw.read(_READ):
        if data.strip(b"\0"):
            return data
    return b""


def _gzip_member(raw: IO[bytes], data: bytes) -> Generator[bytes, None, bytes]:
    decoder = zlib.decompressobj(31)
    while not decoder.eof:
        at_end = not data and not (data := raw.read(_READ))
        try:
            piece = decoder.decompress(data, _STEP)
        except zlib.error as error:
            raise DamagedError("corrupt_gzip", f"gzip: {error}") from error
        if at_end and not piece and not decoder.eof:
            raise DamagedError("truncated_gzip", "gzip: the archive ends inside a member")
        yield piece
        data = decoder.unconsumed_tail
    return decoder.unused_data


def _zstd_frame(raw: IO[bytes], data: bytes) -> Generator[bytes, None, bytes]:
    if len(data) < 4:
        data += raw.read(_READ)
    if not _is_zstd(data):
        cut = _ZSTD.startswith(data)
        raise DamagedError(
            "truncated_zstd" if cut else "corrupt_zstd", "zstd: no frame where one must be"
        )
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    while not decoder.eof:
        if not data and not (data := raw.read(_READ)):
            raise DamagedError("truncated_zstd", "zstd: the archive ends inside a frame")
        try:
            yield decoder.decompress(data[:_ZSTD_STEP])
        except zstandard.ZstdError as error:
            raise DamagedError("corrupt_zstd", f"zstd: {_said(error)}") from error
        data = data[_ZSTD_STEP:]
    return decoder.unused_data + data


def _said(error: zstandard.ZstdError) -> str:
    if "too much memory" in str(error):
        return "a window beyond 128 MB; pack it with --long=27 at most"
    return str(error)


def _is_zstd(head: bytes) -> bool:
    return head.startswith(_ZSTD) or (head[1:4] == _ZSTD_SKIPPABLE and 0x50 <= head[0] <= 0x5F)
