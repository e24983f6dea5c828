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
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.ingest.model import LandingError, Source
from pipelines.ingest.sites import site_of_name

IN_PROGRESS: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".swp", ".filepart", "~")
"""Endings of names under which writers keep a file until it is complete."""

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Entry(NamedTuple):
    """A path below the landing folder with what `lstat` said; a million of them fit in memory.

    `fault` is set where a folder cannot be looked into.
    """

    parts: tuple[str, ...]
    mode: int
    inode: int
    byte_count: int
    modified_ns: int
    has_marker: bool = False
    fault: str | None = None

    @property
    def uri(self) -> str:
        """The path below the landing zone; bytes that are no UTF-8 are spelt out."""
        return "/".join(
            os.fsencode(part).decode("utf-8", "backslashreplace") for part in self.parts
        )

    @property
    def is_regular(self) -> bool:
        """Whether it may be read at all."""
        return stat.S_ISREG(self.mode)

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
        return kinds.get(stat.S_IFMT(self.mode), "neither file nor folder")

    def source(self, landing: Path) -> Source:
        """The file as rows name it, with what its path says."""
        uri = self.uri
        site, retrieved_at = path_facts(uri)
        return Source(uri, landing.joinpath(*self.parts), site, retrieved_at)

    def is_same(self, status: os.stat_result) -> bool:
        """Whether a file opened by this path is the one that was listed, unchanged."""
        facts = (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns)
        return facts == self[1:5]

    def has_settled(self, settle_seconds: float, now: float) -> bool:
        """Whether a writer may be taken to have finished it; `now` in s since the epoch.

        A time far in the future says nothing about the writer and does not hold the file back.
        """
        return self.has_marker or abs(now - self.modified_ns / 1e9) >= settle_seconds


def entries(landing: Path, own_folders: Iterable[Path] = ()) -> list[Entry]:
    """All entries below `landing`, sorted by path; a single file is its own landing zone.

    A file below the folder of a night has that in its path all the same: it is the document that
    it is in the zone around it.

    `own_folders` hold what the pipeline itself writes: they are no input, wherever they lie.
    Raises LandingError where there is nothing to read.
    """
    if landing.is_file():
        return [_entry(_own_parts(landing), landing.lstat(), has_marker=True)]
    if not landing.is_dir():
        raise LandingError(f"{landing}: no such landing folder; create it or set `landing`")
    own = {_identity(folder.stat()) for folder in own_folders if folder.is_dir()}
    return sorted(_walk(landing, own))


def _own_parts(file: Path) -> tuple[str, ...]:
    *folders, name = file.resolve().parts
    days = [place for place, folder in enumerate(folders) if _midnight(folder) is not None]
    return (*folders[days[-1] :], name) if days else (name,)


def _walk(landing: Path, own: set[tuple[int, int]]) -> Iterator[Entry]:
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(landing.joinpath(*folder)) as scan:
                names = {item.name: item.stat(follow_symlinks=False) for item in scan}
        except FileNotFoundError:
            continue  # gone since its parent was read, or one of its files was
        except OSError as error:
            yield Entry(folder, stat.S_IFDIR, 0, 0, 0, fault=error.strerror or str(error))
            continue
        for name, status in names.items():
            if _is_left_alone(name, names) or _identity(status) in own:
                continue
            parts = (*folder, name)
            if stat.S_ISDIR(status.st_mode):
                waiting.append(parts)
            else:
                yield _entry(parts, status, has_marker=f"{name}.done" in names)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_left_alone(name: str, names: Container[str]) -> bool:
    is_marker = name.endswith(".done") and name.removesuffix(".done") in names
    return is_marker or name.startswith(".") or name.lower().endswith(IN_PROGRESS)


def _entry(parts: tuple[str, ...], status: os.stat_result, *, has_marker: bool) -> Entry:
    return Entry(
        parts, status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, has_marker
    )


def path_facts(uri: str) -> tuple[str | None, int | None]:
    """Site and time of retrieval (µs) from `…/<YYYY-MM-DD>/<site>/<name>`.

    Of any other path below a folder with a date the time alone; else two nulls.

    >>> path_facts("2025-04-08/www.harbour-post.example/1.txt")
    ('harbour-post.example', 1744070400000000)
    >>> path_facts("2025-04-08/feed.jsonl.zst")
    (None, 1744070400000000)
    >>> path_facts("000_e7ab.txt")
    (None, None)
    """
    return _folder_facts(uri.rpartition("/")[0])


def is_due(uri: str, until: date | None) -> bool:
    """Whether a file's path bears no date after the night that is run."""
    at = path_facts(uri)[1] if until else None
    return until is None or at is None or datetime.fromtimestamp(at / 1e6, UTC).date() <= until


@lru_cache(maxsize=4096)
def _folder_facts(path: str) -> tuple[str | None, int | None]:
    midnights = [None, *map(_midnight, folders := path.split("/"))]
    site = site_of_name(folders[-1]) if midnights[-2] is not None else None
    return site, next((at for at in reversed(midnights) if at is not None), None)


def _midnight(folder: str) -> int | None:
    """Of a folder named after a day, its beginning in µs since the epoch, UTC."""
    try:
        at = datetime.fromisoformat(folder) if _DATE.fullmatch(folder) else None
    except ValueError:
        return None
    return int(at.replace(tzinfo=UTC).timestamp()) * 1_000_000 if at else None


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
