"""Words and sentences of invented news, after those of the samples.

Words are as common as in the samples. Of N content words there, N₁ stand there once, and with
probability N₁/N the next word is one never seen before (Good 1953). Such a word is invented, and
is as common as Zipf's law has it for words less common than those of the samples; so are names.
The vocabulary grows with the corpus, as that of news does. Between two exchanged words stands what
stands between words of their sorts somewhere in the samples, so that runs of words seldom return.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import numpy as np

from pipelines.clean.language import WORDS, languages

SAMPLES: Final = Path(__file__).resolve().parent.parent / "data" / "samples"
_LEFT_OUT: Final = ("odd-bytes", "faults")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_PART: Final = re.compile(r"\w+|\W+")
_WORD: Final = re.compile(r"\w+")

MIN_WORD: Final = 5
"""Words this long are content and are exchanged, unless they are the language's commonest."""

RANKS: Final = 200_000
"""Words, and names, that may be invented for a language."""

CAST: Final = 8
NOUNS_CAPITAL: Final = ("de",)
"""Languages in which a capital inside a sentence does not tell names."""

END, CONTENT, CAPITAL, NAME, NUMBER = range(5)
Piece = tuple[str, int]
"""Text as it stands in a sample, and the sort of the word exchanged after it (END: none)."""

T = TypeVar("T")


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


@dataclass(frozen=True, eq=False)
class Language:
    """What sentences of a language are made of."""

    name: str
    opening: tuple[Piece, ...]
    following: Mapping[int, tuple[Piece, ...]]
    """Pieces that begin a sentence, and those that follow a word of each sort."""
    words: tuple[str, ...]
    counts: tuple[int, ...]
    """Content words of the samples, and running sums of their counts."""
    unseen: float
    """Probability that a content word is none of them."""
    letters: Mapping[str, str]
    """Letters that follow a letter in the samples, each as often as it does."""

    def sentence(self, rng: Random, cast: tuple[str, ...]) -> str:
        """A new sentence on people and places of the cast."""
        text, sort = _any(rng, self.opening)
        pieces = [text]
        while sort != END:
            pieces.append(self._fitted(sort, rng, cast))
            text, sort = _any(rng, self.following[sort])
            pieces.append(text)
        return "".join(pieces)

    def _fitted(self, sort: int, rng: Random, cast: tuple[str, ...]) -> str:
        if sort == NAME:
            return _any(rng, cast)
        if sort == NUMBER:
            return str(int(rng.random() * 997) + 2)
        word = self.word(rng)
        return word.capitalize() if sort == CAPITAL else word

    def word(self, rng: Random) -> str:
        """A content word."""
        if rng.random() < self.unseen:
            return self._invented("word", self._rank(rng))
        return rng.choices(self.words, cum_weights=self.counts)[0]

    def headline(self, rng: Random, cast: tuple[str, ...]) -> str:
        """Five to nine words, one of the cast among them."""
        drawn = [self.word(rng) for _ in range(rng.randint(4, 8))]
        drawn.insert(rng.randint(0, 2), rng.choice(cast))
        text = " ".join(drawn)
        return text[0].upper() + text[1:]

    def edited(self, rng: Random, sentence: str, share: float) -> str:
        """The sentence with a share of its content words exchanged."""
        return _WORD.sub(
            lambda found: (
                self.word(rng)
                if len(found[0]) >= MIN_WORD and found[0].islower() and rng.random() < share
                else found[0]
            ),
            sentence,
        )

    def cast(self, rng: Random) -> tuple[str, ...]:
        """Names of the people and places of one event."""
        drawn = [self._invented("name", self._rank(rng)).capitalize() for _ in range(CAST + 3)]
        people = [f"{drawn[i]} {drawn[i + 1]}" for i in range(0, 6, 2)]
        return (*people, *drawn[6:])

    def _rank(self, rng: Random) -> int:
        """A number below RANKS by Zipf's law, of which the samples' words have the first ranks."""
        first = len(self.words)
        return int(first * (RANKS / first + 1) ** rng.random()) - first

    @cache  # noqa: B019 - languages are few and live as long as the process
    def _invented(self, sort: str, rank: int) -> str:
        """The word of a rank, each letter drawn after the one before it."""
        rng = Random(f"{self.name} {sort} {rank}")
        while True:
            word = "".join(self._spelt(rng))
            if len(word) >= MIN_WORD:
                return word

    def _spelt(self, rng: Random) -> Iterator[str]:
        letter = "^"
        for _ in range(14):
            letter = _any(rng, self.letters[letter])
            if letter == "$":
                return
            yield letter


def _any(rng: Random, choices: Sequence[T]) -> T:
    return choices[int(rng.random() * len(choices))]


@cache
def language(name: str) -> Language:
    """Sentences and vocabulary of a language of the samples."""
    sentences = _sentences()[name]
    common = set(WORDS[name].split())
    spelt = Counter(
        word.lower()
        for sentence in sentences
        for word in _WORD.findall(sentence)
        if _is_content(word, common)
    )
    words = sorted(spelt)
    shapes = [_shape(sentence, common, is_name=name not in NOUNS_CAPITAL) for sentence in sentences]
    shapes = [shape for shape in shapes if len(shape) > 1]
    following = defaultdict(list)
    for shape in shapes:
        for (_, sort), piece in pairwise(shape):
            following[sort].append(piece)
    return Language(
        name,
        tuple(shape[0] for shape in shapes),
        {sort: tuple(pieces) for sort, pieces in following.items()},
        tuple(words),
        tuple(accumulate(spelt[word] for word in words)),
        sum(count == 1 for count in spelt.values()) / spelt.total(),
        _letters(sentences),
    )


def _is_content(word: str, common: set[str]) -> bool:
    return len(word) >= MIN_WORD and word.isalpha() and word.lower() not in common


def _shape(sentence: str, common: set[str], *, is_name: bool) -> list[Piece]:
    """A sentence in pieces."""
    pieces, held = [], ""
    for place, part in enumerate(_PART.findall(sentence)):
        sort = _sort(part, common, is_name=is_name and place > 0)
        if sort == END:
            held += part
        else:
            pieces.append((held, sort))
            held = ""
    return [*pieces, (held, END)]


def _sort(part: str, common: set[str], *, is_name: bool) -> int:
    if part.isdigit():
        return NUMBER
    if not _is_content(part, common):
        return END
    if part[0].isupper():
        return NAME if is_name else CAPITAL
    return CONTENT


def _letters(sentences: list[str]) -> dict[str, str]:
    following: dict[str, list[str]] = defaultdict(list)
    for word in _WORD.findall(" ".join(sentences).lower()):
        for letter, after in pairwise(f"^{word}$" if word.isalpha() else ""):
            following[letter].append(after)
    return {letter: "".join(after) for letter, after in following.items()}
