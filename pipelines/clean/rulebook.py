"""The rule book: phrases and patterns as data, loaded, checked and compiled.

A rule is one record of a TOML file in `rules/`. Its `phrase`s are compared with the core of a
line (see `fold`), numbers read as 0; its `pattern`s are RE2, matched on the folded core in lower
case, or in its own case with `case = true`. Rules apply whatever the language of the article:
a site may well ask for comments in another one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import re2

from pipelines.clean.fold import fold_texts
from pipelines.clean.patterns import PatternSet, expand, options, pattern_set
from pipelines.clean.seen import SeenLines
from pipelines.contract import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES: Final = Path(__file__).parent / "rules"
"""The rule files that travel with the package."""

ZONES: Final = ("head", "body", "tail", "edges", "any")
MATCHES: Final = ("line", "start", "end")
COLUMNS: Final = (
    "headline", "byline", "date", "caption", "credit", "section", "copyright", "agency",
)  # fmt: skip
OPENS: Final = ("links", "footer", "comments")


class RuleError(ValueError):
    """A rule that cannot be used; the message names the file, the rule and the remedy."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One record of the rule book."""

    id: str
    """`<language>.<topic>.<name>`; unique over all files."""
    kind: str
    """What the line is; one of `contract.KINDS`."""
    zone: str = "any"
    """Where the rule holds: above the first paragraph (head), between paragraphs (body), below the
    last (tail), above or below (edges), or anywhere."""
    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    match: str = "line"
    """What the rule must match: the whole line, its start or its end."""
    case: bool = False
    """Whether patterns see the line in its own case."""
    fragment: bool = False
    """Whether the rule spares lines that end like a sentence."""
    sure: bool = False
    """Whether the line model may not overrule it: it names what no article says of itself."""
    moves: str | None = None
    """Column the line's information moves to; the first group of a pattern is the value."""
    opens: str | None = None
    """What the line heads: the lines below it are links, footer or comments."""
    removes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    file: str = ""


_LISTS: Final = {"phrase": "phrases", "pattern": "patterns"}
_KNOWN: Final = {item.name for item in fields(Rule)} - {"file"} | set(_LISTS)


def _refuse(file: str, name: str, reason: str) -> RuleError:
    return RuleError(f"{file}: rule {name!r}: {reason}")


def read_rule(record: Mapping[str, Any], file: str) -> Rule:
    """A Rule from one record of a rule file.

    Raises RuleError when a key is unknown or missing, a value is not in its closed list, a
    pattern is not RE2, or `removes` / `keeps` are empty.
    """
    name = str(record.get("id", "?"))
    unknown = sorted(set(record) - _KNOWN)
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise _refuse(file, name, f"unknown key {unknown[0]!r}; known keys: {known}")
    values = {_LISTS.get(key, key): value for key, value in record.items()}
    for key in ("phrases", "patterns", "removes", "keeps"):
        values[key] = _texts(values.get(key, ()), key, file, name)
    for key in ("id", "kind"):
        if not isinstance(values.get(key), str):
            raise _refuse(file, name, f"needs a text for {key!r}")
    rule = Rule(**values, file=file)
    _check(rule)
    return rule


def _texts(value: Any, key: str, file: str, name: str) -> tuple[str, ...]:
    """One text, a list of texts, or a multi-line text with one of them a line."""
    if not isinstance(value, (str, list, tuple)):
        raise _refuse(file, name, f"{key} must be a text or a list of texts")
    texts = tuple(value.strip("\n").split("\n") if isinstance(value, str) else value)
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise _refuse(file, name, f"{key} must be texts, none empty")
    return texts


def _check(rule: Rule) -> None:
    for key, value, allowed in (
        ("kind", rule.kind, KINDS),
        ("zone", rule.zone, ZONES),
        ("match", rule.match, MATCHES),
        ("moves", rule.moves, (*COLUMNS, None)),
        ("opens", rule.opens, (*OPENS, None)),
    ):
        if value not in allowed:
            choice = ", ".join(str(item) for item in allowed if item)
            raise _refuse(rule.file, rule.id, f"{key} = {value!r} is not one of: {choice}")
    if not rule.phrases and not rule.patterns:
        raise _refuse(rule.file, rule.id, "needs a phrase or a pattern")
    if not rule.removes or not rule.keeps:
        raise _refuse(rule.file, rule.id, "needs at least one line it removes and one it keeps")
    for pattern in rule.patterns:
        if not _is_read(pattern):
            compile_pattern(pattern, rule)


def _is_read(pattern: str) -> bool:
    """Whether RE2 can read a pattern; to compile it as well takes several times as long."""
    try:
        re2.Set.SearchSet(options()).Add(expand(pattern))
    except re2.error:
        return False
    return True


