"""Formats that are no input: told by their first bytes, and by more than a word.

`ORCHARD PARK, N.Y. (AP)` begins a text, and `ORC` a file of tables; so what is printable decides
only together with what no text has.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from pipelines.ingest.fields import column_of

_BINARY: Final = (
    (rb"\s*%PDF-\d", "a PDF"),
    (rb"PK(?:\x03\x04|\x05\x06)", "a zip archive or office document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a", "a picture"),
    (rb"RIFF.{4}(?:WEBP|WAVE|AVI )", "a picture or recording"),
    (rb"7z\xbc\xaf", "a 7z archive"),
    (rb"Rar!\x1a", "a rar archive"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "a bzip2 archive"),
    (rb"\xfd7zXZ", "an xz archive"),
    (rb"\x04\x22\x4d\x18", "an lz4 archive"),
    (rb".{257}ustar", "a tar archive"),
    (rb"\x7fELF", "a program"),
    (rb"SQLite format 3\0", "a database"),
    (rb"ORC(?=.{0,99}[\0-\x08])", "an ORC file"),
    (rb"Obj\x01", "an Avro file"),
    (rb"bplist0", "a page saved by Safari"),
    (rb"\xd0\xcf\x11\xe0", "an office document"),
)
_KINDS: Final = tuple((re.compile(magic, re.S), name) for magic, name in _BINARY)

_ARC: Final = re.compile(r"filedesc://\S+ ")
_HEADER: Final = re.compile(r"[!-9;-~]+:|[ \t]")
_SEPARATOR: Final = re.compile(r"[,;|\t](?! )")
_COLUMN: Final = re.compile(r"\w[\w.:/-]*(?: \w+)?")
_MOST_HEADERS: Final = 200
_CODE: Final = re.compile(r"\.(?:css|m?js|map)(?:\.download)?(?:[?@].*)?$", re.I)
_MOST_MARKS: Final = 0.015
"""Share of braces and semicolons beyond which a text is code, if its name says so too."""
_FEWEST_KNOWN: Final = 2
"""Columns of a table by whose names articles are known: one may be a word, two are no sentence."""


def binary_kind(head: bytes) -> str | None:
    """What a file is whose first bytes are those of a known format without articles.

    >>> binary_kind(b"%PDF-1.7"), binary_kind(b"ORCHARD PARK, N.Y. (AP)")
    ('a PDF', None)
    """
    return next((name for magic, name in _KINDS if magic.match(head)), None)


def other_kind(text: str) -> str | None:
    r"""What a plain text is that holds other things than an article.

    >>> other_kind("title,text,url\nFlood,The river rose.,https://example.com/1\n")
    'a table of values (CSV)'
    >>> other_kind("Title, text and url\nof a page, and so on.") is None
    True
    """
    text = text.lstrip("\ufeff\r\n")
    if _ARC.match(text):
        return "an ARC file, which came before WARC"
    if _is_mail(text):
        return "a page saved as MHTML, or an e-mail"
    return "a table of values (CSV)" if _is_table(text) else None


def code_kind(name: str, text: str) -> str | None:
    """What a plain text is whose name and look both say that it is code.

    Folders of saved pages and mirrors of sites hold much of it.

    >>> code_kind("story_files/main.css?ver=2", "body{margin:0;color:red}")
    'a style sheet or script'
    """
    marks = sum(text.count(mark) for mark in "{};")
    is_code = _CODE.search(name) and marks > _MOST_MARKS * len(text)
    return "a style sheet or script" if is_code else None


def _is_mail(text: str) -> bool:
    """Whether the lines up to the first blank one are headers of MIME."""
    headers = takewhile(_HEADER.match, text.split("\n", _MOST_HEADERS))
    names = {line.partition(":")[0].lower() for line in headers}
    return "mime-version" in names and any(name.startswith("content-") for name in names)


def _is_table(text: str) -> bool:
    """Whether the first line names columns, and the second has as many or more."""
    first, _, rest = text.partition("\n")
    separators = set(_SEPARATOR.findall(first))
    if len(separators) != 1 or not rest.strip():
        return False
    (separator,) = separators
    names = [name.strip("\r\"' ") for name in first.split(separator)]
    if not all(name == "" or _COLUMN.fullmatch(name) for name in names):
        return False
    known = {column_of(name) for name in names} - {None}
    return len(known) >= _FEWEST_KNOWN and separator in rest
