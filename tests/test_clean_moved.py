"""Lines that say several things at once: who and when both reach their columns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.clean.article import Cleaner, clean_text, load_cleaner
from pipelines.settings import Settings

BODY = """The new rehabilitation hospital opens on Monday after two years of construction, officials in Akron said.

"We are increasing access to care for patients across the region," its director, Anna Henthorn, told reporters.

The hospital has about 200 employees and 60 beds. It cost 25 million dollars, most of which came from a bond issue."""  # noqa: E501
DIARY = """A week on the river
8 April 2025
The water came at night. We carried the hens upstairs and waited for the boat that never came.
9 April 2025
Nobody slept. The baker rowed past at six with bread for the whole street, and would take no money.
10 April 2025
By noon we could see the tops of the garden chairs again, and the dog swam home."""
DAY = datetime(2025, 4, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return load_cleaner(Settings())


@pytest.mark.parametrize(
    ("line", "byline", "published"),
    [
        ("By Jane Doe | April 8, 2025", "Jane Doe", DAY),
        ("by Jane Doe — April 8, 2025", "Jane Doe", DAY),
        ("By JANE DOE Apr. 8, 2025 at 8:10 a.m. EDT", "JANE DOE", DAY.replace(hour=12, minute=10)),
        ("By Jane Doe Updated Apr 8, 2025", "Jane Doe", DAY),
        ("Jane Doe, Staff Writer April 8, 2025", "Jane Doe", DAY),
        ("Jane Doe Political Correspondent", "Jane Doe", None),
        ("Jane Royal, Staff Writer", "Jane Royal", None),
        ("8 April 2025 | by Jane Doe", "Jane Doe", DAY),
        ("12:43, 8 Apr 2025Updated 12:44, 8 Apr 2025", None, DAY),
        ("Von Erika Mustermann | Stand: 8. April 2025", "Erika Mustermann", DAY),
        ("Par Jeanne Martin Publié le 8 avril 2025 à 10h30", "Jeanne Martin", DAY),
        ("Por Juana Pérez 8 de abril de 2025", "Juana Pérez", DAY),
        ("Автор: Иван Петров, 8 апреля 2025", "Иван Петров", DAY),
        ("Posted: 12:21 AM Apr 8, 2025", None, DAY),
        ("Last updated at 12:21 AM on 8th April 2025", None, DAY),
        ("This entry was posted on Tuesday, April 8th, 2025 at 4:05 pm.", None, DAY),
        ("기사입력 :[ 2025-04-08 15:24 ]", None, DAY),
        ("Yayın Tarihi: 8 Nisan 2025 10:32", None, DAY),
        ("Publicerad 8 april 2025", None, DAY),
    ],
)
def test_who_and_when_reach_their_columns(
    line: str, byline: str | None, published: datetime | None, cleaner: Cleaner
) -> None:
    cleaned = clean_text(f"New hospital to open soon in Akron\n\n{line}\n\n{BODY}", cleaner)
    article = cleaned.article
    assert line not in article["article_body"]
    assert article["byline"] == byline
    told = article["date_published"]
    assert told == published
    assert cleaned.article["article_body"].endswith(BODY[-40:])


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("(Credit: AP Photo/Jane Doe)", "AP Photo/Jane Doe"),
        ("Photo: Jane Doe (Skerrin Agency)", "Jane Doe (Skerrin Agency)"),
        ("FILE PHOTO:", None),
    ],
)
def test_a_credit_is_whole(line: str, credit: str | None, cleaner: Cleaner) -> None:
    cleaned = clean_text(f"New hospital to open soon in Akron\n\n{line}\n\n{BODY}", cleaner)
    assert line not in cleaned.article["article_body"]
    assert cleaned.article["credit_text"] == credit


def test_a_date_line_that_only_the_model_knows_tells_its_date(cleaner: Cleaner) -> None:
    line = "Harbour Post 18.04.2025 10:30"
    head = f"Home\nShare\nPrint\nNew hospital to open soon in Akron\n{line}\nShare\nTweet"
    tail = "Share this:\nRelated Articles\nMayor resigns\n© 2025 Harbour Post"
    cleaned = clean_text(f"{head}\n{BODY}\n{tail}", cleaner)
    (removed,) = (it for it in cleaned.removed_lines if it.line_text == line)
    assert (removed.rule_id, removed.kind) == ("model.line", "dateline")
    assert cleaned.article["date_published"] == DAY.replace(day=18)


@pytest.mark.parametrize(
    "line",
    [
        "Tue 8 Apr 2025 12.32 BST",
        "Last modified on Tue 8 Apr 2025",
        "Apr 08, 2025, 09:00 ET",
        "Published: April 8, 2025",
        "2025年4月8日 15:56",
    ],
)
def test_a_date_line_above_the_prose_tells_when_whatever_stands_beside_it(
    line: str, cleaner: Cleaner
) -> None:
    for head in ("", "Harbour Robotics Inc.\n", "Why Akron waited\nMany had stopped waiting\n"):
        cleaned = clean_text(f"{head}{line}\n\n{BODY}", cleaner)
        assert cleaned.article_body == f"{head}{BODY}"
        assert cleaned.article["date_published"].date() == DAY.date()


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"March {day}, 2025\n{BODY}" for day in (3, 9, 21)),
        DIARY,
        f"Born April 8, 1931\n{BODY}",
        f"{BODY}\nApril 8, 2025\n{BODY}",
    ],
)
def test_a_date_line_that_heads_what_happened_then_stays(text: str, cleaner: Cleaner) -> None:
    assert clean_text(text, cleaner).article_body == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Donau\u00addampf\u200b steigt", "Donaudampf steigt"), ("Le\u00a0Pen\u202f!", "Le Pen !")],
)
def test_columns_are_tidy_as_articles_are(given: str, kept: str, cleaner: Cleaner) -> None:
    cleaned = clean_text(BODY, cleaner, given_headline=given, given_byline=given)
    assert (cleaned.article["headline"], cleaned.article["byline"]) == (kept, kept)


@pytest.mark.parametrize(
    ("label", "section"), [("Politics", "Politics"), ("Athens: 7°C", None), ("134", None)]
)
def test_a_section_is_a_name(label: str, section: str | None, cleaner: Cleaner) -> None:
    title = "New hospital to open soon in Akron"
    cleaned = clean_text(f"{label}\n{title}\n\n{BODY}", cleaner, given_headline=title)
    assert cleaned.article["article_section"] == section
