"""A takedown: nothing of a text is left in any file below the home folder."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from pipelines import publish, tonight
from pipelines.settings import Settings

from .crashes import TornError
from .inputs import texts
from .runs import Nursery
from .search import files_with

MARKER = "A heron named Gustav was seen to steal the mayor's sandwich"
STORY = f"""Heron steals sandwich

{MARKER} on Tuesday, the town crier of Elm reported.
The bird took the bread from a bench at nine and flew over the river with it.
Officials in Elm said that no charges would be brought against it, though the bread was new.
Ada Moss, the mayor, told reporters that she had bought it only nine minutes before that.

Share this article
"""


def lay(landing: Path, night: int) -> None:
    """The story in every form in which it may come, one night after the other."""
    folder = landing / f"2026-03-0{2 + night}" / "elm.example"
    folder.mkdir(parents=True)
    page = f"<html><body><article><p>{STORY}</p></article></body></html>"
    line = json.dumps({"text": STORY, "title": MARKER, "note": MARKER}).encode()
    (folder / f"heron-{night}.txt").write_text(f"{STORY}\nNight {night}.\n", "utf-8")
    (folder / f"heron-{night}.html").write_text(page.replace("Elm", f"Elm {night}"), "utf-8")
    broken = line[:-20]
    (folder / f"heron-{night}.jsonl").write_bytes(line + b"\n" + broken + b"\n")
    (folder / f"heron-{night}.jsonl.gz").write_bytes(gzip.compress(line + b"\n", mtime=0)[:-4])
    (folder / f"other-{night}.txt").write_text(texts(night, 1)[0], "utf-8")


def takedown(nursery: Nursery, folder: Path) -> str:
    """Three nights of a story, then all of its documents are taken down and delivered again."""
    landing, home = folder / "heron", folder / "heron-home"
    settings = Settings(home=home)
    for night in range(3):
        lay(landing, night)
        _done(nursery.run(landing, home).code)
    held = files_with(home, MARKER)
    documents = tonight.open_lake(settings).read("documents").to_pylist()
    ids = [row["document_id"] for row in documents if MARKER in row["raw_text"]]
    if len(ids) != 9 or len(held) < 15:
        raise TornError(f"before: {len(ids)} documents, {len(held)} files: nothing to take down")
    places = ["--landing", str(landing), "--home", str(home)]
    _done(nursery.do(["takedown", *ids, "--reason", "asked for", *places], root=str(home)).code)
    _done(nursery.run(landing, home).code)
    if left := files_with(home, MARKER):
        raise TornError(f"left in {left}")
    stones = tonight.open_lake(settings).read("tombstones").num_rows
    with publish.open_published(settings) as con:
        rows = con.execute("select count(*) from documents").fetchall()[0][0]
    if (stones, rows) != (9, len(documents) - 9):
        raise TornError(f"{stones} tombstones, {rows} documents left of {len(documents)}")
    return f"in {len(held)} files before, 0 bytes in 0 files after; {stones} tombstones"


def _done(code: int) -> None:
    if code != 0:
        raise TornError(f"ended with {code}")
