"""The process that parses pages: frames in on stdin, frames out on stdout, nothing else.

Started as `python -m pipelines.ingest.page_worker MEMORY EXTRACTOR`; a frame is 4 bytes of length
(big-endian) and JSON. JSON, not pickle: what comes back was made from a stranger's page.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from importlib import import_module
from typing import IO, Any, Final

import orjson

WALL_FACTOR: Final = 8.0
"""Seconds on the wall a page may take per second of processor time."""

HEADER: Final = struct.Struct(">I")


def write_frame(stream: IO[bytes], message: Any) -> None:
    """Send one message; raises OSError when nobody listens."""
    data = orjson.dumps(message)
    stream.write(HEADER.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """Wait for one message; None at the end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    return orjson.loads(stream.read(HEADER.unpack(header)[0]))


def _arm(seconds: float) -> None:
    """Let the kernel end this process, even inside C code and with no parent left; 0 disarms.

    Processor time, so that what a page gives does not hang on how busy the machine is; the wall's
    only where something waits for ever.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * WALL_FACTOR)


def main() -> None:
    """Answer pages until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints cannot disturb the frames
    extract = import_module("pipelines.ingest.extract").extract
    memory, extractor = int(sys.argv[1]), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    write_frame(answers, "ready")
    while (page := read_frame(sys.stdin.buffer)) is not None:
        _arm(page["seconds"])
        answer: Any = None
        with suppress(MemoryError):
            answer = extract(page["html"], extractor, is_fallback=page["is_fallback"])
        _arm(0)
        write_frame(answers, answer)
        if answer is None:
            break  # a heap that was full once is not used again


if __name__ == "__main__":
    main()
