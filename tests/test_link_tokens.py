"""What the tokeniser makes of real spellings: names, numbers, sentences, quotations, scripts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.link.tokens import NAME, NUMBER, QUOTED, tokenise


def words(text: str) -> list[str]:
    batch = tokenise(pa.array([text]))
    return [text[a:b] for a, b in zip(batch.start, batch.end, strict=True)]


def hashes(text: str) -> list[int]:
    return tokenise(pa.array([text])).token.tolist()


def flagged(text: str, flag: int) -> list[str]:
    batch = tokenise(pa.array([text]))
    return [
        word for word, flags in zip(words(text), batch.flags, strict=True) if int(flags) & int(flag)
    ]


def sentences(text: str) -> int:
    return len(tokenise(pa.array([text])).sentence_start) - 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sergey Zubritskiy", "Sergei Zubritsky"),
        ("NASA's", "Nasa"),
        ("U.S. troops", "US troops"),
        ("São Tomé", "SAO TOME"),
        ("launched", "launches"),
        ("2,500", "2500"),
        ("don’t", "don't"),
        ("Ёлка", "елка"),
        ("co\u200bopt", "coopt"),
    ],
)
def test_spellings_that_are_one_word(one: str, other: str) -> None:
    assert hashes(one) == hashes(other)


@pytest.mark.parametrize(("one", "other"), [("2,500", "25"), ("3.5", "35"), ("Karvonen", "Oduya")])
def test_spellings_that_are_not(one: str, other: str) -> None:
    assert hashes(one) != hashes(other)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Oduya left. He was late.", 2),
        ("It cost 3.5 million. Nobody paid!", 2),
        ("J. Ellingsen of the U.S. Navy said so.", 1),
        ("“Stop.” She ran.", 2),
        ("A headline without stop\nA first sentence.", 2),
        ("東京で火事。三人が救助された。", 2),
        ("Die Fähre lief auf Grund, sagte Dr. Karvonen. Niemand starb.", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert sentences(text) == count


@pytest.mark.parametrize(
    "text",
    [
        'He said "never again" twice.',
        "He said “never again” twice.",
        "Er sagte „never again“ zweimal.",
        "Il a dit « never again » deux fois.",
        "Er sagte »never again« zweimal.",
        "He said ``never again'' twice.",
    ],
)
def test_quotations(text: str) -> None:
    assert flagged(text, QUOTED) == ["never", "again"]


def test_names_and_numbers() -> None:
    text = "Yesterday Petra Szollosi paid 1,250 crowns."
    assert flagged(text, NAME) == ["Petra", "Szollosi"]
    assert flagged(text, NUMBER) == ["1,250"]


def test_scripts_without_spaces_give_pairs_of_characters() -> None:
    assert len(hashes("東京火事")) == 4
    assert len(set(hashes("東京火事")) & set(hashes("昨日東京火"))) == 2
