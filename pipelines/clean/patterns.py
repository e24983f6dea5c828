"""Patterns of rules: macros written out, compiled, and tried together in RE2 sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class PatternSet:
    """Patterns that are tried together; `rules[i]` is the rule of the set's pattern `i`."""

    rules: tuple[int, ...]
    patterns: tuple[str, ...]
    method: str
    """How a pattern confirms: `match`, `fullmatch` or `search`."""
    compiled: Any
    _confirm: dict[int, Callable[[str], Any]] = field(default_factory=dict)

    def confirmed(self, found: Iterable[int], text: str) -> list[int]:
        """Rules of the relaxed patterns `found` whose own pattern matches `text`, in order."""
        return [self.rules[i] for i in sorted(found) if self._confirmation(i)(text)]

    def _confirmation(self, i: int) -> Callable[[str], Any]:
        """Compiled when it is first needed: most patterns never are, and all take half a second."""
        if i not in self._confirm:
            pattern = re2.compile(self.patterns[i], options())
            self._confirm[i] = getattr(pattern, self.method)
        return self._confirm[i]


def pattern_set(patterns: Iterable[tuple[int, str]], make: Any, method: str) -> PatternSet:
    """A set made by `make`, confirmed by the compiled pattern's `method` (fullmatch …)."""
    compiled = make(options())
    rules, own = [], []
    for rule, pattern in patterns:
        compiled.Add(relax(pattern))
        rules.append(rule)
        own.append(pattern)
    if rules:
        compiled.Compile()
    return PatternSet(tuple(rules), tuple(own), method, compiled)
