"""Dates as inputs write them, read without guessing.

Read: ISO 8601, RFC 822, `YYYYMMDD`, `YYYY/MM/DD`, English month names, and seconds, ms, µs or ns
since the epoch (told by their number of digits). A form that could mean two days (`04/05/2025`) is
not read. A day alone has precision `day`; a time without zone is taken as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_YEARS: Final = range(1000, 2201)
_DAY: Final = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r" ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_STAMP: Final = re.compile(r"\d{14}")
_NUMBER: Final = re.compile(r"\d{10,19}(?:\.\d+)?")
_MAIL: Final = re.compile(
    r"(?:[A-Za-z]{3,9}, ?)?(\d{1,2} [A-Za-z]{3,9} (?:\d{4}|\d\d) \d\d:\d\d(?::\d\d)?)"
    r"(?: ([+-]\d{2}:?\d{2}|[A-Z]{1,5}))?"
)
_ZONES: Final = {
    "": 0, "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Hours from UTC; those of America as RFC 822 has them, BST as British feeds write it."""

_MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    "|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH_FIRST: Final = re.compile(rf"({_MONTH})\.? (\d{{1,2}}),? ?(\d{{4}})", re.I)
_DAY_FIRST: Final = re.compile(rf"(\d{{1,2}}) ({_MONTH})\.?,? (\d{{4}})", re.I)
_EPOCH_UNITS: Final = {10: 1_000_000.0, 13: 1_000.0, 16: 1.0, 19: 0.001}
"""Digits of a present-day epoch number -> µs of its unit."""


class Moment(NamedTuple):
    """A time in µs since the epoch, and whether it is a `day` or a `second`."""

    at: int
    precision: str


def moment(value: object) -> Moment | None:
    """The time a field states; None where it states none that can be read without guessing.

    >>> moment("2025-04-08")
    Moment(at=1744070400000000, precision='day')
    >>> moment(1744070400), moment("04/05/2025")
    (Moment(at=1744070400000000, precision='second'), None)
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, datetime):
        return _second(value)
    if isinstance(value, date):
        return _day(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _from_text(str(value)) if isinstance(value, int) else _from_epoch(value)


@lru_cache(maxsize=4096)
def _from_text(text: str) -> Moment | None:
    for shape, read in _FORMS:
        if match := shape.fullmatch(text):
            try:
                return read(match)
            except (ValueError, OverflowError):
                return None
    return None


def _from_time(match: re.Match[str]) -> Moment | None:
    return _second(_iso(match))


def _from_day(match: re.Match[str]) -> Moment | None:
    return _day(datetime(int(match[1]), int(match[3]), int(match[4]), tzinfo=UTC))


def _from_stamp(match: re.Match[str]) -> Moment | None:
    return _second(datetime.strptime(match[0], "%Y%m%d%H%M%S"))


def _from_number(match: re.Match[str]) -> Moment | None:
    return _from_epoch(float(match[0]) if "." in match[0] else int(match[0]))


def _from_mail(match: re.Match[str]) -> Moment | None:
    """A date as in mail; one in a zone of unknown or several meanings (`IST`) is not read."""
    when, zone = match.groups(default="")
    if zone[:1] not in ("+", "-"):
        hours = _ZONES.get(zone)
        zone = "" if hours is None else f"{hours * 100:+05d}"
    return _second(parsedate_to_datetime(f"{when} {zone.replace(':', '')}")) if zone else None


def _iso(time: re.Match[str]) -> datetime:
    day, clock, seconds, fraction, zone = time.groups(default="")
    is_utc = zone.upper() in ("", "Z", "UTC", "GMT")
    text = f"{day}T{clock}:{seconds or '00'}.{fraction[:6]:0<6}{'+00:00' if is_utc else zone}"
    return datetime.fromisoformat(text)


def _from_named(match: re.Match[str]) -> Moment | None:
    first, second, year = match.groups()
    day, month = (first, second) if first.isdigit() else (second, first)
    return _day(datetime(int(year), _MONTHS[month[:3].lower()], int(day), tzinfo=UTC))


def _from_epoch(number: float) -> Moment | None:
    try:
        digits = len(str(int(number)))
    except (ValueError, OverflowError):
        return None
    unit = _EPOCH_UNITS.get(digits)
    return Moment(int(number * unit), "second") if unit and number > 0 else None


def _second(when: datetime) -> Moment | None:
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return Moment(_micros(aware), "second") if aware.year in _YEARS else None


def _day(when: datetime) -> Moment | None:
    return Moment(_micros(when), "day") if when.year in _YEARS else None


def _micros(when: datetime) -> int:
    return (when - _EPOCH) // _MICROSECOND


_FORMS: Final = (
    (_TIME, _from_time),
    (_DAY, _from_day),
    (_STAMP, _from_stamp),
    (_NUMBER, _from_number),
    (_MAIL, _from_mail),
    (_MONTH_FIRST, _from_named),
    (_DAY_FIRST, _from_named),
)
"""Shapes of a date, tried in order -> how to read it."""
