"""Invented news in any number, for measuring speed: the same seed gives the same bytes.

Sentences are pieced together from those in `data/samples`, with content words as common as there
and invented ones for the rarer rest (`speed_words.py`). Documents have the lengths of news pages
(median 17 lines and 2,000 characters), the templates of their sites with lines from the rule
files, and in 12 of 100 cases they are copies: exact, near, rewritten, or partial; a further 5
report the event of another document in words of their own.

Run: python benchmarks/speed_corpus.py FOLDER --documents 10000 [--html]
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import orjson  # noqa: E402
import zstandard  # noqa: E402
from speed_layout import SITES, Site, as_page, as_text, site  # noqa: E402
from speed_words import SAMPLES, Language, language  # noqa: E402

from pipelines.clean.rulebook import RULES  # noqa: E402

SEED: Final = 20_260_302
KINDS: Final = {"exact": 4, "near": 4, "wholly_derived": 2.5, "partially_derived": 1.5, "event": 5}
"""What a document may be to an earlier one, in per cent; `event` is no copy."""

SHARES: Final = {"en": 52, "de": 16, "fr": 12, "es": 12, "it": 4, "ru": 4}
"""Languages of the documents, in per cent."""

REACH: Final = 3_000
"""How many documents back the source of a copy lies at most."""

PER_FILE: Final = 50_000
FIRST_DAY: Final = date(2026, 3, 2)

_COUNTS: Final = {"near": 0.03, "wholly_derived": 0.3}
"""Share of the content words that a copy replaces."""


@dataclass(frozen=True)
class Story:
    """An article before a site lays it out: a headline and paragraphs of sentences of words."""

    language: str
    headline: str
    paragraphs: tuple[tuple[str, ...], ...]
    cast: tuple[str, ...]
    published: date
    agency: str | None


@dataclass(frozen=True)
class Document:
    """A story on a site; `kind` names what it is to document `source`, if to any."""

    number: int
    story: Story
    site: Site
    kind: str | None
    source: int | None

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://www.{self.site.host}/{self.story.published:%Y/%m/%d}/{self.number}.html"


def _random(number: int, purpose: int) -> Random:
    return Random((SEED * 10 + purpose) * 1_000_000_007 + number)


def _drawn(rng: Random, weights: dict[str, Any]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def kind_of(number: int) -> tuple[str | None, int | None]:
    """What a document is to which earlier one."""
    rng = _random(number, 1)
    share, drawn = 0.0, rng.random() * 100
    for kind, weight in KINDS.items() if number else ():
        share += weight
        if drawn < share:
            return kind, number - rng.randint(1, min(number, REACH))
    return None, None


@cache
def _origin(number: int) -> int:
    """The document that a chain of copies begins with."""
    kind, source = kind_of(number)
    return number if source is None or kind == "event" else _origin(source)


def document(number: int, day: int = 0) -> Document:
    """One document of the corpus, by its number from 0."""
    kind, source = kind_of(number)
    story = _story(number, day)
    if kind == "event":
        story = _story(number, day, _origin(source or 0))
    elif kind and source is not None:
        story = _copy(_story(_origin(source), day), kind, number, story)
    return Document(number, story, site(number, story.language), kind, source)


def _story(number: int, day: int, event: int | None = None) -> Story:
    """An article of its own; with `event`, about the people and places of another's."""
    rng = _random(number, 2)
    name = _drawn(_random(number if event is None else event, 3), SHARES)
    words = language(name)
    cast = words.cast(_random(number if event is None else event, 4))
    size = max(2, min(60, round(rng.lognormvariate(2.35, 0.6))))
    paragraphs = tuple(_paragraph(rng, words, cast) for _ in range(size))
    agency = rng.choice(("Reuters", "AFP", "AP")) if rng.random() < 0.15 else None
    published = FIRST_DAY + timedelta(days=day)
    return Story(name, words.headline(rng, cast), paragraphs, cast, published, agency)


def _paragraph(rng: Random, words: Language, cast: tuple[str, ...]) -> tuple[str, ...]:
    count = rng.choices((1, 2, 3), (55, 33, 12))[0]
    return tuple(words.sentence(rng, cast) for _ in range(count))


def _copy(story: Story, kind: str, number: int, own: Story) -> Story:
    """A copy of a story, as the kind says; `own` is what the copying site adds to a partial one."""
    rng, words = _random(number, 5), language(story.language)
    paragraphs, headline = story.paragraphs, story.headline
    if kind in _COUNTS:
        share = _COUNTS[kind]
        paragraphs = tuple(tuple(words.edited(rng, s, share) for s in p) for p in paragraphs)
        headline = words.edited(rng, headline, share)
    if kind == "near" and len(paragraphs) > 4:
        paragraphs = paragraphs[: -rng.randint(1, 2)]
    if kind == "partially_derived" and own.language == story.language:
        half = len(paragraphs) // 2 + 1
        paragraphs = own.paragraphs[:half] + paragraphs[:half]
        headline = own.headline
    return Story(story.language, headline, paragraphs, story.cast, story.published, story.agency)


def record(document: Document, *, html: bool = False) -> dict[str, Any]:
    """A document as scrapers deliver it: one JSON object."""
    rng = _random(document.number, 6)
    story, where = document.story, document.site
    fields = {
        "url": document.url,
        "site": where.host,
        "published": f"{story.published}T{rng.randint(5, 22):02d}:{rng.randint(0, 59):02d}:00Z",
    }
    if html:
        return fields | {"html": as_page(story, where, document.url, rng)}
    title = {"title": story.headline} if where.gives_title else {}
    return fields | title | {"text": as_text(story, where, rng)}


def version() -> str:
    """Digest of what makes the documents: this file, two beside it, the samples, the rules."""
    sources = [HERE / f"speed_{name}.py" for name in ("corpus", "layout", "words")]
    given = sorted(it for folder in (SAMPLES, RULES) for it in folder.rglob("*") if it.is_file())
    digest = hashlib.sha256()
    for path in [*sources, *given]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write(folder: Path, numbers: range, *, day: int = 0, html: bool = False) -> int:
    """Write documents as `<folder>/<day>/part-*.jsonl.zst`; the size of it all in bytes."""
    target = folder / str(FIRST_DAY + timedelta(days=day))
    target.mkdir(parents=True, exist_ok=True)
    size, waiting = 0, iter(numbers)
    for part in range(-(-len(numbers) // PER_FILE)):
        path = target / f"part-{numbers.start:08d}-{part:04d}.jsonl.zst"
        with path.open("wb") as file, zstandard.ZstdCompressor(3).stream_writer(file) as packed:
            for line in _lines(islice(waiting, PER_FILE), day, html=html):
                size += packed.write(line) * 0 + len(line)
    return size


def _lines(numbers: Iterator[int], day: int, *, html: bool) -> Iterator[bytes]:
    for number in numbers:
        yield orjson.dumps(record(document(number, day), html=html)) + b"\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first document")
    parser.add_argument("--day", type=int, default=0)
    parser.add_argument("--html", action="store_true", help="pages instead of texts")
    given = parser.parse_args()
    numbers = range(given.first, given.first + given.documents)
    size = write(given.folder, numbers, day=given.day, html=given.html)
    print(f"{given.documents:,} documents of {SITES} sites, {size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
