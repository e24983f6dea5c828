"""Bytes to text: marks first, then UTF-8, then what the bytes themselves show.

Order: byte order mark (UTF-8, UTF-16, UTF-32) → UTF-16 without a mark (every other byte of its
spaces and Latin letters is zero) → ISO-2022-JP (by its escapes) → UTF-8 → UTF-8 with a few foreign
bytes (each read as CP1252) → what a page declares → where most letters are beyond ASCII, the
encoding of another script that reads best (charset-normalizer) → CP1252, the web's reading of
Latin-1. A few bytes that an encoding has no meaning for do not make it another. Line breaks and all
characters stay as delivered; a mark is not text and goes.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS: Final = bytes(sorted({*range(32), 127} - set(b"\t\n\v\f\r\x1b")))
_PLAIN_CHARACTER: Final = re.compile(r"[\s\w.,;:!?'\"()«»„“”‘’–—…/%&+@#*=<>{}\[\]-]")
_BY_CP1252: Final = "copydesk_byte_by_cp1252"
_SOUND_PER_FOREIGN: Final = 4
_SOUND_PER_BROKEN: Final = 20
"""Characters beyond ASCII for each byte that breaks an encoding of two bytes a character, below
which it is another: such encodings take most pairs of bytes for something."""

_ESCAPE: Final = b"\x1b$"
_LEGACY: Final = ("legacy_encoding",)
_DECLARATION: Final = re.compile(
    rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{2,30})", re.I
)
_DECLARATION_BYTES: Final = 4096
_WEB_ENCODING: Final = re.compile(
    r"windows-(?:874|125\d)|cp125\d|iso[-_]?8859-\d{1,2}|latin1|us-ascii|ascii|koi8-[ru]|gbk|gb2312"
    r"|gb18030|big5|big5-hkscs|shift[-_]jis|sjis|euc-jp|euc-kr|iso-2022-jp|macintosh|ibm866|tis-620"
    r"|x-sjis|windows-31j|ms_kanji|x-euc-jp|ks_c_5601-1987|windows-949|x-gbk|gb_2312-80|x-x-big5"
    r"|iso-8859-8-i|x-mac-cyrillic|x-cp125[0-8]"
)
_WIDER: Final = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-x-big5": "big5",
    "iso-8859-8-i": "iso8859_8",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
}
"""Names of the web (encoding.spec.whatwg.org) that mean more than Python's codec of that name."""

