"""The samples keep what docs/samples.md says of them; no code of the pipeline is asked."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from functools import cache
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
import zstandard
from make_samples import BUILT_WITH, build, encoder_versions, source
from sample_expectations import SAMPLES, load, named, reference, removed_texts

from pipelines.contract import KINDS
from pipelines.ingest.reasons import REASONS

EXPECTED = load()
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.name[0] != ".")
WITH_LINES = [row for row in EXPECTED["document"] if "removed" in row]

NOT_IN_GIT = {
    "not_a_regular_file": "a link or pipe; tests make them",
    "unreadable": "a matter of permissions and disks",
    "file_too_large": "larger than git should hold",
    "html_timeout": "depends on the machine; the fault harness makes the pages",
    "html_memory": "depends on the machine; the fault harness makes the pages",
}
"""Reasons of refusal without a sample, and why."""


@cache
def text_of(name: str) -> str:
    """The raw text of a text file, or of a line of JSON Lines; sources stand in for archives."""
    path, place = reference(name)
    if not place:
        return (SAMPLES / path).read_text("utf-8")
    file = SAMPLES / path
    plain = path.removesuffix(".zst").removesuffix(".gz").removesuffix(".parquet")
    lines = (
        file.read_bytes()
        if file.suffix == ".jsonl"
        else source(plain if plain.endswith(".jsonl") else f"{plain}.jsonl")
    ).splitlines()
    row = orjson.loads(lines[int(place.split()[1]) - 1])
    return str(row.get("text") or row["body"])


def body_of(name: str) -> list[str]:
    """The lines that are the article, by the expectations."""
    row = next(row for row in EXPECTED["document"] if row["path"] == name)
    gone = Counter(removed_texts(row))
    return [line for line in text_of(name).split("\n") if line.strip() and line not in gone]


def shingles(name: str) -> set[tuple[str, ...]]:
    """Five-word shingles of the whole text."""
    words = re.findall(r"\w+", text_of(name).casefold())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_the_set_is_as_large_as_promised() -> None:
    nights = {path.relative_to(SAMPLES).parts[0] for path in FILES}
    sites = {path.relative_to(SAMPLES).parts[1] for path in FILES}
    texts = [path for path in FILES if path.suffix == ".txt"]
    languages = {row["in_language"] for row in EXPECTED["document"] if "in_language" in row}
    assert nights == {"2026-03-02", "2026-03-03", "2026-03-04"}
    assert len(sites) >= 20
    assert len(texts) >= 100
    assert languages == {"en", "de", "fr", "es", "it", "nl", "pt", "pl", "ru"}


def test_every_input_format_is_there() -> None:
    names = [path.name for path in FILES]
    for ending in (".txt", ".html", ".jsonl", ".parquet", ".xml", ".warc", ".gz", ".zst"):
        assert any(name.endswith(ending) for name in names), ending


def test_the_set_stays_small_and_holds_no_links() -> None:
    sizes = {path: path.lstat().st_size for path in FILES}
    assert not [path for path in FILES if path.is_symlink()]
    assert max(sizes.values()) <= 200_000
    assert sum(sizes.values()) <= 1_500_000


def test_every_address_is_fictional() -> None:
    text = "\n".join(path.read_bytes().decode("latin-1") for path in FILES)
    hosts = set(re.findall(r"https?://([\w.-]+)", text))
    vocabularies = {"purl.org", "www.w3.org"}
    loopback = {"127.0.0.1", "169.254.169.254"}
    assert not {h for h in hosts - vocabularies - loopback if not h.endswith(".example")}


@pytest.mark.parametrize("name", sorted(set(named(EXPECTED))))
def test_expectations_name_documents_that_exist(name: str) -> None:
    where = reference(name)
    assert where.file.is_file()
    if where.line is not None and where.file.suffix == ".jsonl":
        assert where.line <= len(where.file.read_bytes().splitlines())


@pytest.mark.parametrize("row", WITH_LINES, ids=lambda row: row["path"])
def test_expected_lines_stand_in_the_text(row: dict[str, Any]) -> None:
    lines = [line.strip() for line in text_of(row["path"]).split("\n")]
    assert not Counter(removed_texts(row)) - Counter(lines)
    assert not set(row["kept"]) - set(lines)
    assert not set(row["kept"]) & set(removed_texts(row))
    assert {kind for kind, _ in row["removed"]} <= set(KINDS)


def test_every_kind_of_boilerplate_occurs() -> None:
    seen = {kind for row in WITH_LINES for kind, _ in row["removed"]}
    assert seen == set(KINDS)


def test_every_reason_of_refusal_has_a_sample_or_a_reason_why_not() -> None:
    shown = {reason for reasons in EXPECTED["refused"].values() for reason in reasons}
    assert shown <= set(REASONS)
    assert set(REASONS) - shown <= set(NOT_IN_GIT)


@pytest.mark.parametrize(
    "documents", [p["documents"] for p in EXPECTED["pair"] if p["relation"] == ["exact"]], ids=str
)
def test_exact_copies_are_equal_once_the_boilerplate_is_gone(documents: list[str]) -> None:
    first, second = (body_of(name) for name in documents)
    assert first == second


@pytest.mark.parametrize(
    "documents",
    [p["documents"] for p in EXPECTED["pair"] if p["relation"] == ["wholly_derived"]],
    ids=str,
)
def test_rewrites_share_few_phrases_with_their_source(documents: list[str]) -> None:
    original, rewrite = (shingles(name) for name in documents)
    assert len(original & rewrite) / len(rewrite) < 0.25


def test_police_briefs_differ_only_in_facts() -> None:
    briefs = sorted(SAMPLES.glob("*/brackwater-gazette.example/blotter-*.txt"))
    frames = set()
    for brief in briefs:
        text = re.sub(r"\d+(:\d+)?", "#", brief.read_text("utf-8").split("\n")[1])
        text = re.sub(r"block of [\w ]+? on suspicion", "block of # on suspicion", text)
        text = re.sub(r"\b(wo)?man|S?[Hh]e\b|(Sun|Mon|Tues|Wednes)day", "#", text)
        frames.add(text)
    assert len(briefs) == 6
    assert len(frames) == 1


def test_what_is_delivered_again_is_the_same_to_the_byte() -> None:
    first = (SAMPLES / "2026-03-02/isles-dispatch.example/articles.jsonl").read_bytes()
    again = (SAMPLES / "2026-03-03/isles-dispatch.example/articles.jsonl").read_bytes()
    assert again.splitlines()[0] in first.splitlines()
    entries = [
        re.findall(r"<item>.*?</item>", (SAMPLES / path).read_text("utf-8"), re.S)
        for path in (f"2026-03-0{n}/radio-kelmar.example/feed.xml" for n in (2, 3))
    ]
    assert set(entries[1][1:]) <= set(entries[0])


def test_one_site_changes_its_template_on_the_third_night() -> None:
    def footer(night: int) -> set[str]:
        files = SAMPLES.glob(f"2026-03-0{night}/kelmar-times.example/*.txt")
        return {path.read_text("utf-8").rstrip().split("\n")[-1] for path in files}

    assert footer(2) == footer(3)
    assert len(footer(4)) == 1
    assert not footer(3) & footer(4)


@pytest.mark.parametrize("path", sorted(build()))
def test_built_samples_are_what_their_builder_makes(path: str) -> None:
    if encoder_versions() != BUILT_WITH:
        pytest.skip(f"committed bytes were made with {BUILT_WITH}, here is {encoder_versions()}")
    assert (SAMPLES / path).read_bytes() == build()[path]


def test_archives_hold_their_readable_source() -> None:
    packed = SAMPLES / "2026-03-04/capital-courier.example/dump.jsonl.gz"
    assert gzip.decompress(packed.read_bytes()) == source(
        "2026-03-04/capital-courier.example/dump.jsonl"
    )
    packed = SAMPLES / "2026-03-03/capital-courier.example/dump.jsonl.zst"
    assert zstandard.ZstdDecompressor().decompress(packed.read_bytes()) == source(
        "2026-03-03/capital-courier.example/dump.jsonl"
    )
    export = "2026-03-04/isles-dispatch.example/export"
    rows = pq.read_table(SAMPLES / f"{export}.parquet", page_checksum_verification=True)
    given = [orjson.loads(line) for line in source(f"{export}.jsonl").splitlines()]
    assert rows.num_rows == 3
    assert rows["text"].to_pylist() == [row["text"] for row in given]
