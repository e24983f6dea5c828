"""What is information is moved: from removed lines into the columns of an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import re2

from pipelines.clean.captions import split_credit
from pipelines.clean.datelines import BEGINNING_CHARS
from pipelines.clean.dates import Printed, before_date
from pipelines.clean.headline import Found
from pipelines.clean.patterns import macros
from pipelines.clean.repair import tidied
from pipelines.clean.rulebook import Rule, compile_pattern
from pipelines.clean.sources import agency_of, dateline_agency

MAX_BYLINE_CHARS: Final = 200

_LEAD: Final = re2.compile(
    r"(?i)^(?:by|von|par|por|di|door|autor(?:en|a)?|author|text|текст|автор)\b:?\s+"
)
_EDITING: Final = re2.compile(r"(?i);\s*(?:editing|writing|compiled|additional) .*$")
_WHEN: Final = re2.compile(
    r"(?i)(?:[ ,|·•-]+(?:last|updated|published|posted|modified|publiée?|publicad[oa]|pubblicat[oa]"
    r"|veröffentlicht|gepubliceerd|stand|on|at|le|am|el|il|op|(?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)day))+[ :,]*$"
)
"""What stands between a name and the date behind it."""

_ROLE: Final = re2.compile(
    r"(?:[ ,|]+(?:Political|Senior|Chief|Special|Deputy|Associate|Assistant|Contributing"
    r"|Managing|Executive|Health|Business|Sports?|Science|Environment|Education|Crime|Foreign"
    r"|Technology|Royal|Entertainment|Features|News|Online|Digital|National|Local))+$"
)
"""The beginning of a post (`Political` Correspondent) that looks like one more name."""

_EDGES: Final = " ,;|·•-–—()[]"


@cache
def _author() -> Any:
    """Who wrote it, at the end of a date line: `8 April 2025 | by Jane Doe`."""
    names = macros()["{names}"]
    return re2.compile(rf"[ |·•,/-](?i:by|von|par|por|door|автор):? ({names})$")


@dataclass(slots=True)
class Fields:
    """The editorial columns of one article while its lines are read, in their order."""

    headline: str | None = None
    section: str | None = None
    bylines: list[str] = field(default_factory=list)
    dates: list[Printed] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    copyrights: list[str] = field(default_factory=list)
    agencies: list[str] = field(default_factory=list)

    def add(self, rule: Rule, line: str, printed: Printed | None) -> None:
        """Take up what a removed line says; a byline may say when, too."""
        if printed is not None:
            self.dates.append(printed)
        if rule.moves == "date":
            found = _author().search(line)
            self._add_value("byline", found.group(1) if found else "")
        elif rule.moves == "caption":
            caption, credit = split_credit(line)
            _append_new(self.captions, caption)
            _append_new(self.credits, credit)
        elif rule.moves == "copyright":
            _append_new(self.copyrights, line)
        else:
            value = rule_value(rule, line)
            if rule.moves == "byline" and printed is not None:
                value = _without_date(value, line)
            self._add_value(rule.moves, value)

    def _add_value(self, column: str | None, value: str) -> None:
        if column == "byline":
            lead = _LEAD.match(value)
            name = value[lead.end() :] if lead else value
            name = _EDITING.sub("", name) if ";" in name else name
            name = _WHEN.sub("", name).strip(_EDGES)
            role = _ROLE.search(name)
            name = name[: role.start()] if role and " " in name[: role.start()] else name
            _append_new(self.bylines, name.strip(_EDGES))
        elif column == "credit":
            _append_new(self.credits, _as_credit(value))
        elif column == "section":
            self.section = self.section or value
        elif column == "agency":
            _append_new(self.agencies, agency_of(value))
        elif column == "headline":
            self.headline = self.headline or value


def _without_date(value: str, line: str) -> str:
    """A name as far as the date of its line: a month (`Jan.`) looks like one more name."""
    start, end = line.find(value), len(before_date(line))
    return line[start:end] if 0 <= start < end < start + len(value) else value


def _as_credit(value: str) -> str | None:
    """A credit without half of a pair of brackets; None for a label (`FILE PHOTO:`) alone."""
    is_whole = value.count("(") == value.count(")")
    credit = value if is_whole else value.strip(" ()")
    return None if credit.endswith(":") else credit


def _append_new(values: list[str], value: str | None) -> None:
    if value and value not in values:
        values.append(value)


_COMPILED: Final[dict[tuple[str, tuple[str, ...]], tuple[Any, ...]]] = {}


def _compiled(rule: Rule) -> tuple[Any, ...]:
    """The patterns of a rule that have a group."""
    key = rule.id, rule.patterns  # a whole rule takes longer to hash than to match
    if key not in _COMPILED:
        compiled = (compile_pattern(pattern, rule) for pattern in rule.patterns)
        _COMPILED[key] = tuple(pattern for pattern in compiled if pattern.groups)
    return _COMPILED[key]


def rule_value(rule: Rule, line: str) -> str:
    """What a rule's group caught in a line; the whole line where it has no group."""
    for pattern in _compiled(rule):
        found = pattern.search(line if rule.case else line.lower())
        if found and found.group(1):
            start, end = found.span(1)
            return line[start:end].strip()
    return line


def published(
    given: datetime | None, given_precision: str | None, prefix: str | None, lines: list[Printed]
) -> tuple[datetime | None, str | None]:
    """Publication date and precision, from the input, the text's prefix and its date lines.

    The input's own date stands first; a clock time printed on the page refines a mere day of it.
    """
    at, precision = given, given_precision or ("second" if given else None)
    if at is None and prefix:
        at, precision = _prefix_date(prefix)
    for printed in lines:
        if printed.at is None:
            continue
        if at is None:
            return printed.at, printed.precision
        is_same_day = abs((printed.at - at).total_seconds()) < 36 * 3600
        if precision == "day" and printed.precision == "second" and is_same_day:
            return printed.at, printed.precision
    return at, precision


def _prefix_date(prefix: str) -> tuple[datetime | None, str | None]:
    try:
        return datetime.strptime(prefix, "%Y-%m-%d").replace(tzinfo=UTC), "day"
    except ValueError:
        return None, None


def columns(
    fields: Fields, given: Mapping[str, Any], found: Found | None, body: str
) -> dict[str, Any]:
    """Headline, byline and the other text columns of an article."""
    headline = given["given_headline"] or (found.headline if found else None) or fields.headline
    agencies: list[str | None] = [*fields.agencies]
    agencies += [dateline_agency(paragraph) for paragraph in _beginnings(body)]
    byline = given["given_byline"] or "; ".join(fields.bylines)[:MAX_BYLINE_CHARS]
    texts = {
        "headline": found.headline if found and found.headline else headline,
        "byline": byline,
        "article_section": given["given_section"] or fields.section,
        "credit_text": "; ".join(fields.credits),
        "copyright_notice": "; ".join(fields.copyrights),
    }
    return {
        **{name: tidied(text) if text else None for name, text in texts.items()},
        "info_source": next((name for name in agencies if name), None),
        "captions": [tidied(caption) for caption in fields.captions],
    }


def _beginnings(body: str) -> list[str]:
    """The first two paragraphs, where a dateline may stand."""
    return [line for line in body[:BEGINNING_CHARS].split("\n")[:3] if line]
