"""Line filters of corpus builders, as peers; each takes the lines of a page and says which go.

C4: the line rules of datatrove's `C4QualityFilter` (Raffel et al. 2020). RefinedWeb: the line-wise
corrections of Penedo et al. 2023, appendix G.2. CCNet: paragraphs seen before in the corpus
(Wenzek et al. 2020). jusText: the package, each line as a paragraph. Rules that refuse a whole
document are left out.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from line_data import Page

Peer = Callable[[list[Page]], list[np.ndarray]]

_C4_END = (".", "?", "!", '"', "'")
_C4_POLICY = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
    "use cookies",
)  # fmt: skip
_COUNTER = re.compile(r"^\W*\d[\d.,]*\s*[kKmM]?\s*\w+\W*$")
_REFINED_START = re.compile(r"^\W*(sign[ -]?in|sign[ -]?up|log[ -]?in|register)\b", re.I)
_REFINED_END = re.compile(r"(read more|continue reading|see more)\W*$", re.I)
_REFINED_ANY = re.compile(r"items? in (your )?cart", re.I)
_STOPLISTS = {"en": "English", "el": "Greek", "pl": "Polish", "ru": "Russian"}


def _each_line(rule: Callable[[str], bool]) -> Peer:
    def judge(pages: list[Page]) -> list[np.ndarray]:
        return [np.array([rule(line) for line in page.lines], dtype=bool) for page in pages]

    return judge


def c4_drops(line: str) -> bool:
    """Whether C4's line rules remove a line."""
    text = line.strip()
    lower = text.lower()
    return (
        not text.endswith(_C4_END)
        or text.endswith("...")
        or len(text.split()) < 3
        or any(len(word) > 1000 for word in text.split())
        or "javascript" in lower
        or any(phrase in lower for phrase in _C4_POLICY)
    )


def refinedweb_drops(line: str) -> bool:
    """Whether RefinedWeb's line-wise corrections remove a line."""
    letters = [c for c in line if c.isalpha()]
    words = line.split()
    short = len(words) <= 10
    return (
        len(words) <= 1
        or sum(c.isupper() for c in letters) > 0.5 * max(len(letters), 1)
        or not letters
        or bool(_COUNTER.match(line))
        or (short and any(p.search(line) for p in (_REFINED_START, _REFINED_END, _REFINED_ANY)))
    )


def ccnet(pages: list[Page]) -> list[np.ndarray]:
    """Lines that stood on an earlier page or earlier on this one."""
    seen: set[bytes] = set()
    verdicts = []
    for page in pages:
        keys = [_ccnet_key(line) for line in page.lines]
        verdicts.append(np.array([_is_repeat(key, seen) for key in keys], dtype=bool))
    return verdicts


def _ccnet_key(line: str) -> bytes:
    text = unicodedata.normalize("NFD", line.lower())
    text = "".join(c for c in text if not unicodedata.category(c).startswith(("M", "P")))
    return hashlib.sha1(re.sub(r"\d", "0", text).strip().encode()).digest()[:8]


def _is_repeat(key: bytes, seen: set[bytes]) -> bool:
    known = key in seen
    seen.add(key)
    return known


def justext_peer() -> Peer:
    """jusText, each line as a paragraph; raises ImportError where it is not installed."""
    import justext

    def judge(pages: list[Page]) -> list[np.ndarray]:
        return [_justext_page(justext, page) for page in pages]

    return judge


def _justext_page(justext: Any, page: Page) -> np.ndarray:
    name = _STOPLISTS.get(page.lang)
    stoplist = justext.get_stoplist(name) if name else frozenset()
    low, high = (justext.core.STOPWORDS_LOW_DEFAULT, justext.core.STOPWORDS_HIGH_DEFAULT)
    body = "".join(f"<p>{html.escape(line)}</p>" for line in page.lines)
    paragraphs = justext.justext(
        f"<html><body>{body}</body></html>".encode(), stoplist,
        stopwords_low=low if name else 0, stopwords_high=high if name else 0, encoding="utf-8",
    )  # fmt: skip
    return _match(page.lines, ((p.text, p.is_boilerplate) for p in paragraphs))


def _match(lines: Iterable[str], judged: Iterable[tuple[str, bool]]) -> np.ndarray:
    """Verdicts by text in order; a line the peer swallowed counts as removed."""
    fate: dict[str, bool] = {}
    for text, drops in judged:
        fate[" ".join(text.split())] = drops
    return np.array([fate.get(" ".join(line.split()), True) for line in lines], dtype=bool)


PEERS: dict[str, Callable[[], Peer]] = {
    "C4 line rules": lambda: _each_line(c4_drops),
    "RefinedWeb line rules": lambda: _each_line(refinedweb_drops),
    "CCNet paragraph dedup": lambda: ccnet,
    "jusText": justext_peer,
}
"""Name -> what makes the peer; ImportError when it is not installed."""
