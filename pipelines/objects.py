"""Object stores: a landing zone that is read from one, a lake that is kept in one.

Addresses are `s3://bucket/prefix`, `gs://…` and `abfss://…`, as pyarrow knows them. Who may do what
is told by the store's own environment variables and files, never by copydesk's settings.

An object store has no rename, so nothing here relies on one: data objects are written first, whole
and under names of their own, the commit that names them last. Who reads the store sees whole
commits only; what a push that was cut off has left is written again by the next one.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType
from pyarrow.lib import ArrowInvalid

from pipelines.durable import DamagedError, file_sha256, make_folder, write_atomically
from pipelines.ingest.model import Rejection, Source
from pipelines.lake import Lake
from pipelines.settings import Settings, SettingsError

_SCHEMES: Final = ("s3:", "gs:", "gcs:", "abfs:", "abfss:")
"""As the first part of an address that has been through `Path`, which drops a slash."""

_OPTIONS: Final = {"s3:": "?allow_delayed_open=true"}  # a small object is one request

_CHUNK: Final = 1 << 20

_FETCHING: Final = ".fetched.part"
_NO_PART: Final = frozenset(("", ".", ".."))
_NO_FILE_NAME: Final = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
_DENIED: Final = ("ACCESS_DENIED", "InvalidObjectState")
"""How the store says that this object is not for us, or lies in its archive."""


def is_remote(path: Path) -> bool:
    """Whether a path is the address of an object store.

    >>> is_remote(Path("s3://news/landing")), is_remote(Path("data/landing"))
    (True, False)
    """
    return bool(path.parts) and path.parts[0] in _SCHEMES


def address(path: Path) -> str:
    """The address as it was written, `s3://bucket/prefix`."""
    return path.parts[0] + "//" + "/".join(path.parts[1:])


def open_store(path: Path) -> tuple[FileSystem, str]:
    """The store and the prefix of an address. Raises SettingsError that names what is wrong."""
    try:
        store, prefix = FileSystem.from_uri(address(path) + _OPTIONS.get(path.parts[0], ""))
    except (OSError, ValueError, NotImplementedError) as error:
        raise SettingsError(f"{address(path)}: cannot be opened: {error}") from error
    return store, prefix


class Landed(NamedTuple):
    """The landing zone as a folder of this machine, and the objects that cannot be files of it."""

    folder: Path
    refused: tuple[Rejection, ...] = ()


def landed(settings: Settings) -> Landed:
    """The landing zone as a folder: as it is, or fetched from its object store.

    Each object is a file at the same place below `HOME/landing-cache`, of the time of the object,
    and fetched once; objects that are gone are taken from the cache too. One that cannot be
    fetched or named so costs only itself. Raises SettingsError where the store does not answer.
    """
    if not is_remote(settings.landing):
        return Landed(settings.landing)
    store, prefix = open_store(settings.landing)
    folder = settings.home / "landing-cache"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        info.path[len(prefix) :].removeprefix("/"): info
        for info in _objects(store, prefix, settings.landing)
    }
    _forget(folder, wanted)
    most = settings.max_file_bytes
    fetched = (_landed(store, info, folder, name, most) for name, info in sorted(wanted.items()))
    return Landed(folder, tuple(it for it in fetched if it))


def _forget(folder: Path, wanted: Container[str]) -> None:
    """Delete files of objects that are gone, and the folders that are empty then."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # it is not empty
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _landed(
    store: FileSystem, info: FileInfo, folder: Path, name: str, most: int
) -> Rejection | None:
    """Fetch an object; what speaks against it, and against no other, is its rejection."""
    path, size = folder / name, info.size
    source = Source(name, path)
    if not _NO_PART.isdisjoint(name.split("/")):
        detail = "the object: no file can have its name, name it without // and .."
        return source.refuse("unreadable", detail, b"", byte_count=size)
    if size > most:
        detail = f"{size} bytes, left in the landing zone"
        return source.refuse("file_too_large", detail, b"", byte_count=size)
    try:
        _fetch(store, info, path, folder / _FETCHING)
    except FileNotFoundError:
        return None  # gone since it was listed
    except (OSError, ArrowInvalid) as error:
        if not _is_of_the_object(error):
            raise
        with suppress(OSError):  # an earlier version of it; most often there is none
            path.unlink()
        detail = f"the object: {getattr(error, 'strerror', None) or error}"
        return source.refuse("unreadable", detail, b"", byte_count=size)
    return None


