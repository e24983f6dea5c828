"""Encodings and formats: what delivered bytes are taken to be."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from landing_zone import payload, read_bytes

from pipelines.ingest.encoding import decode, decode_page
from pipelines.ingest.sniff import sniff

NEWS = "Der Fluß stieg über Nacht um zwei Meter – „schlimm“, sagte Herr Åkesson.\r\n\r\nEnde.\n"
FLOOD = "Мэр сказал, что вода в реке поднялась за ночь на два метра. Школы закрыты.\n"
OTHER = {
    "cp1251": FLOOD,
    "koi8_r": FLOOD,
    "cp1253": "Ο δήμαρχος είπε ότι το ποτάμι ανέβηκε δύο μέτρα τη νύχτα, πρώτη φορά φέτος.\n",
    "gb18030": "市长昨天表示，河水在一夜之间上涨了两米，城里的学校将关闭到下周一。\n",
    "big5": "市長昨天表示，河水在一夜之間上漲了兩米，城裡的學校將關閉到下週一。\n",
    "cp932": "市長は昨日、川の水位が一晩で二メートル上昇したと述べた。学校は休校となる。\n",
    "euc_jp": "市長は昨日、川の水位が一晩で二メートル上昇したと述べた。学校は休校となる。\n",
    "cp949": "시장은 어제 밤사이 강물이 이 미터 올랐다고 말했다. 학교는 문을 닫는다.\n",
}
"""Texts in encodings of other scripts, which the bytes do not name."""
JAPANESE, CHINESE = OTHER["cp932"], OTHER["gb18030"]
LONG = ["x" + OTHER["big5"] * 999, OTHER["big5"].strip() * 999]
"""Longer than what is looked at, which must not end within a character."""
RUSSIAN = "Мэр сказал, что вода в реке поднялась на два метра за ночь.\nКонец.\n"


@pytest.mark.parametrize("text", [NEWS, RUSSIAN], ids=["german", "russian"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_with_and_without_a_mark(
    mark: bytes, encoding: str, text: str, tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", mark + text.encode(encoding))
    assert reading.texts == [text]
    assert reading.documents[0]["text_flags"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("has_mark", [True, False])
def test_lines_of_any_unicode(encoding: str, has_mark: bool, tmp_path: Path) -> None:
    if encoding == "utf-32-le" and not has_mark:
        pytest.skip("UTF-32 without a mark is not looked for")
    lines = ['{"text": "Ċ one ਊ"}', "", '{"text": "cut', '{"text": "two\\n"}\r', "[]"]
    data = ("\ufeff" * has_mark + "\n".join(lines)).encode(encoding)
    reading = read_bytes(tmp_path / "landing", data)
    assert reading.texts == ["Ċ one ਊ", "two\n"]
    assert [d["source_locator"] for d in reading.documents] == ["line 1", "line 4"]
    assert [payload(r).decode(encoding) for r in reading.rejections] == ['{"text": "cut', "[]"]
    start = data.index('{"text": "cut'.encode(encoding))
    assert f"at byte {start}:" in reading.rejections[0].detail


@pytest.mark.parametrize(
    ("text", "texts", "reasons"),
    [
        ('[{"text": "one"}, {"text": "two"}]', ["one", "two"], []),
        ('[\n  {"text": "one"},\n  {"text": "two"}\n]\n', ["one", "two"], []),
        ('{\n  "title": "t",\n  "text": "one"\n}\n', ["one"], []),
        ('[{"text": "one"}, 5]', ["one"], ["not_an_object"]),
        ('[{"text": "one"}, {"text": "cut', [], ["invalid_json"]),
        ('[{"text": "one", "text": "two"}]', [], ["duplicate_key"]),
        ('{"text": "one"}\n\ufeff{"text": "two"}\n', ["one", "two"], []),
        ("[]", [], []),
        ("[A note] in brackets.\n", ["[A note] in brackets.\n"], []),
        ("{A note} in braces.\n", ["{A note} in braces.\n"], []),
        ('{"text": "one"}\nbroken\nbroken\n', ["one"], ["invalid_json"] * 2),
    ],
)
def test_json_that_is_no_json_lines(
    text: str, texts: list[str], reasons: list[str], tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", text.encode())
    assert (reading.texts, reading.reasons) == (texts, reasons)


@pytest.mark.parametrize(
    ("data", "text", "flag"),
    [
        ("naïve café\n".encode("latin-1"), "naïve café\n", "legacy_encoding"),
        ("“curly” – dash\n".encode("cp1252"), "“curly” – dash\n", "legacy_encoding"),
        (b"caf\xe9 \x81\n", "café \x81\n", "legacy_encoding,control"),
        ("é".encode() * 9 + b" caf\xe9\n", "é" * 9 + " café\n", "mixed_encoding"),
        (("é" * 9).encode()[:-1], "é" * 8 + "Ã", "mixed_encoding"),
        (b"NUL\0 kept in a longer text\n", "NUL\0 kept in a longer text\n", "nul"),
        *((OTHER[codec].encode(codec), OTHER[codec], "legacy_encoding") for codec in OTHER),
        *((text.encode("big5"), text, "legacy_encoding") for text in LONG),
        (b"\xc9t\xe9 \xe0 \xc9vian\n", "Été à Évian\n", "legacy_encoding"),
        (JAPANESE.encode("iso2022_jp"), JAPANESE, "legacy_encoding"),
        (
            (OTHER["gb18030"].strip() * 2).encode("gb18030")[:-1],
            (OTHER["gb18030"].strip() * 2)[:-1] + "¡",
            "legacy_encoding,mixed_encoding",
        ),
    ],
)
def test_other_bytes_are_read_and_flagged(
    data: bytes, text: str, flag: str, tmp_path: Path
) -> None:
    (row,) = read_bytes(tmp_path / "landing", data).documents
    assert (row["raw_text"], row["text_flags"]) == (text, flag)


@pytest.mark.parametrize(
    ("head", "data", "declared", "text"),
    [
        ('<meta charset="windows-1251">', RUSSIAN.encode("cp1251"), None, RUSSIAN),
        ("", RUSSIAN.encode("koi8-r"), "KOI8-R", RUSSIAN),
        ("<meta charset=gb2312>", "新闻".encode("gb18030"), None, "新闻"),
        ("<meta charset=iso-8859-1>", "“x”".encode("cp1252"), None, "“x”"),
        ("<meta charset=windows-1251>", RUSSIAN.encode(), None, RUSSIAN),
        ("<meta charset=unicode_escape>", b"\\x41 \xe9", None, "\\x41 é"),
        ("<meta charset=shift_jis>", b"\xff\xfe\xfd", None, None),
        ("<meta charset=iso-2022-jp>", JAPANESE.encode("iso2022_jp"), None, JAPANESE),
        ("<meta charset=ks_c_5601-1987>", "수요일".encode("cp949"), None, "수요일"),
        ("<meta charset=x-sjis>", "洪水".encode("cp932"), None, "洪水"),
        # One byte that is wrong, of many, does not make the encoding another.
        ("<meta charset=gbk>", b"\xff" + CHINESE.encode("gbk"), None, "ÿ" + CHINESE),
        ("<meta charset=iso-8859-1>", b"\xe9" + RUSSIAN.encode(), None, "é" + RUSSIAN),
        ("", b"\xe9" + RUSSIAN.encode(), "ISO-8859-1", "é" + RUSSIAN),
        # What servers and templates declare by default.
        ("<meta charset=windows-1252>", FLOOD.encode("cp1251"), None, FLOOD),
        ("", FLOOD.encode("cp1251"), "ISO-8859-1", FLOOD),
    ],
)
def test_a_page_says_how_it_is_written(
    head: str, data: bytes, declared: str | None, text: str | None
) -> None:
    decoded = decode_page(head.encode() + data, declared)
    assert decoded is not None
    assert decoded.text.endswith(text or "")


@pytest.mark.parametrize("text", ["新闻新闻新闻", RUSSIAN])
def test_cut_utf_16_is_no_text(text: str) -> None:
    assert decode(text.encode("utf-16")[:-1]) is None


def test_a_mark_of_utf_16_before_a_nul_is_not_one_of_utf_32() -> None:
    assert decode("\0news".encode("utf-16")) == ("\0news", "utf-16-le", ())


def test_binary_is_no_text() -> None:
    assert decode(bytes(range(256)) * 3) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A plain line.", "txt"),
        ("<3 this is no markup", "txt"),
        ("a < b > c", "txt"),
        ('{"a": 1}', "jsonl"),
        ('garbage\n{"a": 1}\n{"b": 2}\n', "jsonl"),
        ("{curly} words\nand more words\n", "txt"),
        ("<!DOCTYPE html><p>x", "html"),
        ("<!-- saved --><HTML><body>", "html"),
        ('<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "html"),
        ("Warning: x\n<!doctype html><html>", "html"),
        ("<div>a fragment</div>", "html"),
        ('<?xml version="1.0"?><!-- <html> --><rss>', "feed"),
        ("<feed xmlns='x'><title>&lt;html&gt;</title>", "feed"),
        ("<rdf:RDF xmlns:rdf='x'>", "feed"),
        ("<?xml version='1.0'?><sitemap>", "xml"),
        ("<sitemap><loc>x</loc></sitemap>", "xml"),
        ("<bob> said: hello", "txt"),
        ('[{"a": 1}]', "json"),
        ("WARC/1.0\r\n", "warc"),
        ("PAR1", "parquet"),
    ],
)
def test_sniffed_by_content(text: str, kind: str) -> None:
    assert sniff(text.encode()) == kind
    assert (
        kind in ("warc", "parquet") or sniff(codecs.BOM_UTF16_LE + text.encode("utf-16-le")) == kind
    )
