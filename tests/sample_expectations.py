"""What a run over data/samples must come to, read from `samples_expected.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
SAMPLES: Final = ROOT / "data" / "samples"
FILE: Final = ROOT / "tests" / "samples_expected.toml"


class Reference(NamedTuple):
    """A document: the file's path below the landing zone, and its locator or url in it."""

    path: str
    place: str | None

    @property
    def file(self) -> Path:
        """The file it is in."""
        return SAMPLES / self.path

    @property
    def line(self) -> int | None:
        """The line of a JSON Lines file it is, from 1."""
        is_line = self.place is not None and self.place.startswith("line ")
        return int(self.place.removeprefix("line ")) if self.place and is_line else None


def reference(text: str) -> Reference:
    """Path and place of `path` or `path#place`."""
    path, _, place = text.partition("#")
    return Reference(path, place or None)


def load() -> dict[str, Any]:
    """The expectations, as the file has them."""
    return tomllib.loads(FILE.read_text("utf-8"))


def named(expected: dict[str, Any]) -> Iterator[str]:
    """Every document the expectations name, with repetitions."""
    for table in ("article", "pair", "separate", "story", "aside", "apart", "known"):
        for row in expected[table]:
            yield from row["documents"]
            yield from (row[key] for key in ("representative", "derived_from") if key in row)
    yield from (row["path"] for row in expected["document"])
    yield from [*expected["refused"], *expected["flags"], *expected["text"]]


def removed_texts(document: dict[str, Any]) -> list[str]:
    """The lines of a document that are boilerplate."""
    return [line for _, line in document.get("removed", [])]
