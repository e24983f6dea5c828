"""How values are written for a reader's eye. Everything here returns text or escaped Markup."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from pipelines.visible import HIDDEN, plain_line

_TITLE_CHARS: Final = 160
_NAME_CHARS: Final = 80


def visible(text: object) -> Markup:
    """Escaped text in which control and invisible characters are shown by their code point."""
    escaped = str(escape("" if text is None else str(text)))
    return Markup(HIDDEN.sub(_named, escaped))  # noqa: S704 (escaped above)


def _named(found: re.Match[str]) -> str:
    code = ord(found[0])
    name = unicodedata.name(found[0], "control character").lower()
    return f'<span class="ctl" title="{name}">U+{code:04X}</span>'


def name(text: object, limit: int = _NAME_CHARS) -> Markup:
    """A text of unknown direction and length on one line: cut, visible, isolated by <bdi>."""
    plain = " ".join(str("" if text is None else text).split())
    cut = plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"
    return Markup("<bdi>{}</bdi>").format(visible(cut))


def title(text: object, limit: int = _TITLE_CHARS) -> Markup:
    """A headline as `name` shows it, or the words that there is none."""
    if not str(text or "").strip():
        return Markup('<span class="none">no headline</span>')
    return name(text, limit)


def number(value: float | None, digits: int = 3) -> str:
    """A count or measurement: thousands separated, at most `digits` significant decimals."""
    if value is None:
        return "–"
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """A share 0–1 in per cent; one decimal below ten."""
    if value is None:
        return "–"
    percent = 100 * value
    rounded = f"{percent:.1f}" if 0 < abs(percent) < 9.95 else f"{percent:.0f}"
    return f"{rounded}\u202f%"


def seconds(value: float | None) -> str:
    """A duration: 4.2 s, 3 min 20 s, 1 h 5 min."""
    if value is None:
        return "–"
    if value < 100:
        return f"{value:.1f}\u202fs"
    minutes, rest = divmod(round(value), 60)
    if minutes < 100:
        return f"{minutes}\u202fmin {rest}\u202fs"
    return f"{minutes // 60}\u202fh {minutes % 60}\u202fmin"


def hours(value: float | None) -> str:
    """A delay given in hours: 40 min, 5 h, 3 d."""
    if value is None:
        return "–"
    if abs(value) < 1:
        text = f"{60 * value:.0f}\u202fmin"
    else:
        text = f"{value:.0f}\u202fh" if abs(value) < 72 else f"{value / 24:.0f}\u202fd"
    return text.replace("-", "\u2212")


def day(value: date | None) -> str:
    """2 Mar."""
    return "–" if value is None else f"{value.day} {value:%b}"


def long_day(value: date) -> str:
    """Monday, 2 March 2026."""
    return f"{value:%A}, {value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """2 Mar 2026, 04:10."""
    return "–" if value is None else f"{value.day} {value:%b %Y, %H:%M}"


def published(value: datetime) -> str:
    """2 Mar 2026, 04:10; a midnight without its hours: so a mere day is kept."""
    return moment(value).removesuffix(", 00:00")


def words(name: str | None) -> str:
    """`comment_prompt` as `comment prompt`, an expectation without its `expect_`."""
    return (name or "").removeprefix("expect_").replace("_", " ").replace("audit.", "audit: ")


def plural(count: float, noun: str, many: str | None = None) -> str:
    """`1 article`, `2 articles`."""
    return f"{number(count)} {noun if count == 1 else many or noun + 's'}"


FILTERS: Final[dict[str, Any]] = {
    function.__name__: function
    for function in (
        visible,
        name,
        title,
        number,
        share,
        seconds,
        hours,
        day,
        long_day,
        moment,
        published,
        words,
    )
} | {"plain_line": plain_line, "plural": plural}
"""What the templates call by name."""