_OTHER_SCRIPTS: Final = [
    *("cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_MOST_BEYOND_ASCII: Final = 0.4
"""Share of letters beyond ASCII past which a text is in no Latin script: .54 at least in 946 texts
(Russian, Greek, Chinese, in five encodings), .16 at most in 222 of Latin script."""
_FEWEST_BEYOND_ASCII: Final = 30
"""Bytes beyond ASCII of which an encoding can be told: of 60 characters in 843 of 889 texts."""
_WHOLE_CHARACTERS: Final = re.compile(rb".*[\x00-\x3f]", re.S)
"""Up to a byte that ends no character of two; where there is none, all are of two."""
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BEYOND_ASCII: Final = bytes(range(128, 256))

_SAMPLE: Final = 8192
_MOST_CONTROLS: Final = 0.02
"""Share of control bytes beyond which bytes are no text."""


class Decoded(NamedTuple):
    """A text, the encoding it was read by, and oddities seen on the way."""

    text: str
    encoding: str
    flags: tuple[str, ...] = ()


def decode(data: bytes) -> Decoded | None:
    """The text of `data`, or None where it is no text (a binary file).

    >>> decode("naïve".encode("cp1252"))
    Decoded(text='naïve', encoding='cp1252', flags=('legacy_encoding',))
    """
    for mark, encoding in _MARKS:
        # The mark of UTF-32 is that of UTF-16 and a NUL: where it does not hold, the other may.
        if data.startswith(mark) and (found := _marked(data[len(mark) :], encoding)):
            return found
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    if b"\0" in data and (wide := _wide_encoding(data)):
        return _marked(data, wide)
    if looks_binary(data):
        return None
    return _escaped(data) or decode_narrow(data)


def stream_encoding(head: bytes) -> tuple[str, int]:
    """Encoding of a file too large to decode at once, and the length of its mark.

    UTF-8 where no mark and no zero bytes say otherwise; its lines may still be read otherwise.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    sample = head[: len(head) // 2 * 2]
    return (_wide_encoding(sample) if b"\0" in sample else None) or "utf-8", 0


def _escaped(data: bytes) -> Decoded | None:
    """Japanese in seven bits: its escape sequences stand in no other text."""
    if _ESCAPE not in data:
        return None
    try:
        return Decoded(data.decode("iso2022_jp_ext"), "iso2022_jp_ext", _LEGACY)
    except UnicodeDecodeError:
        return None


def decode_page(data: bytes, declared: str | None = None) -> Decoded | None:
    """The text of a page: as `decode`, but a declared encoding goes before all that are guessed.

    `declared` is the transport's word (HTTP); without it the page's own first 4 kB are asked.
    """
    if data.startswith(tuple(mark for mark, _ in _MARKS)) or b"\0" in data:
        return decode(data)
    if looks_binary(data):
        return None
    if found := _escaped(data) or _read_by(data, "utf-8", _SOUND_PER_FOREIGN):
        return found
    name = declared or _declared(data[:_DECLARATION_BYTES])
    codec = _page_codec(name) if name else None
    if codec == "cp1252" and (found := _of_another_script(data)):
        return found  # the default of many servers and templates
    return (_read_by(data, codec, _SOUND_PER_BROKEN) if codec else None) or _legacy(data)


def _read_by(data: bytes, codec: str, sound_per_foreign: int) -> Decoded | None:
    """The text by an encoding; the few bytes that it has no meaning for are read as CP1252."""
    try:
        return Decoded(data.decode(codec), codec)
    except UnicodeDecodeError:
        shown = data.decode(codec, "replace")
    foreign = shown.count("\ufffd") - (data.count(b"\xef\xbf\xbd") if codec == "utf-8" else 0)
    sound = len(shown) - len(shown.encode("ascii", "ignore")) - foreign
    if sound < sound_per_foreign * foreign:
        return None
    return Decoded(data.decode(codec, _BY_CP1252), codec, ("mixed_encoding",))


def _declared(head: bytes) -> str | None:
    match = _DECLARATION.search(head)
    return match[1].decode("ascii") if match else None


def _page_codec(name: str) -> str | None:
    """Python's codec for an encoding the web knows; the web reads some names more widely."""
    name = name.strip().lower()
    if not _WEB_ENCODING.fullmatch(name):
        return None
    try:
        return codecs.lookup(_WIDER.get(name, name)).name
    except LookupError:
        return None


def decode_narrow(data: bytes) -> Decoded:
    """The text of bytes known to be one byte per ASCII character; never fails."""
    return _read_by(data, "utf-8", _SOUND_PER_FOREIGN) or _legacy(data)


def looks_binary(data: bytes) -> bool:
    """Whether too many bytes are control characters for a text."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    return controls > max(1, len(data) * _MOST_CONTROLS)


def _marked(data: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        is_text = encoding == "utf-8" and not looks_binary(data)
        return decode_narrow(data) if is_text else None


def _legacy(data: bytes) -> Decoded:
    if found := _of_another_script(data):
        return found
    try:
        return Decoded(data.decode("cp1252"), "cp1252", _LEGACY)
    except UnicodeDecodeError:
        return Decoded(data.decode("latin-1"), "latin-1", _LEGACY)


def _of_another_script(data: bytes) -> Decoded | None:
    """Read by an encoding of Cyrillic, Greek, Chinese … where its letters are mostly such."""
    beyond = len(data) - len(data.translate(None, _BEYOND_ASCII))
    latin = len(data) - len(data.translate(None, _LETTERS))
    if beyond < max(_FEWEST_BEYOND_ASCII, _MOST_BEYOND_ASCII * (beyond + latin)):
        return None
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE]
    whole = _WHOLE_CHARACTERS.match(sample)
    for piece in (whole[0] if whole else sample, sample[:-1]):  # the text may be cut off
        best = from_bytes(piece, cp_isolation=_OTHER_SCRIPTS, enable_fallback=False).best()
        found = _read_by(data, best.encoding, _SOUND_PER_BROKEN) if best else None
        if found:
            return found._replace(flags=(*_LEGACY, *found.flags))
    return None


def _byte_by_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    text = byte.decode("cp1252", "ignore") or byte.decode("latin-1")
    return text, error.start + 1


codecs.register_error(_BY_CP1252, _byte_by_cp1252)


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: its sample reads as text in one byte order."""
    if len(data) % 2:
        return None
    sample = data[:_SAMPLE]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = sample.decode(encoding, "ignore")
        plain = sum(1 for _ in _PLAIN_CHARACTER.finditer(text))
        wide_spaces = text.count(" ") + text.count("\n")
        if text and plain >= 0.9 * len(text) and wide_spaces * 40 >= len(text):
            return encoding
    return None
