"""Printed dates -> UTC, with what is known about their precision.

Month names of thirty languages, three orders, clock times with the zones that news pages print.
A clock time without a zone says nothing certain about UTC: such a date counts as a day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import re2

_MONTHS: Final = (
    "january jan januar jän jänner janvier janv enero ene janeiro gennaio gen januari января"
    " январь янв stycznia styczeń sty ιανουαρίου ιανουάριος ιαν січня leden ledna ocak ianuarie"
    " tammikuuta január januára siječnja януари јануар يناير جانفي जनवरी ינואר בינואר gener",
    "february feb februar februar febrero fevereiro fev février fevrier févr fév febbraio"
    " februari февраля февраль фев lutego luty lut φεβρουαρίου φεβρουάριος φεβ лютого února únor"
    " şubat februarie helmikuuta február februára veljače февруари фебруар فبراير فيفري شباط"
    " फरवरी फ़रवरी פברואר בפברואר febrer",
    "march mar märz mrz mär mars marzo março marco maart mrt марта март мар marca marzec"
    " μαρτίου μάρτιος μαρ березня března březen mart martie maaliskuuta maret március ožujka"
    " marts مارس آذار मार्च מרץ במרץ març",
    "april apr avril avr abril abr aprile апреля апрель апр kwietnia kwiecień kwi απριλίου"
    " απρίλιος απρ квітня dubna duben nisan aprilie huhtikuuta április apríla travnja април"
    " أبريل ابريل إبريل أفريل نيسان अप्रैल אפריל באפריל",
    "may mai mayo maio maggio mag mei мая май maja maj μαΐου μάιος μαΐ μαϊ травня května květen"
    " mayıs mayis toukokuuta május mája svibnja мај مايو ماي أيار मई מאי במאי maig",
    "june jun juni juin junio junho giugno giu июня июнь июн czerwca czerwiec cze ιουνίου"
    " ιούνιος ιουν червня června červen haziran iunie kesäkuuta június júna lipnja јун юни يونيو"
    " يونية جوان حزيران जून יוני ביוני juny",
    "july jul juli juillet juil julio julho luglio lug июля июль июл lipca lipiec lip ιουλίου"
    " ιούλιος ιουλ липня července červenec temmuz iulie heinäkuuta július júla srpnja јул юли"
    " يوليو يولية جويلية تموز जुलाई יולי ביולי juliol",
    "august aug août aout agosto ago augustus августа август авг sierpnia sierpień sie"
    " αυγούστου αύγουστος αυγ серпня srpna srpen ağustos augusti elokuuta agustus augusztus"
    " augusta kolovoza avgust أغسطس اغسطس أوت آب अगस्त אוגוסט באוגוסט agost",
    "september sep sept septembre septiembre setiembre setembro set settembre сентября сентябрь"
    " сен сент września wrzesień wrz σεπτεμβρίου σεπτέμβριος σεπ вересня září eylül septembrie"
    " syyskuuta szeptember septembra rujna septembar септември септембар سبتمبر أيلول सितंबर"
    " सितम्बर ספטמבר בספטמבר setembre",
    "october oct oktober okt octobre octubre outubro out ottobre ott октября октябрь окт"
    " października październik paź οκτωβρίου οκτώβριος οκτ жовтня října říjen ekim octombrie"
    " lokakuuta október októbra oktobar октомври октобар أكتوبر اكتوبر अक्टूबर אוקטובר באוקטובר",
    "november nov novembre noviembre novembro ноября ноябрь ноя listopada listopad lis"
    " νοεμβρίου νοέμβριος νοε листопада listopadu kasım noiembrie marraskuuta novembra studenoga"
    " studenog novembar ноември новембар نوفمبر नवंबर नवम्बर נובמבר בנובמבר",
    "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre desember"
    " des декабря декабрь дек grudnia grudzień gru δεκεμβρίου δεκέμβριος δεκ грудня prosince"
    " prosinec aralık decembrie joulukuuta decembra prosinca decembar декември децембар ديسمبر"
    " दिसंबर दिसम्बर דצמבר בדצמבר desembre",
)
MONTHS: Final = {name: i for i, names in enumerate(_MONTHS, 1) for name in names.split()}
"""Month number of every name and abbreviation, lower case, without a full stop."""

_HOURS: Final = {
    "gmt": 0, "utc": 0, "z": 0, "wet": 0, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "sast": 2, "cat": 2, "eest": 3, "msk": 3, "мск": 3, "eat": 3, "wat": 1, "pkt": 5,
    "ist": 5.5, "wib": 7, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13, "edt": -4, "est": -5, "cdt": -5, "mdt": -6, "pdt": -7, "pst": -8,
}  # fmt: skip
_REGIONS: Final = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "pt": "America/Los_Angeles",
    "uhr": "Europe/Berlin",
}

_DAY: Final = r"[0-3]?[0-9](?:st|nd|rd|th|er|º|°|\.)?"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
_LETTERS: Final = r"[a-z\x{80}-\x{10ffff}]+"
"""A word in lower case; wider than letters, because `\\pL` makes RE2's automaton explode."""

