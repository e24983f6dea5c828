"""One worker process as seen from outside: asked, timed, killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson

from pipelines.ingest.model import PageProcessError
from pipelines.ingest.page_worker import HEADER, WALL_FACTOR, write_frame
from pipelines.settings import HTML_EXTRACTORS

STARTUP_SECONDS: Final = 120.0
_ROOT: Final = Path(__file__).resolve().parents[2]
_TIMED_OUT: Final = (-signal.SIGPROF, -signal.SIGALRM)
_LAST_SECONDS: Final = 5.0
_CHUNK: Final = 1 << 20


class LostError(Exception):
    """The worker did not answer; `reason` is `html_timeout` or `html_memory`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PageProcess:
    """A worker that answers one page after the other; dead after its first failure."""

    def __init__(self, memory: int, extractor: str = HTML_EXTRACTORS[0]) -> None:
        worker = ["-m", "pipelines.ingest.page_worker", str(memory), extractor]
        command = [sys.executable, *worker]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
            bufsize=-1,
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout).fileno()
        self.answered = 0
        try:
            self._receive(time.monotonic() + STARTUP_SECONDS)
        except LostError as error:
            remedy = f"run `{' '.join(command)}` to see why"
            raise PageProcessError(f"a page worker does not start; {remedy}") from error

    @property
    def is_alive(self) -> bool:
        """Whether it can still answer."""
        return self._process.poll() is None

    def ask(self, page: str, *, is_fallback: bool, seconds: float) -> Any:
        """The worker's answer (`Extracted`).

        Raises LostError when it takes more than `seconds` of processor time (or eight times that
        on the wall), runs out of memory or crashes; the process is dead then.
        """
        deadline = time.monotonic() + seconds * WALL_FACTOR
        request = {"html": page, "is_fallback": is_fallback, "seconds": seconds}
        try:
            write_frame(self._requests, request)
        except OSError as error:
            raise self._lost() from error
        answer = self._receive(deadline)
        self.answered += 1
        if answer is None:
            self.close()
            raise LostError("html_memory")
        return answer

    def close(self) -> None:
        """Kill it and wait for its end."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                _close_quietly(stream)

    def _lost(self) -> LostError:
        """Why the worker ended: its timers end it by signals of their own."""
        try:
            code = self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        return LostError("html_timeout" if code in _TIMED_OUT else "html_memory")

    def _receive(self, deadline: float) -> Any:
        size = HEADER.unpack(self._bytes(HEADER.size, deadline))[0]
        return orjson.loads(self._bytes(size, deadline))

    def _bytes(self, count: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                self.close()
                raise LostError("html_timeout")
            piece = os.read(self._answers, min(_CHUNK, count - len(data)))
            if not piece:
                raise self._lost()
            data += piece
        return bytes(data)


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # what was still to be written has no reader any more


def worker_environment() -> dict[str, str]:
    """Only what Python needs: a worker that a page takes over finds no secret in it."""
    names = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "PYTHONHASHSEED": "0"}
