"""Builds the binary and compressed samples from `tests/samples_source/`, always to the same bytes.

    python tests/make_samples.py            # says which files would change
    python tests/make_samples.py --write    # writes them into data/samples/

Nothing here is random or dated: gzip headers carry no time, WARC records fixed ids, a zip entry the
first day a zip can name. What the compressors emit still depends on their version; `BUILT_WITH`
names the versions that wrote the committed bytes.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

ROOT: Final = Path(__file__).resolve().parent.parent
SAMPLES: Final = ROOT / "data" / "samples"
SOURCE: Final = ROOT / "tests" / "samples_source"

BUILT_WITH: Final = {"zlib": "1.2.13", "zstandard": "0.25.0", "pyarrow": "26.0.1"}
"""Versions of the encoders that wrote the committed bytes."""

_COURIER: Final = "capital-courier.example/dump.jsonl"
_HERALD: Final = "2026-03-03/granite-herald.example"
_ODD: Final = "2026-03-03/odd-bytes.example"
_FAULTS: Final = "2026-03-04/faults.example"
_EXPORT: Final = "2026-03-04/isles-dispatch.example/export"
_WARC_DATE: Final = "2026-03-03T20:00:00Z"
_BOMB_BYTES: Final = 40_000_000
_NOISE: Final = 2_600
_LARGE: Final = 16_200_000
_COLUMNS: Final = 1_001
_NESTING: Final = 3_000
_LINKS: Final = 2_000


def encoder_versions() -> dict[str, str]:
    """The versions at hand, to compare with `BUILT_WITH`."""
    return {
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "zstandard": version("zstandard"),
        "pyarrow": version("pyarrow"),
    }


def source(path: str) -> bytes:
    """A readable source, below `tests/samples_source/`."""
    return (SOURCE / path).read_bytes()


def gzipped(data: bytes) -> bytes:
    """One gzip member without a time."""
    return gzip.compress(data, 9, mtime=0)


def zstd(data: bytes) -> bytes:
    """One zstd frame with its check sum."""
    return zstandard.ZstdCompressor(level=9, write_checksum=True).compress(data)


def flipped(data: bytes, place: float) -> bytes:
    """`data` with one bit turned at a share (0–1) of its length."""
    at = int(len(data) * place)
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def cut(data: bytes, share: float) -> bytes:
    """The first `share` (0–1) of `data`."""
    return data[: int(len(data) * share)]


def two_members(data: bytes) -> bytes:
    """Two gzip members in one file, as appending writers leave it; split after the first line."""
    first, rest = data.split(b"\n", 1)
    return gzipped(first + b"\n") + gzipped(rest)


def parquet(lines: bytes) -> bytes:
    """JSON Lines as a Parquet file of two rows a group; `published` becomes a timestamp."""
    table = pa.Table.from_pylist([orjson.loads(line) for line in lines.splitlines()])
    place = table.schema.get_field_index("published")
    moments = pa.array([_moment(text) for text in table["published"].to_pylist()])
    table = table.set_column(place, "published", moments.cast(pa.timestamp("us", tz="UTC")))
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=2, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def warc_record(number: int, kind: str, target: str | None, block: bytes, media: str) -> bytes:
    """One WARC/1.0 record; its id is its number, its block digest is right."""
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    fields = [
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012d}>",
        f"WARC-Date: {_WARC_DATE}",
        *([f"WARC-Target-URI: {target}"] if target else []),
        f"WARC-Block-Digest: sha1:{digest}",
        f"Content-Type: {media}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(["WARC/1.0", *fields, "", ""]).encode() + block + b"\r\n\r\n"


def http(status: str, media: str, body: bytes) -> bytes:
    """An HTTP response as a crawler stores it."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _response(number: int, slug: str, response: bytes) -> bytes:
    target = f"https://www.granite-herald.example/{slug}"
    return warc_record(number, "response", target, response, "application/http; msgtype=response")


