"""A Parquet file decoded in a process of its own, as seen from outside: started, timed, killed."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final, cast

import orjson
import pyarrow as pa

from pipelines.ingest.contents import Content
from pipelines.ingest.page_process import worker_environment
from pipelines.ingest.parquet_worker import HEADER
from pipelines.settings import Settings

_WALL_SECONDS: Final = 480.0
"""Longest wait for a piece: eight times its processor time."""

_CHUNK: Final = 1 << 20


class LostError(Exception):
    """The process ended before the file did; the message says how."""


@contextmanager
def pieces_of(content: Content, settings: Settings) -> Iterator[Iterator[dict[str, Any]]]:
    """The pieces of a file: `batch` and `start`, or `reason`, `detail` and `locator` of a refusal.

    Going through them raises LostError when the process dies; at the end of the block it is gone.
    """
    limits = [str(settings.max_expansion_ratio), str(settings.max_file_bytes)]
    with _seekable(content) as file:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "pipelines.ingest.parquet_worker", *limits],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
        )
        try:
            yield _pieces(process)
        finally:
            process.kill()
            process.wait()
            cast("IO[bytes]", process.stdout).close()


@contextmanager
def _seekable(content: Content) -> Iterator[int]:
    """A descriptor of the content that another process can seek in."""
    content.stream.seek(0)
    try:
        yield content.stream.fileno()
    except OSError:  # it lies in memory
        with tempfile.TemporaryFile() as file:
            file.write(content.read())
            file.seek(0)
            yield file.fileno()


def _pieces(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    while not (piece := _piece(process)).get("is_end"):
        yield piece


def _piece(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + _WALL_SECONDS
    length = HEADER.unpack(_bytes(process, HEADER.size, deadline))[0]
    piece: dict[str, Any] = orjson.loads(_bytes(process, length, deadline))
    if piece["byte_count"]:
        data = _bytes(process, piece["byte_count"], deadline)
        with pa.ipc.open_stream(pa.py_buffer(data)) as stream:
            piece["batch"] = stream.read_next_batch()
    return piece


def _bytes(process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    answers = cast("IO[bytes]", process.stdout).fileno()
    data = bytearray()
    while len(data) < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([answers], [], [], left)[0]:
            raise LostError("its decoding did not end")
        piece = os.read(answers, min(_CHUNK, count - len(data)))
        if not piece:
            raise LostError(f"its decoding ended the process (exit code {process.wait()})")
        data += piece
    return bytes(data)
