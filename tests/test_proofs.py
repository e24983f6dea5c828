"""Golden files: one marked-up article each, from which raw text, clean text and reasons come."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.clean.article import Cleaner, clean_text, load_cleaner
from pipelines.clean.explain import escape, parse, reasons, render, unescape
from pipelines.settings import Settings

FOLDER = Path(__file__).parent / "proofs"
PROOFS = sorted(FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return load_cleaner(Settings(), owner_file=FOLDER / "none.toml")


def test_there_are_enough_proofs_in_enough_languages():
    assert len(PROOFS) >= 40
    assert len({file.name[:2] for file in PROOFS}) >= 10


@pytest.mark.parametrize("file", PROOFS, ids=lambda file: file.stem)
def test_proof(file: Path, cleaner: Cleaner):
    text = file.read_text("utf-8")
    proof = parse(text)
    cleaned = clean_text(proof.raw_text, cleaner, **proof.given)
    assert render(cleaned, proof.given) == text, "run `make proofs` and read the diff"
    assert cleaned.article_body == proof.body
    assert [(line.rule_id, line.line_text) for line in cleaned.removed_lines] == [
        (rule_id, line.strip()) for rule_id, line in proof.removed
    ]


@pytest.mark.parametrize("file", PROOFS, ids=lambda file: file.stem)
def test_a_clean_body_is_left_alone(file: Path, cleaner: Cleaner):
    proof = parse(file.read_text("utf-8"))
    again = clean_text(proof.body, cleaner, **proof.given)
    assert again.article_body == proof.body
    assert again.removed_lines == ()


def test_every_removed_line_has_a_reason_in_words(cleaner: Cleaner):
    proof = parse((FOLDER / "en-blog-head-and-tail.txt").read_text("utf-8"))
    cleaned = clean_text(proof.raw_text, cleaner)
    told = list(reasons(cleaned, cleaner))
    assert len(told) == len(cleaned.removed_lines)
    assert told[0].startswith("line 1: repeated headline – the headline, moved to its column")
    assert "reading time" in told[3]


def test_a_rule_that_has_left_the_book_is_told_of(cleaner: Cleaner):
    proof = parse((FOLDER / "en-share-buttons.txt").read_text("utf-8"))
    cleaned = clean_text(proof.raw_text, cleaner)
    lines = tuple(line._replace(rule_id="en.gone") for line in cleaned.removed_lines)
    told = list(reasons(replace(cleaned, removed_lines=lines), cleaner))
    assert len(told) == len(lines)
    assert all("no longer in the rule book (en.gone, " in reason for reason in told)


def test_the_line_model_says_what_it_saw(cleaner: Cleaner):
    proof = parse((FOLDER / "en-share-buttons.txt").read_text("utf-8"))
    cleaned = clean_text(proof.raw_text, cleaner)
    told = [reason for reason in reasons(cleaned, cleaner) if "model.line" in reason]
    assert told
    assert all("those of boilerplate, " in reason for reason in told)


@pytest.mark.parametrize(
    "text", ["a\\b", "\\u0041", "tab\there", "end ", "\u00a0\u200b\ufeff", "\\\\u", "plain", "\r"]
)
def test_escapes_come_back(text: str):
    assert unescape(escape(text)) == text
    assert "\r" not in escape(text)


def test_a_line_without_a_mark_is_refused():
    with pytest.raises(ValueError, match="line 2 of the proof"):
        parse("  kept\nno mark\n")
