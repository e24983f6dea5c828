"""What spares cleaning work finds what the plain way finds."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.clean.article import clean_text, load_cleaner
from pipelines.clean.datelines import may_have_dateline
from pipelines.clean.headline import MIN_TITLE, HeadLine, _may_be
from pipelines.clean.headline_words import may_be_headlines
from pipelines.clean.line_model import _softmax
from pipelines.clean.line_wording import ODDS_COLUMNS, ODDS_STEP, Vocabulary, pool_wording
from pipelines.clean.metadata import _beginnings
from pipelines.clean.patterns import options, pattern_set
from pipelines.clean.rulebook import Rulebook, load_rules
from pipelines.clean.sources import dateline_agency
from pipelines.clean.strings import Lines, code_points
from pipelines.settings import Settings

WORDS = st.sampled_from(
    ["flood", "Floods", "river", "RIVER", "Ψηφοφορία", "ΨΗΦΟΣ", "İstanbul", "ISTANBUL", "don't",
     "co2", "word_word", "Straße", "STRASSE", "河水上涨", "😀", "a", "is", "Über", "über", "1999"]
)  # fmt: skip
SENTENCE = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


def lines_of(texts: list[str]) -> Lines:
    codes, bounds = code_points(texts)
    return Lines.of(codes, bounds[:-1], bounds[1:])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(SENTENCE | ANY, SENTENCE | ANY), min_size=1, max_size=4))
def test_no_headline_is_passed_over(pairs: list[tuple[str, str]]):
    codes, bounds = code_points([text for pair in pairs for text in pair])
    spans = np.array([bounds[[2 * i, 2 * i + 1, 2 * i + 1, 2 * i + 2]] for i in range(len(pairs))])
    possible = may_be_headlines(codes, spans)
    for (line, prose), is_possible in zip(pairs, possible.tolist(), strict=True):
        assert is_possible or not _may_be(HeadLine(0, line, True, MIN_TITLE, 0), prose)


PATTERNS = [
    "read more", "read", r"(?i:more) .*", ".*more", "^read$",
    r"\Aread\z", r"re(?-m:ad$)", r"[^x]+d",
    "read.{0,20}", r"\bmore\b", "", "(?s:.*)x", "(a|b)*",
]  # fmt: skip
TEXTS = ["read", "more", "read more", "", "x", "ab", "read more and more", "naïve read", "abba"]


@pytest.mark.parametrize("make", [re2.Set.FullMatchSet, re2.Set.MatchSet])
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.sampled_from(TEXTS), max_size=40))
def test_lines_that_are_tried_together_match_as_each_by_itself(make: object, texts: list[str]):
    numbered = list(enumerate(PATTERNS))
    together = set(pattern_set(numbered, make, together=True).hits(lines_of(texts)))
    assert together == set(pattern_set(numbered, make).hits(lines_of(texts)))
    single = [re2.compile(pattern, options()) for pattern in PATTERNS]
    name = "fullmatch" if make == re2.Set.FullMatchSet else "match"
    assert together == {
        (place, i)
        for place, text in enumerate(texts)
        for i, pattern in enumerate(single)
        if getattr(pattern, name)(text)
    }


def test_examples_of_the_rules_match_as_each_by_itself():
    rules = load_rules()
    texts = [text.lower() for rule in rules for text in (*rule.removes, *rule.keeps)][::7]
    book = Rulebook(rules)
    found = set(book.whole.hits(lines_of(texts)))
    alone = {
        (place, rule)
        for i, rule in enumerate(book.whole.rules)
        for place, text in enumerate(texts)
        if single(book.whole.patterns[i]).fullmatch(text)
    }
    assert found == alone
    assert found


@cache
def single(pattern: str) -> re2._Regexp:
    return re2.compile(pattern, options())


TOKENS = st.integers(1, 2**32 - 1) | st.integers(1, 9000)


@settings(deadline=None, max_examples=60)
@given(known=st.lists(TOKENS, min_size=1, max_size=40, unique=True), other=st.lists(TOKENS))
def test_known_tokens_are_found_and_no_others(known: list[int], other: list[int]):
    tokens = np.array([known + other], dtype=np.uint32)
    odds = np.arange(1, len(known) + 1, dtype=np.int8)
    out = np.zeros((1, ODDS_COLUMNS + 2), dtype=np.float32)
    weights = odds, np.zeros((1, 1), dtype=np.int8), np.ones(1, dtype=np.float32)
    count = np.array([tokens.shape[1]], dtype=np.int32)
    pool_wording(tokens, count, Vocabulary.of(np.array(known, dtype=np.uint32)), weights, out)
    said = dict(zip(known, odds.tolist(), strict=True))
    told = [said[token] for token in known + other if token in said]
    assert out[0, 0] == pytest.approx(0.5 / ODDS_STEP * sum(told) / len(told))


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_shares_are_those_of_numpy_to_the_bit(width: int, seed: int):
    logits = np.random.default_rng(seed).normal(0, 9, (7, width)).astype(np.float32)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.array_equal(_softmax(logits), powers / powers.sum(axis=1, keepdims=True))


def test_lines_know_their_bounds():
    lines = lines_of(["a", "", "ö€😀"])
    assert [bytes(lines.text(i, i + 1)).decode() for i in range(len(lines))] == ["a", "", "ö€😀"]
    assert bytes(lines.text(0, 3)).decode() == "a\n\nö€😀"
    assert [b - a for a, b in pairwise(lines.bounds)] == [2, 1, 10]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["(Reuters)", "[dpa]", "LONDON", "Madrid", "AFP", "- ", " ", "\n", "\n\n", "ÄÖÜ"]
            )
        ).map("".join),
        max_size=4,
    )
)
def test_no_dateline_is_passed_over(texts: list[str]):
    codes, bounds = code_points(texts)
    for text, is_possible in zip(texts, may_have_dateline(codes, bounds).tolist(), strict=True):
        assert is_possible or not any(map(dateline_agency, _beginnings(text)))


def test_a_language_that_is_told_is_not_guessed():
    cleaner = load_cleaner(Settings())
    text = "Der Fluss stieg über Nacht, und die Stadt war nicht zu erreichen, hieß es."
    told = clean_text(text, cleaner, given_language="nl").article["in_language"]
    assert (told, clean_text(text, cleaner).article["in_language"]) == ("nl", "de")
