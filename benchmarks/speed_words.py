"""Words and sentences of invented news, after those of the samples."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from pipelines.clean.language import WORDS, languages

SAMPLES: Final = Path(__file__).resolve().parent.parent / "data" / "samples"
_LEFT_OUT: Final = ("odd-bytes", "faults")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_PART: Final = re.compile(r"\w+|\W+")
_WORD: Final = re.compile(r"\w+")

MIN_WORD: Final = 5
"""Words this long are content and are exchanged, unless they are the language's commonest."""

INVENTED: Final = 6_000
"""Words invented per language beside those of the samples."""

CAST: Final = 8
NOUNS_CAPITAL: Final = ("de",)
"""Languages in which a capital inside a sentence does not tell names."""

CONTENT, CAPITAL, NAME, NUMBER = range(1, 5)
Shape = tuple[tuple[str, ...], tuple[int, ...]]
"""Texts around the words to be exchanged, and the sort of each."""

_ORDER: Final = 3


def _text_language(text: str) -> str:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return languages(codes, np.array([[0, codes.size]]))[0]


@cache
def _sentences() -> dict[str, list[str]]:
    """Sentences of the samples by language, from lines that are prose."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SAMPLES.rglob("*.txt")):
        if any(name in str(path) for name in _LEFT_OUT):
            continue
        text = path.read_text("utf-8", errors="replace")
        for line in text.split("\n") if len(text) > 200 else ():
            if len(line) >= 80 and line.rstrip('”"»')[-1:] in ".!?":
                found[_text_language(text)] += _SENTENCE.split(line.strip())
    return dict(found)


@dataclass(frozen=True)
class Language:
    """What sentences of a language are made of."""

    shapes: tuple[Shape, ...]
    words: tuple[str, ...]
    weights: tuple[float, ...]
    """Running sums of how common the words are (Zipf's law)."""
    names: tuple[str, ...]

    def sentence(self, rng: Random, cast: tuple[str, ...]) -> str:
        """A new sentence on people and places of the cast."""
        fixed, kinds = self.shapes[int(rng.random() * len(self.shapes))]
        pieces = [fixed[0]]
        for kind, word, after in zip(kinds, self._drawn(rng, len(kinds)), fixed[1:], strict=True):
            pieces += (self._fitted(kind, word, rng, cast), after)
        return "".join(pieces)

    @staticmethod
    def _fitted(kind: int, word: str, rng: Random, cast: tuple[str, ...]) -> str:
        if kind == CAPITAL:
            return word.capitalize()
        if kind == NAME:
            return cast[int(rng.random() * len(cast))]
        return str(int(rng.random() * 997) + 2) if kind == NUMBER else word

    def _drawn(self, rng: Random, count: int) -> list[str]:
        return rng.choices(self.words, cum_weights=self.weights, k=count)

    def headline(self, rng: Random, cast: tuple[str, ...]) -> str:
        """Six to ten words of which most stand in the cast or are content."""
        drawn = self._drawn(rng, rng.randint(4, 8))
        drawn.insert(rng.randint(0, 2), rng.choice(cast))
        text = " ".join(drawn)
        return text[0].upper() + text[1:]

    def edited(self, rng: Random, sentence: str, share: float) -> str:
        """The sentence with a share of its content words exchanged."""
        return _WORD.sub(
            lambda found: (
                self._drawn(rng, 1)[0]
                if len(found[0]) >= MIN_WORD and found[0].islower() and rng.random() < share
                else found[0]
            ),
            sentence,
        )

    def cast(self, rng: Random) -> tuple[str, ...]:
        """Names of the people and places of one event."""
        drawn = rng.sample(self.names, CAST + 3)
        people = [f"{drawn[i]} {drawn[i + 1]}" for i in range(3)]
        return (*people, *drawn[4:])


@cache
def language(name: str) -> Language:
    """Sentence shapes and vocabulary of a language of the samples."""
    sentences = _sentences()[name]
    common = set(WORDS[name].split())
    spelt = Counter(
        word.lower()
        for sentence in sentences
        for word in _WORD.findall(sentence)
        if _is_content(word, common)
    )
    rng = Random(f"vocabulary {name}")
    words = [*sorted(spelt), *_invented(sorted(spelt), INVENTED, rng)]
    rng.shuffle(words)
    weights = accumulate(1 / (rank + 20) for rank in range(len(words)))
    names = [word.capitalize() for word in _invented(sorted(spelt), INVENTED, rng)]
    shapes = tuple(
        _shape(sentence, common, is_name=name not in NOUNS_CAPITAL) for sentence in sentences
    )
    return Language(shapes, tuple(words), tuple(weights), tuple(names))


def _is_content(word: str, common: set[str]) -> bool:
    return len(word) >= MIN_WORD and word.isalpha() and word.lower() not in common


def _shape(sentence: str, common: set[str], *, is_name: bool) -> Shape:
    """What stands between the words exchanged, and what each of these is."""
    fixed, kinds, held = [], [], ""
    for place, part in enumerate(_PART.findall(sentence)):
        kind = _kind(part, common, is_name=is_name and place > 0)
        if kind:
            fixed.append(held)
            kinds.append(kind)
            held = ""
        else:
            held += part
    return (*fixed, held), tuple(kinds)


def _kind(part: str, common: set[str], *, is_name: bool) -> int:
    if part.isdigit():
        return NUMBER
    if not _is_content(part, common):
        return 0
    if part[0].isupper():
        return NAME if is_name else CAPITAL
    return CONTENT


def _invented(words: list[str], count: int, rng: Random) -> list[str]:
    """Words after the words given: each letter drawn after the two before it."""
    following: dict[str, list[str]] = defaultdict(list)
    for word in words:
        padded = f"{'^' * (_ORDER - 1)}{word}$"
        for at in range(len(padded) - _ORDER + 1):
            following[padded[at : at + _ORDER - 1]].append(padded[at + _ORDER - 1])
    found: dict[str, None] = {}
    for _ in range(count * 10):
        word = _drawn_word(following, rng)
        if MIN_WORD <= len(word) <= 14 and word not in found:
            found[word] = None
            if len(found) == count:
                break
    return list(found)


def _drawn_word(following: dict[str, list[str]], rng: Random) -> str:
    word = "^" * (_ORDER - 1)
    while len(word) < 18:
        choice = following[word[1 - _ORDER :]]
        letter = choice[int(rng.random() * len(choice))]
        if letter == "$":
            break
        word += letter
    return word[_ORDER - 1 :]