_WORD: Final = rf"{_LETTERS}\.?"
_WEEKDAY: Final = rf"(?:{_LETTERS}(?:-feira)?\.?,? )?(?:(?:le|el|il|den|am|de) )?"
_DATE: Final = (
    rf"(?:{_WEEKDAY}(?:{_WORD} {_DAY},? {_YEAR}"
    rf"|{_DAY}(?: ?(?:de |of )?|[-/]){_WORD}(?:,? (?:de |del )?|[-/]){_YEAR}(?: г\.?| r\.?)?)"
    rf"|{_YEAR}[-/.][01]?[0-9][-/.][0-3]?[0-9]"
    rf"|[0-3]?[0-9][-/.] ?[0-3]?[0-9][-/.] ?{_YEAR}|{_YEAR}\. {_LETTERS} [0-3]?[0-9]\."
    rf"|{_YEAR} ?年 ?[01]?[0-9] ?月 ?[0-3]?[0-9] ?日(?: ?\([^ ()]\))?)"
)
_CLOCK: Final = (
    r"[0-2]?[0-9] ?[:.h時点时] ?[0-5][0-9](?::[0-5][0-9]|分)?"
    r"(?: ?(?:[apπμ]\.?[mμ]\.?|ص|م|पूर्वाह्न|अपराह्न))?"
)
_ZONE: Final = r"(?: ?\(?(?:gmt|utc|[a-z]{2,4}|мск|z)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?\)?)?"
_JOIN: Final = (
    r"(?:,| -| /| \||;| ·| •|t| at| um| à| alle(?: ore)?| ore| às| a las| o godz\.?| godz\.?"
    r"| om| в| kl\.?| klo| 오전| 오후| 午前| 午後| 上午| 下午)*"
)
DATE: Final = rf"{_DATE}(?:{_JOIN} ?{_CLOCK}{_ZONE})?"
"""RE2 pattern, on folded lower-case text, of a date with or without a time."""

_NAMED: Final = re2.compile(
    rf"(?:({_LETTERS})\.? ({_DAY}),? ({_YEAR}))"
    rf"|(?:({_DAY})(?: ?(?:de |of )?|[-/])({_LETTERS})(?:\.?,? (?:de |del )?|[-/])({_YEAR}))"
    rf"|(?:({_YEAR})\. ({_LETTERS}) ([0-3]?[0-9])\.)"
)
_YEAR_FIRST: Final = re2.compile(rf"({_YEAR}) ?[-/.年] ?([01]?[0-9]) ?[-/.月] ?([0-3]?[0-9])")
_YEAR_LAST: Final = re2.compile(rf"([0-3]?[0-9])[-/.] ?([0-3]?[0-9])[-/.] ?({_YEAR})")
_CLOCK_PARTS: Final = (
    r"([0-2]?[0-9]) ?[:.h時点时] ?([0-5][0-9])(?::([0-5][0-9])|分)?(?: ?([ap])\.?m\.?)?"
)
_TIME: Final = re2.compile(
    _CLOCK_PARTS + r" ?\(?(gmt|utc|[a-z]{2,4}|мск|z)?([+-][0-9]{1,2})?(?::?([0-9]{2}))?"
)
_TIME_BEFORE: Final = re2.compile(
    rf"(?:^|[^0-9]){_CLOCK_PARTS}(?: ([a-z]{{2,4}})?([+-][0-9]{{1,2}})?(?::?([0-9]{{2}}))?)?"
    rf" ?,? ?(?:on )?(?:{_LETTERS},? )?$"
)
"""A clock time that a date follows: `15:56 BST, Saturday, ` 27 April 2024."""


