"""Write a version of the public tables beside the old one, then switch readers over.

    published/versions/<run_id>/ the last nights whole, for rollback; they share Parquet files
    published/current            the version that readers see: one symbolic link
    published/copydesk.duckdb    the serving file, through `current`
    published/parquet/           the same tables, through `current`
    published/dashboard.html     the morning page, through `current`
    published/manifest.json      run, state, row counts, digests, through `current`

A version is written into a staging folder, flushed, and renamed into place whole. Switching is one
rename, of `current`: whatever reader opens next, and whenever the power fails, all four entries
are of the same night.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, Final

from pipelines.durable import (
    DamagedError,
    file_sha256,
    is_sound,
    make_folder,
    read_sealed,
    sync_file,
    sync_folder,
    write_sealed,
)
from pipelines.parts import Former, write_table
from pipelines.settings import Settings
from pipelines.warehouse import (
    Connection,
    LockedError,
    Model,
    connect,
    halve_memory,
    literal,
)

_LOG: Final = logging.getLogger(__name__)

STORAGE_VERSION: Final = "v1.4.0"
"""Read by DuckDB 1.4 and 1.5 clients too; the default of 2.0 is not."""

ROW_GROUP: Final = 20_480
"""Rows that are compressed together; the last group of a table is compressed anew each night."""

_ENTRIES: Final = ("copydesk.duckdb", "parquet", "dashboard.html", "manifest.json")
"""What readers open, below `published/`."""


def manifest(settings: Settings) -> dict[str, Any] | None:
    """What is published now, or None. Raises DamagedError if it is not as written."""
    path = settings.published / "manifest.json"
    return read_sealed(path) if path.is_file() else None


def damage(settings: Settings) -> list[Path]:
    """Published files that are missing or not what the manifest says; the manifest itself too."""
    try:
        now = manifest(settings)
    except DamagedError:
        return [settings.published / "manifest.json"]
    files = now["files"] if now else {}
    current = settings.published / "current"
    return [current / name for name, it in files.items() if not is_sound(current / name, it)]


def attach(con: Connection, path: Path, name: str, *, read_only: bool = False) -> None:
    """Make the tables of a database file readable as `<name>.<table>`; the file need not be there.

    Texts are compressed with zstd: a third of the size, which is copied and verified every night.
    """
    con.execute("set force_compression = 'zstd'")
    new = f"storage_version '{STORAGE_VERSION}', row_group_size {ROW_GROUP}"
    how = "read_only" if read_only else new
    con.execute(f"attach {literal(path)} as {name} ({how})")


def attach_published(con: Connection, settings: Settings, name: str) -> bool:
    """Make what is published readable as `<name>.<table>`.

    False, and nothing is attached, where another process has the file open for writing, as clients
    of DuckDB have if not told otherwise: a reader must not hold up a night.
    """
    path = settings.published / "copydesk.duckdb"
    try:
        attach(con, path, name, read_only=True)
    except LockedError as error:
        _LOG.warning("%s: open for writing elsewhere, so that all is made anew: %s", path, error)
        return False
    return True


def write_version(
    con: Connection,
    settings: Settings,
    models: Iterable[Model],
    *,
    database: Path,
    delta: Path | None = None,
    **stamps: str,
) -> Path:
    """Make a version, not yet switched to, of a finished database.

    `con` has it attached as `marts`; it is detached and moved into the version. `delta` tells what
    has changed in it since the version that readers see, if it was grown from that. `stamps`,
    `run_id` among them, go into the manifest. Returns the folder of the version; more files may be
    laid into it before `switch`.
    """
    run_id = stamps["run_id"]
    staging = settings.published / "versions" / f".{run_id}"
    shutil.rmtree(staging, ignore_errors=True)
    make_folder(staging / "parquet")
    former = None
    if delta:
        attach(con, delta, "delta", read_only=True)
        now = manifest(settings) or {}
        former = Former(settings.published / "current" / "parquet", now["tables"])
    tables = {
        model.name: write_table(con, model, staging / "parquet", run_id, former)
        for model in sorted(models, key=lambda model: model.name)
    }
    con.execute("checkpoint marts")
    con.execute("detach marts")
    sync_file(database)
    database.replace(staging / "copydesk.duckdb")
    write_sealed(staging / "manifest.json", {**stamps, "tables": tables})
    return staging


def switch(settings: Settings, staging: Path) -> Path:
    """Let readers see a version: rename it into place, then point `current` to it.

    Returns the serving file. Every file is in the manifest and on disk before a name leads to it.
    """
    _complete_manifest(staging)
    for path in sorted(staging.rglob("*")):
        (sync_folder if path.is_dir() else sync_file)(path)
    sync_folder(staging)
    version = _free_name(staging.with_name(staging.name.removeprefix(".")))
    staging.rename(version)
    sync_folder(version.parent)
    for name in _ENTRIES:
        _point(settings.published / name, Path("current") / name)
    _point(settings.published / "current", Path("versions") / version.name)
    prune(settings)
    return settings.published / "copydesk.duckdb"


def _complete_manifest(staging: Path) -> None:
    path = staging / "manifest.json"
    content = read_sealed(path)
    files = [it for it in sorted(staging.rglob("*")) if it.is_file() and it != path]
    content["files"] = {it.relative_to(staging).as_posix(): file_sha256(it) for it in files}
    write_sealed(path, content)


def _free_name(version: Path) -> Path:
    """A name of its own for a run that publishes twice: readers may be in the first version."""
    names = (version.with_name(f"{version.name}.{number}") for number in count(1))
    return version if not version.exists() else next(it for it in names if not it.exists())


def _point(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target` with one rename, flushed.

    A folder in its place is what a copy of the home that followed links has made of it.
    """
    if link.is_symlink() and link.readlink() == target:
        return
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)
    sync_folder(link.parent)


def prune(settings: Settings) -> list[Path]:
    """Remove versions beyond `keep_versions`, and litter of publishing that was cut off.

    The version that readers see is never removed. Returns what went.
    """
    folder = settings.published / "versions"
    current = (settings.published / "current").resolve()
    litter = [path for path in folder.glob(".*") if path.is_dir()]
    versions = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    old = versions[: -settings.keep_versions] if settings.keep_versions > 0 else []
    gone = [path for path in old if path.resolve() != current] + litter
    for path in gone:
        shutil.rmtree(path)
    return gone


def open_published(settings: Settings, path: Path | None = None) -> Connection:
    """The serving file, or another such file, read-only, with half of the memory limit.

    Raises FileNotFoundError with the remedy.
    """
    if path and not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    path = path or settings.published / "copydesk.duckdb"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: nothing is published yet; run `copydesk run` first")
    con = connect(settings, path, read_only=True)
    halve_memory(con)
    return con
