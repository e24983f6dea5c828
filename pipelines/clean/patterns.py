"""Patterns of rules: macros written out, compiled, and tried together in RE2 sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, NamedTuple

import re2

from pipelines.clean.dates import DATE
from pipelines.clean.sources import agency_pattern
from pipelines.clean.strings import Lines

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


_OWN_EDGES: Final = re2.compile(r"\\[Az]|\(\?[a-zA-Z]*-")
"""What holds a pattern to the edges of the whole text, or takes a flag back."""

_AROUND: Final = {
    re2.Set.FullMatchSet: ("(?m:^(?:", ")$)"),
    re2.Set.MatchSet: ("(?m:^(?:", "))"),
}
"""What makes a pattern match a line among others as the kind of set makes it match a text."""

_TOGETHER: Final = 16
_FEWER: Final = 4
"""How many lines are tried at once, and how many times fewer where one of them may match."""

Match = Callable[[memoryview], Any]
"""How an RE2 set tells which of its patterns match a UTF-8 text."""


class Part(NamedTuple):
    """Relaxed patterns, compiled in one RE2 set."""

    numbers: tuple[int, ...]
    """Place of each among the patterns of the PatternSet."""
    match: Match
    step: int
    """How many lines may be asked for at once: _TOGETHER or 1."""

    def hits(self, lines: Lines) -> Iterator[tuple[int, Any]]:
        """(place of the line, which of the set match it).

        A call costs as much as reading several hundred characters: lines are tried together, one
        by one only where some pattern matches somewhere among them.
        """
        return self._among(lines, range(0, len(lines), self.step))

    def _among(self, lines: Lines, portions: range) -> Iterator[tuple[int, Any]]:
        for low in portions:
            high = min(low + portions.step, portions.stop)
            if found := self.match(lines.text(low, high)):
                if portions.step == 1:
                    yield low, found
                else:
                    fewer = range(low, high, portions.step // _FEWER)
                    yield from self._among(lines, fewer)


@dataclass(frozen=True)
class PatternSet:
    """Patterns that are tried together; `rules[i]` is the rule of the set's pattern `i`."""

    rules: tuple[int, ...]
    patterns: tuple[str, ...]
    make: Callable[..., Any]
    """What makes an RE2 set that matches as these patterns are meant to (`re2.Set.SearchSet` …)."""
    parts: tuple[Part, ...]
    _confirm: dict[int, Match] = field(default_factory=dict)

    def hits(self, lines: Lines) -> Iterator[tuple[int, int]]:
        """(place of the line, rule) of every match, rules in order for each line."""
        found: dict[int, list[int]] = {}
        for part in self.parts:
            for place, hit in part.hits(lines):
                found.setdefault(place, []).extend(part.numbers[i] for i in hit)
        for place, candidates in found.items():
            for i in sorted(candidates):
                if self._is_confirmed(i, lines.text(place, place + 1)):
                    yield place, self.rules[i]

    def _is_confirmed(self, i: int, text: memoryview) -> bool:
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


def pattern_set(
    patterns: Iterable[tuple[int, str]], make: Callable[..., Any], *, together: bool = False
) -> PatternSet:
    """Sets made by `make` of (rule, pattern).

    Patterns that may begin anyhow have a set of their own: in one set with those that a line's
    first characters rule out, every line makes states anew, which cost twice the time.
    `together`: several lines are tried at once. It pays where few match: each that does makes
    states anew for what follows.
    """
    rules, own = zip(*patterns, strict=True) if (patterns := list(patterns)) else ((), ())
    relaxed = [relax(pattern) for pattern in own]
    sorts = [
        (not together or bool(_OWN_EDGES.search(it)), bool(_BEGINS_ANYHOW.match(it)))
        for it in relaxed
    ]
    parts = []
    for is_alone, begins in sorted(set(sorts)):
        numbers = tuple(i for i, sort in enumerate(sorts) if sort == (is_alone, begins))
        if is_alone:
            match = _compiled((relaxed[i] for i in numbers), make)
        else:
            before, after = _AROUND[make]
            among = (f"{before}{relaxed[i]}{after}" for i in numbers)
            match = _compiled(among, re2.Set.SearchSet)
        parts.append(Part(numbers, match, 1 if is_alone else _TOGETHER))
    return PatternSet(rules, own, make, tuple(parts))


def _compiled(patterns: Iterable[str], make: Callable[..., Any]) -> Match:
    compiled = make(options())
    for pattern in patterns:
        compiled.Add(pattern)
    compiled.Compile()
    # Called some ten times a document: what the Python wrapper adds is as much as a short match.
    native: Match = getattr(compiled, "_set", compiled).Match
    return native
