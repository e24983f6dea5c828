"""The landing zone: which files there are, what their paths say, and how they are opened.

Only regular files below the landing folder are read. Links are never followed, neither as the
file nor as a folder on the way to it. Left alone: hidden files, names that writers use while they
write (`IN_PROGRESS`), and markers `<name>.done`.

A file may still be being written. One with a marker is complete. One whose time lies less than
`settle_seconds` back is waited for (up to 5 seconds; else it is left for the next run), and taken
only if its size and time are the same when it is opened, and again when it has been read, as they
were when the zone was listed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.ingest.model import LandingError, Source
from pipelines.ingest.sites import site_of_name

IN_PROGRESS: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".swp", ".filepart", "~")
"""Endings of names under which writers keep a file until it is complete."""

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A path below the landing folder with its `lstat`."""

    source: Source
    parts: tuple[str, ...]
    status: os.stat_result
    has_marker: bool = False

    @property
    def is_regular(self) -> bool:
        """Whether it may be read at all."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def kind(self) -> str:
        """What it is, where it is no regular file."""
        kinds = {
            stat.S_IFLNK: "a symbolic link",
            stat.S_IFIFO: "a pipe",
            stat.S_IFCHR: "a device",
            stat.S_IFBLK: "a device",
            stat.S_IFSOCK: "a socket",
        }
        return kinds.get(stat.S_IFMT(self.status.st_mode), "neither file nor folder")

    def has_settled(self, settle_seconds: float, now: float) -> bool:
        """Whether a writer may be taken to have finished it; `now` in s since the epoch.

        A time far in the future says nothing about the writer and does not hold the file back.
        """
        return self.has_marker or abs(now - self.status.st_mtime) >= settle_seconds


def entries(landing: Path) -> list[Entry]:
    """All entries below `landing`, sorted by path; a single file is its own landing zone.

    Raises LandingError where there is nothing to read.
    """
    if landing.is_file():
        return [_entry(landing.parent, (landing.name,), landing.lstat(), has_marker=True)]
    if not landing.is_dir():
        raise LandingError(f"{landing}: no such landing folder; create it or set `landing`")
    return sorted(_walk(landing, ()), key=lambda entry: entry.parts)


def _walk(landing: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    with os.scandir(landing.joinpath(*parts)) as scan:
        found = {item.name: item for item in scan}
    for name, item in found.items():
        if _is_left_alone(name, found):
            continue
        status = item.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(landing, (*parts, name))
        else:
            yield _entry(landing, (*parts, name), status, has_marker=f"{name}.done" in found)


def _is_left_alone(name: str, found: dict[str, os.DirEntry[str]]) -> bool:
    is_marker = name.endswith(".done") and name.removesuffix(".done") in found
    return is_marker or name.startswith(".") or name.lower().endswith(IN_PROGRESS)


def _entry(
    landing: Path, parts: tuple[str, ...], status: os.stat_result, *, has_marker: bool
) -> Entry:
    uri = "/".join(os.fsencode(part).decode("utf-8", "backslashreplace") for part in parts)
    site, retrieved_at = path_facts(uri)
    return Entry(
        Source(uri, landing.joinpath(*parts), site, retrieved_at), parts, status, has_marker
    )


def path_facts(uri: str) -> tuple[str | None, int | None]:
    """Site and time of retrieval (µs) from `…/<YYYY-MM-DD>/<site>/<name>`, else two nulls.

    >>> path_facts("2025-04-08/www.harbour-post.example/1.txt")
    ('harbour-post.example', 1744070400000000)
    >>> path_facts("000_e7ab.txt")
    (None, None)
    """
    folders = uri.split("/")[:-1]
    if len(folders) < 2 or not _DATE.fullmatch(folders[-2]):
        return None, None
    try:
        day = datetime.strptime(folders[-2], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None, None
    return site_of_name(folders[-1]), int(day.timestamp()) * 1_000_000


@contextmanager
def open_beneath(landing: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Descriptor of a file below `landing`, no link followed on the way.

    `O_NONBLOCK` keeps a pipe that took the file's place from blocking the night.
    Raises OSError as `os.open` does.
    """
    folder = os.open(landing, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            inner = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = inner
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        yield file
    finally:
        os.close(file)