def compile_pattern(pattern: str, rule: Rule) -> Any:
    """The compiled RE2 pattern; RuleError when RE2 refuses it."""
    try:
        return re2.compile(expand(pattern), options())
    except re2.error as error:
        reason = error.args[0] if error.args else "refused"
        reason = reason.decode() if isinstance(reason, bytes) else reason
        raise _refuse(
            rule.file, rule.id, f"RE2 cannot compile {pattern!r}: {reason}; no look-around, no \\1"
        ) from error


def load_rules(folder: Path = RULES) -> tuple[Rule, ...]:
    """All rules of a folder: `any.toml`, `en.toml`, then the other files in alphabetical order.

    Where two rules hold for a line, the earlier one carries the verdict.
    Raises RuleError for a file that is not TOML, a rule that fails its checks, or an id twice.
    """
    rules = [
        read_rule(record, file.name)
        for file in sorted(folder.glob("*.toml"), key=_rank)
        for record in _records(file)
    ]
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            raise _refuse(rule.file, rule.id, f"this id is already taken in {seen[rule.id]}")
        seen[rule.id] = rule.file
    return tuple(rules)


def _rank(file: Path) -> tuple[bool, bool, str]:
    return file.stem != "any", file.stem != "en", file.stem


def _records(file: Path) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{file.name}: not valid TOML: {error}") from error
    records = content.get("rule", [])
    if set(content) - {"rule"} or not isinstance(records, list):
        raise RuleError(f"{file.name}: holds [[rule]] records only")
    return records


@dataclass(frozen=True)
class Rulebook:
    """Rules compiled for matching."""

    rules: tuple[Rule, ...]

    def __reduce__(self) -> tuple[type[Rulebook], tuple[tuple[Rule, ...]]]:
        """Pickle the rules only: compiled sets do not travel to worker processes."""
        return Rulebook, (self.rules,)

    @cached_property
    def _folded(self) -> dict[str, tuple[str, int]]:
        """Core and line hash of every phrase, all folded at once."""
        phrases = list({phrase for rule in self.rules for phrase in rule.phrases})
        return dict(zip(phrases, fold_texts(phrases), strict=True))

    @cached_property
    def phrases(self) -> dict[int, list[int]]:
        """Line hash -> the rules that have the phrase as a whole line."""
        table: dict[int, list[int]] = {}
        for index, rule in enumerate(self.rules):
            for phrase in rule.phrases if rule.match == "line" else ():
                table.setdefault(self._folded[phrase][1], []).append(index)
        return table

    @cached_property
    def phrase_hashes(self) -> NDArray[np.uint64]:
        """The hashes of `phrases`, ascending."""
        return np.array(sorted(self.phrases), dtype=np.uint64)

    @cached_property
    def seen(self) -> SeenLines:
        """What these rules said of lines before."""
        return SeenLines()

    def _patterns(self, match: str, *, case: bool) -> list[tuple[int, str]]:
        return [
            (index, pattern)
            for index, rule in enumerate(self.rules)
            if rule.match == match and rule.case == case
            for pattern in (*map(expand, rule.patterns), *self._quoted(rule))
        ]

    def _quoted(self, rule: Rule) -> list[str]:
        """Phrases that may be followed or preceded by more, as patterns."""
        if rule.match == "line":
            return []
        edges = (r"{}(?:[^\pL\pN].*)?", r"(?:.*[^\pL\pN])?{}")
        edge = edges[rule.match == "end"]
        return [edge.format(re2.escape(self._folded[phrase][0])) for phrase in rule.phrases]

    @cached_property
    def whole(self) -> PatternSet:
        """Patterns for whole short lines, in lower case."""
        starts = [(i, f"(?:{p}).*") for i, p in self._patterns("start", case=False)]
        patterns = [*self._patterns("line", case=False), *starts]
        return pattern_set(patterns, re2.Set.FullMatchSet, together=True)

    @cached_property
    def cased(self) -> PatternSet:
        """Patterns for whole short lines, in their own case."""
        starts = [(i, f"(?:{p}).*") for i, p in self._patterns("start", case=True)]
        return pattern_set([*self._patterns("line", case=True), *starts], re2.Set.FullMatchSet)

    @cached_property
    def starts(self) -> PatternSet:
        """Patterns for the start of long lines, in lower case."""
        return pattern_set(self._patterns("start", case=False), re2.Set.MatchSet, together=True)

    @cached_property
    def ends(self) -> PatternSet:
        """Patterns for the end of a line, in its own case."""
        patterns = [
            (i, f"(?{flag}:{p})$")
            for flag, case in (("i", False), ("", True))
            for i, p in self._patterns("end", case=case)
        ]
        return pattern_set(patterns, re2.Set.SearchSet)
