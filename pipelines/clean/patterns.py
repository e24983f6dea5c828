"""Patterns of rules: macros written out, compiled, and tried together in RE2 sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import re2

from pipelines.clean.dates import DATE
from pipelines.clean.sources import agency_pattern

_UPPER: Final = r"[A-Z\x{c0}-\x{de}\x{386}-\x{3ab}\x{400}-\x{42f}]"
_NAME: Final = (
    rf"{_UPPER}[^ ,;:!?|()\[\]<>0-9]*"
    rf"(?: (?:{_UPPER}[^ ,;:!?|()\[\]<>0-9]*|de|van|von|der|den|la|le|da|dos|di|del|bin|al|el|zu))"
    r"{1,4}"
)
_AND: Final = r"(?:, | and | & | und | et | y | e | en | и | i | και | ?/ ?| \| ?|, and )"


def macros() -> dict[str, str]:
    """What `{date}`, `{name}`, `{names}` and `{agency}` stand for in a pattern.

    `{name}` and `{names}` need `case = true`.
    """
    return {
        "{date}": DATE,
        "{name}": _NAME,
        "{names}": f"{_NAME}(?:{_AND}{_NAME}){{0,4}}",
        "{agency}": agency_pattern(),
    }


def expand(pattern: str) -> str:
    r"""The pattern with its macros written out, and `\w` made to know more than ASCII letters.

    RE2's `\b` knows ASCII only, and nothing can be put in its place: rules in other scripts do
    without it.
    """
    for name, text in macros().items():
        pattern = pattern.replace(name, f"(?:{text})")
    return pattern.replace(r"\w", r"[0-9A-Za-z_\x{c0}-\x{10ffff}]")


def options() -> Any:
    """How all patterns are compiled: quietly, with room for large automata."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = 64 << 20
    return chosen


_COUNTED: Final = re2.compile(r"(\\x)?\{([0-9]+)(?:,([0-9]+))?\}")
_MAX_COUNT: Final = 8


@cache
def relax(pattern: str) -> str:
    """A pattern that matches at least as much, with large counted repeats left open.

    A set of patterns with `.{0,200}` in them needs an automaton state for every count; the set is
    therefore made of relaxed patterns, and what it finds is confirmed by the pattern itself.
    """

    def opened(found: Any) -> str:
        least, most = int(found.group(2)), int(found.group(3) or found.group(2))
        if found.group(1) or most <= _MAX_COUNT:
            return str(found.group())
        return "+" if least else "*"

    return str(_COUNTED.sub(opened, pattern))


_BEGINS_ANYHOW: Final = re2.compile(r"(?:\((?:\?:)?)*(?:\.|\[\^[^\]]*\])[*+]")
"""Patterns that open with `.*` or the like: whatever a line begins with, they may still match."""


Match = Callable[[bytes], Any]
"""How an RE2 set tells which of its patterns match a UTF-8 text."""


@dataclass(frozen=True)
class PatternSet:
    """Patterns that are tried together; `rules[i]` is the rule of the set's pattern `i`."""

    rules: tuple[int, ...]
    patterns: tuple[str, ...]
    make: Callable[..., Any]
    """What makes an RE2 set that matches as these patterns are meant to (`re2.Set.SearchSet` …)."""
    parts: tuple[tuple[tuple[int, ...], Match], ...]
    """Sets of relaxed patterns, each with the numbers of its patterns."""
    _confirm: dict[int, Match] = field(default_factory=dict)

    def hits(self, texts: list[bytes]) -> Iterator[tuple[int, int]]:
        """(place of the text, rule) of every match in UTF-8 texts, rules in order for each text."""
        found: dict[int, list[int]] = {}
        for numbers, match in self.parts:
            for place, hit in enumerate(map(match, texts)):
                if hit:
                    found.setdefault(place, []).extend(numbers[i] for i in hit)
        for place, candidates in found.items():
            for i in sorted(candidates):
                if self._is_confirmed(i, texts[place]):
                    yield place, self.rules[i]

    def _is_confirmed(self, i: int, text: bytes) -> bool:
        """Whether pattern `i`, relaxed in its set, matches as it is written.

        By a set of its own, which looks for no groups; made when it is first needed: most never
        are, and all take half a second.
        """
        pattern = self.patterns[i]
        if relax(pattern) == pattern:
            return True
        if i not in self._confirm:
            self._confirm[i] = _compiled([pattern], self.make)
        return bool(self._confirm[i](text))


def pattern_set(patterns: Iterable[tuple[int, str]], make: Callable[..., Any]) -> PatternSet:
    """Sets made by `make` of (rule, pattern).

    Patterns that may begin anyhow have a set of their own: in one set with those that a line's
    first characters rule out, every line makes states anew, which cost twice the time.
    """
    rules, own = zip(*patterns, strict=True) if (patterns := list(patterns)) else ((), ())
    relaxed = [relax(pattern) for pattern in own]
    is_open = [bool(_BEGINS_ANYHOW.match(pattern)) for pattern in relaxed]
    groups = [tuple(i for i in range(len(own)) if is_open[i] == wanted) for wanted in (False, True)]
    parts = tuple(
        (group, _compiled([relaxed[i] for i in group], make)) for group in groups if group
    )
    return PatternSet(rules, own, make, parts)


def _compiled(patterns: Iterable[str], make: Callable[..., Any]) -> Match:
    compiled = make(options())
    for pattern in patterns:
        compiled.Add(pattern)
    compiled.Compile()
    # Called some 30 times a document: what the Python wrapper adds is as much as a short match.
    native: Match = getattr(compiled, "_set", compiled).Match
    return native