def _is_of_the_object(error: Exception) -> bool:
    """Whether an error tells of one object, and not of the store, the way to it or the disk."""
    if isinstance(error, ArrowInvalid) or getattr(error, "errno", None) in _NO_FILE_NAME:
        return True
    return any(mark in str(error) for mark in _DENIED)


def _objects(store: FileSystem, prefix: str, path: Path) -> Iterator[FileInfo]:
    try:
        found = store.get_file_info(FileSelector(prefix, recursive=True))
    except OSError as error:
        raise SettingsError(f"{address(path)}: cannot be listed: {error}") from error
    return (info for info in found if info.type == FileType.File)


def _fetch(store: FileSystem, info: FileInfo, path: Path, beside: Path) -> None:
    """An object as a file, whole or not at all, with the object's time."""
    changed = info.mtime_ns
    if path.is_file():
        status = path.stat()
        if (status.st_size, status.st_mtime_ns) == (info.size, changed):
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.open_input_stream(info.path) as source, beside.open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK)
    os.utime(beside, ns=(changed, changed))
    beside.replace(path)


def mirror_of(settings: Settings) -> Path | None:
    """Where the lake is kept beside the home folder, if anywhere.

    Raises SettingsError for what is not the address of an object store.
    """
    if settings.mirror == Path():
        return None
    if not is_remote(settings.mirror):
        origin = settings.origins.get("mirror", "default")
        raise SettingsError(f"{origin}: mirror = {settings.mirror} is no address like s3://…")
    return settings.mirror


def push(lake: Lake, target: Path) -> list[str]:
    """Bring the commits of a lake into an object store; returns the names of those that were new.

    First every file that counts, then the commits that name them, in the order in which they
    happened; last, files that no longer count (of a takedown, say) are deleted there too.
    """
    store, prefix = open_store(target)
    there = {info.path for info in _objects_or_none(store, prefix)}
    alive = _alive(lake)
    for path in alive:
        if f"{prefix}/{path}" not in there:
            _put(store, lake.root / path, f"{prefix}/{path}")
    names = [f"commits/{it.run_id}.{it.verb}.json" for it in lake.commits()]
    fresh = [name for name in names if f"{prefix}/{name}" not in there]
    for name in fresh:
        _put(store, lake.root / name, f"{prefix}/{name}")
    kept = {f"{prefix}/{path}" for path in [*alive, *names]}
    for path in sorted(there - kept):
        store.delete_file(path)
    return fresh


def pull(source: Path, lake: Lake) -> list[str]:
    """Bring the commits of an object store into an empty lake; returns their names.

    Raises DamagedError for an object that is not what its commit says.
    """
    store, prefix = open_store(source)
    found = [info.path for info in _objects_or_none(store, f"{prefix}/commits")]
    beside = Lake(lake.root / ".staging" / "pull", lake.schemas)
    for path in found:
        _get(store, path, beside.root / "commits" / path.rpartition("/")[2])
    for path, sha256 in _alive(beside).items():
        _get(store, f"{prefix}/{path}", lake.root / path)
        if file_sha256(lake.root / path) != sha256:
            (lake.root / path).unlink()
            where = f"{address(source)}/{path}"
            raise DamagedError(f"{where}: is not what its commit says; push it anew")
    names = [f"{it.run_id}.{it.verb}.json" for it in beside.commits()]
    for name in names:
        commit = (beside.root / "commits" / name).read_bytes()
        write_atomically(lake.root / "commits" / name, commit)
    shutil.rmtree(beside.root, ignore_errors=True)
    return names


def _alive(lake: Lake) -> dict[str, str]:
    """Files that count, with their digests."""
    return {file.path: file.sha256 for table in lake.schemas for file in lake.files(table)}


def _objects_or_none(store: FileSystem, prefix: str) -> Iterator[FileInfo]:
    selector = FileSelector(prefix, recursive=True, allow_not_found=True)
    return (info for info in store.get_file_info(selector) if info.type == FileType.File)


def _put(store: FileSystem, path: Path, target: str) -> None:
    with path.open("rb") as source, store.open_output_stream(target) as sink:
        shutil.copyfileobj(source, sink, _CHUNK)


def _get(store: FileSystem, source: str, path: Path) -> None:
    make_folder(path.parent)
    with store.open_input_stream(source) as stream, path.open("wb") as target:
        shutil.copyfileobj(stream, target, _CHUNK)
