"""Files that are no input, and texts that only begin like one."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from pathlib import Path

import pytest
import zstandard
from landing_zone import payload, read_bytes

from pipelines.ingest.foreign import binary_kind

STORY = "The river rose by two metres overnight, the mayor said; the schools stay closed.\n" * 40
MHTML = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://www.example.com/a\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary="x"\r\n\r\n--x\r\n'
    "Content-Type: text/html\r\n\r\n<html><body>" + STORY
)
ARC = "filedesc://x.arc 0.0.0.0 20050101000000 text/plain 76\n1 0 InternetArchive\n" + STORY
TABLE = f',id,title,publication,date,url,content\n0,1,Flood,"Post",2025-03-03,https://a.example/1,"{STORY}"\n'


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("story.txt")
        member.size = 60 * len(STORY)
        archive.addfile(member, io.BytesIO(60 * STORY.encode()))
    return out.getvalue()


@pytest.mark.parametrize("start", ["ORCHARD PARK, N.Y. (AP)", "RIFFLE, Colo.", "BZhE", "Rar! ORC"])
def test_a_word_decides_no_format(start: str, tmp_path: Path) -> None:
    text = f"{start} — {STORY}"
    assert read_bytes(tmp_path / "landing", text.encode()).texts == [text]


@pytest.mark.parametrize(
    ("reason", "what", "data"),
    [
        ("binary_file", "a tar archive", tar()),
        ("binary_file", "a PDF", b"\n%PDF-1.4\n" + STORY.encode()),
        ("binary_file", "a zip archive", b"PK\x05\x06" + bytes(18)),
        ("binary_file", "an ORC file", b"ORC\n\x1c\n\x04\x08\x02P\0" + STORY.encode()),
        ("other_format", "a page saved as MHTML", MHTML.encode()),
        ("other_format", "an ARC file", ARC.encode()),
        ("other_format", "a table of values", TABLE.encode()),
        ("other_format", "a table of values", TABLE.replace(",", ";").encode("utf-16")),
        ("other_format", "a table of values", b"title\ttext\r\nFlood\tIt rose.\r\n"),
    ],
)
def test_what_holds_no_article_is_named(
    reason: str, what: str, data: bytes, tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", data)
    (rejection,) = reading.rejections
    assert (reading.texts, rejection.reason, payload(rejection)) == ([], reason, data)
    assert rejection.detail.startswith(what)


@pytest.mark.parametrize(
    "text",
    [
        "Title, text and headline\nwere all that was left, the author said.\n",
        "Author,\nthe publisher said, is a title, a headline and a text.\n",
        "MIME-Version: 1.0 is a header.\n\nThe author of the text explained it.\n",
        "From: the mayor\nSubject: the flood\n\nThe letter was read aloud.\n",
        "name|title\n",
        "filedesc is what it was called.\n",
    ],
)
def test_prose_is_no_table_and_no_letter(text: str, tmp_path: Path) -> None:
    assert read_bytes(tmp_path / "landing", text.encode()).texts == [text]


@pytest.mark.parametrize(
    ("name", "text", "reasons"),
    [
        ("main.css", "body{margin:0;padding:0}\n" * 9, ["other_format"]),
        ("main.css?ver=5.8", "body{margin:0;padding:0}\n" * 9, ["other_format"]),
        ("app.js.download", "(function(){var a=1;window.a=a;})();\n", ["other_format"]),
        ("story.txt", "(function(){var a=1;window.a=a;})();\n", []),
        ("story.js", STORY, []),
    ],
)
def test_code_is_told_by_name_and_look(
    name: str, text: str, reasons: list[str], tmp_path: Path
) -> None:
    reading = read_bytes(tmp_path / "landing", text.encode(), name)
    assert reading.reasons == reasons
    assert reading.texts == ([] if reasons else [text])


def test_a_list_of_articles_in_an_object_is_named(tmp_path: Path) -> None:
    data = b'{"status": "ok", "articles": [{"text": "one"}, {"text": "two"}]}'
    (rejection,) = read_bytes(tmp_path / "landing", data).rejections
    assert rejection.reason == "no_text"
    assert "'articles' a list of 2 objects" in rejection.detail


def test_an_archive_with_a_window_too_wide_says_so(tmp_path: Path) -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    data = packer.compress(STORY.encode()) + packer.flush()
    (rejection,) = read_bytes(tmp_path / "landing", data).rejections
    assert rejection.reason == "corrupt_zstd"
    assert "--long=27" in rejection.detail


def test_an_archive_of_empty_members_costs_no_more_than_its_size(tmp_path: Path) -> None:
    data = gzip.compress(STORY.encode()) + gzip.compress(b"", mtime=0) * 300_000
    before = time.process_time()
    assert read_bytes(tmp_path / "landing", data).texts == [STORY]
    assert time.process_time() - before < 2  # 0.3; it was 4.5, each member copied the megabyte


def test_pictures_and_recordings_are_told_apart_from_words() -> None:
    assert binary_kind(b"RIFF\0\0\0\0WEBPVP8 ") == "a picture or recording"
    assert binary_kind(b"GIF89a\1\0") == "a picture"
