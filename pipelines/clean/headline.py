"""The headline among the lines above the first paragraph, and what stands beside it.

With a headline given (page metadata, feed, JSON field) the lines that repeat it are found; without
one, the headline is the line that the text itself shows to be one: doubled, or set apart above
the prose and sharing its words. A text that begins with prose has no headline.
"""

from __future__ import annotations

import re
import string
from typing import Final, NamedTuple

import re2

from pipelines.clean.headline_words import (
    MIN_CHARS,
    MIN_IDEOGRAPHS,
    MIN_SHARED,
    STEM,
    is_of_word,
)

SITE_SUFFIX: Final = re2.compile(r"(.{12,}?)\s+(?:[|•·»]|-|–|—|::)\s+([^|•·»]{2,40})")
"""`Headline | Site name`: the headline, the rest."""

MAX_CHARS: Final = 200
MIN_WORDS: Final = 4
MIN_TITLE: Final = 0.25
"""What the line model must at least give a line for it to be taken as the headline."""

# Single character classes: in the standard library as linear as in RE2, and faster to call.
_RESULT: Final = re.compile(r"[0-9]+, [^0-9,]+ [0-9]+$")
"""`Rovers 2, Town 1`."""
_DIVIDER: Final = re.compile(r"[|•·»–—:-]")
_NO_WORD: Final = re.compile(r"[\W_]+")
_MARKS: Final = "".join(c for c in map(chr, range(0x10000)) if is_of_word(c) and not c.isalnum())
_WORDS: Final = re.compile(rf"[\w{_MARKS}]{{4,}}")
_PLAIN: Final = frozenset(string.ascii_letters + string.digits)
_IDEOGRAPHS: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


class HeadLine(NamedTuple):
    """One line above the first paragraph."""

    row: int
    """Row of the line in its batch."""
    text: str
    is_free: bool
    """Whether no rule has spoken for it."""
    title: float
    """How likely it is a headline by wording, shape and place (line model), 0–1."""
    hash: int
    """Equal for lines that say the same (`fold.line_hashes`)."""


class Found(NamedTuple):
    """What the lines above the first paragraph are."""

    headline: str | None
    headline_rows: tuple[int, ...]
    """Rows that carry the headline, the first of them first."""
    section_rows: tuple[int, ...]


NOTHING: Final = Found(None, (), ())


def without_site(headline: str, site: str | None) -> str:
    """A headline without ` | Site name` at its end, where that names the site."""
    found = _site_suffix(headline) if site else None
    if not found or not site:
        return headline
    name = "".join(c for c in found.group(2).lower() if c.isalnum())
    host = "".join(c for c in site.lower() if c.isalnum())
    return found.group(1) if len(name) >= 3 and (name in host or host in name) else headline


def _site_suffix(headline: str) -> re2._Match | None:
    """The match of SITE_SUFFIX, which is not asked where nothing divides the headline."""
    return SITE_SUFFIX.fullmatch(headline) if _DIVIDER.search(headline) else None


def _keys(headline: str) -> set[str]:
    """The forms under which a given headline may stand in the text."""
    keys = {_key(headline)}
    found = _site_suffix(headline)
    if found:
        keys.add(_key(found.group(1)))
    return keys


def _key(text: str) -> str:
    return _NO_WORD.sub("", text.casefold())


def find_headline(head: list[HeadLine], prose: str, given: str | None, site: str | None) -> Found:
    """What the lines of a document's head are; `prose` is the beginning of what follows them."""
    if given:
        return _find_given(head, given, site)
    first = next((i for i, line in enumerate(head) if _may_be(line, prose)), None)
    doubled = _doubled(head)
    if doubled is not None:
        first = doubled
    if first is None or any(line.is_free for line in head[:first][:-2]):
        return NOTHING
    key = _key(head[first].text)
    rows = tuple(line.row for line in head if _same(_key(line.text), key))
    return Found(without_site(head[first].text, site), rows, _sections(head[:first]))


def _find_given(head: list[HeadLine], given: str, site: str | None) -> Found:
    keys = _keys(given)
    longest = 2 * max(map(len, keys)) + 60
    rows = [
        line.row for line in head if len(line.text) <= longest and _says_one_of(line.text, keys)
    ]
    at = next((i for i, line in enumerate(head) if line.row in rows[:1]), 0)
    return Found(without_site(given, site), tuple(rows), _sections(head[:at]))


def _says_one_of(text: str, keys: set[str]) -> bool:
    # Headlines that are one begin alike; an ASCII letter is in its key what it is by itself.
    if text[0] in _PLAIN and not any(key[:1] == text[0].lower() for key in keys):
        return False
    own = _key(text)
    return any(_same(own, key) for key in keys)


def _same(key: str, other: str) -> bool:
    """Whether two lines are one headline, up to a site name after it."""
    if key == other:
        return True
    shorter, longer = sorted((key, other), key=len)
    return len(shorter) >= 20 and longer.startswith(shorter) and len(longer) - len(shorter) <= 25


def _doubled(head: list[HeadLine]) -> int | None:
    places: dict[int, int] = {}
    for i, line in enumerate(head):
        first = places.setdefault(line.hash, i)
        if first != i and head[first].is_free and len(_key(line.text)) >= 12:
            return first
    return None


def _may_be(line: HeadLine, prose: str) -> bool:
    text = line.text
    if not line.is_free or len(text) > MAX_CHARS or line.title < MIN_TITLE:
        return False
    if text[-1] in ".,:;…" or text[0].islower() or _RESULT.search(text):
        return False
    words = text.split()
    ideographs = len(_IDEOGRAPHS.findall(text))
    if ideographs >= MIN_IDEOGRAPHS:
        return ideographs <= 45 and _shared_characters(text, prose) >= MIN_SHARED
    return len(words) >= MIN_WORDS and len(text) >= MIN_CHARS and _shared(text, prose) >= MIN_SHARED


def _shared(text: str, prose: str) -> float:
    stems = {word[:STEM] for word in _WORDS.findall(text.lower())}
    below = prose.lower()
    return sum(_begins_word(stem, below) for stem in stems) / len(stems) if stems else 0.0


def _begins_word(stem: str, text: str) -> bool:
    """Whether a word of the text begins with the stem; a shorter stem must be all of it."""
    at = text.find(stem)
    while at >= 0:
        end = at + len(stem)
        is_start = at == 0 or not is_of_word(text[at - 1])
        is_end = end == len(text) or not is_of_word(text[end])
        if is_start and (len(stem) == STEM or is_end):
            return True
        at = text.find(stem, at + 1)
    return False


def _shared_characters(text: str, prose: str) -> float:
    characters = set(_IDEOGRAPHS.findall(text))
    return len(characters & set(prose)) / len(characters)


_NO_LABEL: Final = frozenset("@°=")
"""Signs of an address, the weather or a setting: no section is called so."""


def _sections(above: list[HeadLine]) -> tuple[int, ...]:
    """Section labels: up to two short free lines right above the headline."""
    rows = []
    for line in reversed(above[-2:]):
        is_label = len(line.text) <= 30 and len(line.text.split()) <= 3
        is_label = is_label and not line.text.isdecimal() and not _NO_LABEL & set(line.text)
        if not (line.is_free and is_label and line.text[-1] not in '.!?:;,"”»'):
            break
        rows.append(line.row)
    return tuple(reversed(rows))
