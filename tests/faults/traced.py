"""A real run under strace: the order of writes, flushes and renames; and what it connects to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .runs import ROOT, Scene

CALLS = "openat,write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2"
MORE_CALLS = "mkdir,mkdirat,symlink,symlinkat,connect,sendto,sendmsg"
_LINE = re.compile(r"^(\d+)\s+(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)")
_DESCRIPTOR = re.compile(r"^(?:AT_FDCWD|\d+)<([^>]*)>")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def trace(landing: Path, home: Path, folder: Path) -> tuple[list[str], str]:
    """The system calls of one `copydesk run`, in order of completion, and what it printed.

    Raises FileNotFoundError where there is no strace.
    """
    if shutil.which("strace") is None:
        raise FileNotFoundError("strace is not installed")
    out = folder / "trace"
    strace = ["strace", "-f", "-y", "-s", "4000", "-e", f"trace={CALLS},{MORE_CALLS}"]
    run = [sys.executable, "-m", "pipelines.cli", "run"]
    places = ["--landing", str(landing), "--home", str(home)]
    done = subprocess.run(
        [*strace, "-o", str(out), *run, *places],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return list(_completed(out)), done.stdout + done.stderr


ADDRESSES = {
    "a.html": "<html><head><link rel=stylesheet href='http://{at}/a.css'><base href='http://{at}/'>"
    "<script src='http://{at}/a.js'></script><meta http-equiv=refresh content='0;url=http://{at}/'>"
    "</head><body><article><p>{text}</p><img src='http://{at}/a.png'><iframe src='http://{at}/'>"
    "</iframe></article></body></html>",
    "b.jsonl": '{{"text": "{text}", "url": "http://{at}/b", "image": "http://{at}/b.png"}}',
    "c.xml": '<?xml version="1.0"?><?xml-stylesheet href="http://{at}/c.xsl"?>'
    '<!DOCTYPE rss SYSTEM "http://{at}/c.dtd"><rss version="2.0"><channel><item><title>C</title>'
    "<link>http://{at}/c</link><description>{text}</description></item></channel></rss>",
    "d.xml": '<!DOCTYPE rss [<!ENTITY e SYSTEM "http://{at}/d">]><rss><item>&e;</item></rss>',
    "e.html": '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY e SYSTEM "http://{at}/e">]>'
    "<html><body><p>&e; {text}</p></body></html>",
}
"""Inputs that ask a reader to fetch something."""


def with_addresses(scene: Scene) -> Path:
    """The landing zone with these inputs besides."""
    landing = scene.folder / "addresses"
    shutil.rmtree(landing, ignore_errors=True)
    shutil.copytree(scene.landing, landing)
    text = "The river Elm rose by two metres on Monday night, the mayor said to reporters."
    for name, template in ADDRESSES.items():
        (landing / name).write_text(template.format(at="127.0.0.1:9", text=text), "utf-8")
    return landing


def _completed(out: Path) -> Iterator[str]:
    """Lines of strace with the halves of interrupted calls put together."""
    halves: dict[str, str] = {}
    for line in out.read_text("utf-8", "replace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        process, text = found.groups()
        if text.endswith("<unfinished ...>"):
            halves[process] = text.removesuffix("<unfinished ...>")
        elif text.startswith("<... "):
            yield halves.pop(process, "") + text.split("resumed>", 1)[1]
        else:
            yield text


def connections(calls: list[str]) -> list[str]:
    """Calls that would send something to the internet, or to this machine over it."""
    return [call for call in calls if call.startswith(("connect", "send")) and "AF_INET" in call]


@dataclass
class Disk:
    """What would survive a power loss, call by call."""

    home: str
    unflushed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    renames: int = 0
    faults: list[str] = field(default_factory=list)

    def see(self, call: str) -> None:
        """Take one system call into account."""
        found = _CALL.match(call)
        if not found or int(found[3]) < 0:
            return
        name, arguments = found[1], found[2]
        if name in ("write", "pwrite64", "writev", "ftruncate"):
            self._change(self.unflushed, self._descriptor(arguments))
        elif name in ("fsync", "fdatasync"):
            self._flush(self._descriptor(arguments))
        elif (name == "openat" and "O_CREAT" in arguments) or name.startswith(("mkdir", "symlink")):
            self._change(self.unlisted, self._path(arguments))
        elif name.startswith("rename"):
            self._rename(*_STRING.findall(arguments)[:2])

    def _descriptor(self, arguments: str) -> str:
        found = _DESCRIPTOR.match(arguments)
        return found[1] if found else ""

    def _path(self, arguments: str) -> str:
        return str(_STRING.findall(arguments)[-1])

    def _change(self, kind: set[str], path: str) -> None:
        if path.startswith(self.home):
            kind.add(path)

    def _flush(self, path: str) -> None:
        self.unflushed.discard(path)
        self.unlisted -= {it for it in self.unlisted if os.path.dirname(it) == path}  # noqa: PTH120

    def _rename(self, old: str, new: str) -> None:
        if not new.startswith(self.home):
            return
        self.renames += 1
        for path in sorted(self.unflushed | self.unlisted):
            inside = path.startswith(f"{old}/")
            if (path == old and path in self.unflushed) or inside:
                self.faults.append(f"{path} was not flushed before {old} became {new}")
        for kind in (self.unflushed, self.unlisted):
            for path in [it for it in kind if it == old or it.startswith(f"{old}/")]:
                kind.remove(path)
        self.unlisted.add(new)
        if new.endswith("/published/current"):
            late = {it for it in self.unflushed | self.unlisted if "/published/versions/" in it}
            self.faults += [f"{it} was not flushed before readers saw it" for it in sorted(late)]


def power_loss(calls: list[str], home: Path) -> tuple[int, list[str]]:
    """Files that count after a run, and those of them that a power loss could have taken."""
    disk = Disk(str(home))
    for call in calls:
        disk.see(call)
    lasting = [
        path
        for room in ("lake", "published/versions", "quarantine")
        for path in (home / room).rglob("*")
        if path.name != ".staging"
    ]
    lasting += [path for path in (home / "published").iterdir() if path.is_symlink()]
    left = disk.unflushed | disk.unlisted
    faults = [f"{path} was never flushed" for path in lasting if str(path) in left]
    return len([path for path in lasting if not path.is_dir()]), disk.faults + faults