class Printed(NamedTuple):
    """A date as a page prints it."""

    at: datetime | None
    """UTC; midnight when only the day is known; None when day and month cannot be told apart."""
    precision: str
    """`day` or `second`."""


@lru_cache(maxsize=4096)  # the pages of one day print few dates
def read_date(text: str, language: str = "en") -> Printed | None:
    """The first date in a text, or None when there is none.

    `language` decides only whether 3/4/2025 may be read as day, month, year: not in English,
    where both orders are in use.
    """
    text = text.lower()
    for found, order in (
        (_NAMED.search(text), _named),
        (_YEAR_FIRST.search(text), _year_first),
        (_YEAR_LAST.search(text), lambda groups: _year_last(groups, language)),
    ):
        day = order(found.groups()) if found else None
        if found and day is not None:
            return _with_time(day, text[: found.start()], text[found.end() :])
        if found and order is not _named:
            return Printed(None, "day") if _is_ambiguous(found.groups()) else None
    return None


def before_date(text: str) -> str:
    """The text up to the first date in it whose month is named; all of it where there is none."""
    lower = text.lower()
    found = _NAMED.search(lower) if len(lower) == len(text) else None
    return text[: found.start()] if found and _named(found.groups()) else text


def _valid(year: str, month: int, day: str) -> date | None:
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def _named(groups: tuple[str | None, ...]) -> date | None:
    month, day, year = groups[:3]
    if groups[4]:
        day, month, year = groups[3:6]
    elif groups[6]:
        year, month, day = groups[6:]
    number = MONTHS.get(month or "")
    return _valid(year or "", number, _digits(day or "")) if number else None


def _year_first(groups: tuple[str, ...]) -> date | None:
    return _valid(groups[0], int(groups[1]), groups[2])


def _is_ambiguous(groups: tuple[str, ...]) -> bool:
    return len(groups[2]) == 4 and int(groups[0]) <= 12 and 1 <= int(groups[1]) <= 12


def _year_last(groups: tuple[str, ...], language: str) -> date | None:
    first, second, year = groups
    if int(second) > 12:
        return _valid(year, int(first), second)
    if int(first) > 12 or first == second or not language.startswith("en"):
        return _valid(year, int(second), first)
    return None


@cache
def _region(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_HALVES: Final = {"오전": "a", "午前": "a", "上午": "a", "오후": "p", "午後": "p", "下午": "p"}
"""The half of the day where it stands before the clock time."""


def _with_time(day: date, before: str, rest: str) -> Printed:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = _TIME_BEFORE.search(before[-40:]) or _TIME.search(rest[:60])
    if not found:
        return Printed(midnight, "day")
    hour, minute, second, half, name, hours, minutes = found.groups()
    half = half or next((half for word, half in _HALVES.items() if word in rest[:60]), None)
    zone = _zone(name or "", hours, minutes)
    clock = int(hour) % 12 + 12 * (half == "p") if half else int(hour)
    if zone is None or clock > 23:
        return Printed(midnight, "day")
    local = datetime(
        day.year, day.month, day.day, clock, int(minute), int(second or 0), tzinfo=zone
    )
    return Printed(local.astimezone(UTC), "second")


def _zone(name: str, hours: str | None, minutes: str | None) -> timezone | ZoneInfo | None:
    if hours:
        offset = timedelta(hours=abs(int(hours)), minutes=int(minutes or 0))
        return timezone(-offset if hours[0] == "-" else offset) if offset < _DAY_LONG else None
    if name in _REGIONS:
        return _region(_REGIONS[name])
    return timezone(timedelta(hours=_HOURS[name])) if name in _HOURS else None


_DAY_LONG: Final = timedelta(hours=24)