def _page(number: int, slug: str, name: str) -> bytes:
    body = source(f"{_HERALD}/{name}.html")
    return _response(number, slug, http("200 OK", "text/html; charset=utf-8", body))


def crawl_records() -> list[bytes]:
    """A crawl: three pages among records that hold no article (request, image, 404)."""
    info = b"software: a crawler of no consequence\r\nformat: WARC File Format 1.0\r\n"
    request = b"GET /2026/03/02/ferry HTTP/1.1\r\nHost: www.granite-herald.example\r\n\r\n"
    target = "https://www.granite-herald.example/2026/03/02/ferry"
    return [
        warc_record(1, "warcinfo", None, info, "application/warc-fields"),
        warc_record(2, "request", target, request, "application/http; msgtype=request"),
        _page(3, "2026/03/02/ferry", "ferry"),
        _response(4, "img/quarry.png", http("200 OK", "image/png", picture())),
        _page(5, "2026/03/03/choir", "choir"),
        _response(6, "gone", http("404 Not Found", "text/html", b"<p>There is no such page.</p>")),
        _page(7, "a", "walks"),
    ]


def damaged_warc() -> bytes:
    """One sound page, one whose bytes were changed after its digest was taken."""
    sound, damaged = _page(1, "fault/choir", "choir"), _page(2, "fault/walks", "walks")
    return sound + damaged.replace(b"Mud: deep.", b"Mud: none.")


def picture() -> bytes:
    """A PNG of 16 × 16 grey pixels, its pixels stored and not compressed."""
    rows = (b"\0" + bytes(range(0, 256, 16))) * 16
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)), (b"IDAT", stored)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*item) for item in [*chunks, (b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def slip_archive() -> bytes:
    """A zip whose one entry wants to be written outside the folder it is unpacked in."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo("../../outside.txt", (1980, 1, 1, 0, 0, 0))
        archive.writestr(entry, "Unpacking this would write outside the landing zone.\n")
    return sink.getvalue()


def oversized() -> bytes:
    """A text beyond `max_document_bytes` that packs too badly to pass for a bomb."""
    digests = (hashlib.sha256(str(number).encode()).digest() for number in range(_NOISE))
    noise = b"\n".join(base64.b64encode(digest) for digest in digests).replace(b"\n", b" ")
    return noise + b" and so on" * (_LARGE // 10)


def wide_parquet() -> bytes:
    """A table of more columns than any article has fields."""
    out = io.BytesIO()
    columns = {f"column_{number}": ["x"] for number in range(_COLUMNS)}
    pq.write_table(pa.table(columns), out, compression="none", write_statistics=False)
    return out.getvalue()


def deep_page() -> bytes:
    """A page nested `_NESTING` levels deep, a paragraph of the article at every 500th level."""
    story = [f"Level {level}: the cellar has another cellar." for level in range(0, _NESTING, 500)]
    opened = [
        f'<div id="d{level}">' + (f"<p>{story[level // 500]}</p>" if level % 500 == 0 else "")
        for level in range(_NESTING)
    ]
    head = "<!DOCTYPE html><html lang=en><head><title>The house with many cellars</title></head>"
    body = "<body><article>" + "\n".join(opened) + "</div>" * _NESTING + "</article></body></html>"
    return (head + body).encode()


def linked_page() -> bytes:
    """A page of `_LINKS` links around three paragraphs."""
    links = "".join(
        f'<li><a href="/tag/{number}">tag {number}</a></li>' for number in range(_LINKS)
    )
    story = [
        "The register of tags that the library of Kelmar keeps has reached two thousand entries.",
        "The most recent is “tags, register of”. It was entered on Wednesday, reluctantly.",
        "A second register is being considered, for tags that nobody has looked up.",
    ]
    body = "".join(f"<p>{text}</p>" for text in story)
    head = "<html lang=en><head><meta charset=utf-8><title>Two thousand tags</title></head>"
    page = f"<body><ul>{links}</ul><article>{body}</article><ul>{links}</ul></body></html>"
    return f"<!DOCTYPE html>{head}{page}".encode()


def _odd_bytes() -> dict[str, bytes]:
    def text(name: str) -> str:
        return source(f"{_ODD}/{name}").decode("utf-8")

    return {
        f"{_ODD}/utf16.txt": b"\xff\xfe" + text("utf16.txt").encode("utf-16-le"),
        f"{_ODD}/utf16be.txt": text("utf16be.txt").encode("utf-16-be"),
        f"{_ODD}/cp1252.txt": text("cp1252.txt").encode("cp1252"),
        f"{_ODD}/bom.txt": text("bom.txt").encode("utf-8-sig"),
        f"{_ODD}/nul.txt": text("nul.txt").replace("\\0", "\0").encode("utf-8"),
        f"{_ODD}/windows-1251.html": text("windows-1251.html").encode("cp1251"),
    }


def _faults() -> dict[str, bytes]:
    lines = source(f"{_FAULTS}/broken-archive.jsonl")
    rows = parquet(source(f"{_FAULTS}/rows.jsonl"))
    built = {
        "truncated.jsonl.gz": cut(gzipped(lines), 0.8),
        "corrupt.jsonl.gz": gzipped(lines)[:-8] + flipped(gzipped(lines)[-8:], 0.1),
        "truncated.jsonl.zst": cut(zstd(lines), 0.8),
        "corrupt.jsonl.zst": zstd(lines)[:-4] + flipped(zstd(lines)[-4:], 0.5),
        "nested.jsonl.gz": gzipped(gzipped(lines)),
        "bomb.txt.gz": gzipped(b"bomb " * (_BOMB_BYTES // 5)),
        "long-line.jsonl.gz": gzipped(b'{"text": "' + oversized() + b'"}\n'),
        "large.txt.gz": gzipped(oversized()),
        "wide.parquet.gz": gzipped(wide_parquet()),
        "fatal.parquet": source(f"{_FAULTS}/fatal.parquet"),
        "cut.parquet": cut(rows, 0.7),
        "rotten.parquet": flipped(rows, 0.1),
        "damaged.warc": damaged_warc(),
        "cut.warc": _page(1, "fault/ferry", "ferry") + cut(_page(2, "fault/cut", "walks"), 0.6),
        "picture.txt": picture(),
        "archive.zip": slip_archive(),
        "bad-utf8.jsonl": b'{"url": "https://faults.example/utf8", "text": "Byte \xff\xfe\xc0."}\n',
        "deep.html.gz": gzipped(deep_page()),
        "links.html.gz": gzipped(linked_page()),
    }
    return {f"{_FAULTS}/{name}": data for name, data in built.items()}


def build() -> dict[str, bytes]:
    """Every built sample: path below `data/samples/` → its bytes."""
    makers: dict[str, Callable[[], bytes]] = {
        f"2026-03-03/{_COURIER}.zst": lambda: zstd(source(f"2026-03-03/{_COURIER}")),
        f"2026-03-04/{_COURIER}.gz": lambda: two_members(source(f"2026-03-04/{_COURIER}")),
        f"{_EXPORT}.parquet": lambda: parquet(source(f"{_EXPORT}.jsonl")),
        f"{_HERALD}/crawl.warc.gz": lambda: b"".join(map(gzipped, crawl_records())),
    }
    return {path: make() for path, make in makers.items()} | _odd_bytes() | _faults()


def main() -> int:
    """Compare with, or write, the committed samples; 1 where they differ and were not written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write what differs")
    write = parser.parse_args().write
    changed = 0
    for path, data in sorted(build().items()):
        target = SAMPLES / path
        if target.is_file() and target.read_bytes() == data:
            continue
        changed += 1
        sys.stdout.write(f"{'written' if write else 'differs'}: {path} ({len(data)} bytes)\n")
        if write:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return 0 if write else min(changed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
