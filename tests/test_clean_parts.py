"""The parts of cleaning, each by a table: dates, credits, headlines, languages, sites, repairs."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.clean.article import Cleaner, clean_text, load_cleaner
from pipelines.clean.captions import is_companion, split_credit
from pipelines.clean.compare import compare
from pipelines.clean.dates import read_date
from pipelines.clean.fold import fold_text, line_hashes
from pipelines.clean.headline import without_site
from pipelines.clean.metadata import published
from pipelines.clean.patterns import relax
from pipelines.clean.rulebook import RULES
from pipelines.clean.seen import SeenLines
from pipelines.clean.segment import segment
from pipelines.clean.sites import SITE_LINES, Owner, SiteLines
from pipelines.clean.sources import agency_of, dateline_agency
from pipelines.clean.words import count_words
from pipelines.clean.wraps import join
from pipelines.contract import DOCUMENTS
from pipelines.settings import Settings, SettingsError

RIVER = "The river Orrin rose by two metres overnight and flooded the lower town, the mayor said."
MIDNIGHT = datetime(2025, 4, 8, tzinfo=UTC)
MORNING = datetime(2025, 4, 8, 10, 32, tzinfo=UTC)
BOATS = "Rescue teams used boats to bring more than forty people to the school on the hill."


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return load_cleaner(Settings(), owner_file=Path("none.toml"))


@pytest.mark.parametrize(
    ("text", "language", "at", "precision"),
    [
        ("Published April 8, 2025 10:32 GMT", "en", (2025, 4, 8, 10, 32), "second"),
        ("8. April 2025, 10:32 Uhr", "de", (2025, 4, 8, 8, 32), "second"),
        ("8. Januar 2025, 10:32 Uhr", "de", (2025, 1, 8, 9, 32), "second"),
        ("Nov 18, 2019 at 9:24 pm ET", "en", (2019, 11, 19, 2, 24), "second"),
        ("3 March 2025 10:00 +0530", "en", (2025, 3, 3, 4, 30), "second"),
        ("2025-04-08T10:32:05Z", "en", (2025, 4, 8, 10, 32, 5), "second"),
        ("8 апреля 2025 г., 10:32 мск", "ru", (2025, 4, 8, 7, 32), "second"),
        ("mardi 8 avril 2025 à 10h32", "fr", (2025, 4, 8), "day"),
        ("8 de abril de 2025", "pt", (2025, 4, 8), "day"),
        ("24 gru 2011", "pl", (2011, 12, 24), "day"),
        ("2025. április 8. 10:32", "hu", (2025, 4, 8), "day"),
        ("8. travnja 2025.", "hr", (2025, 4, 8), "day"),
        ("الثلاثاء، 8 أبريل 2025", "ar", (2025, 4, 8), "day"),
        ("8 अप्रैल 2025", "hi", (2025, 4, 8), "day"),
        ("2025年4月8日(火) 10時32分 JST", "ja", (2025, 4, 8, 1, 32), "second"),
        ("Julkaistu 8.4.2025 klo 10.32", "fi", (2025, 4, 8), "day"),
        ("الخميس 03/نوفمبر/2016 - 05:48 ص", "ar", (2016, 11, 3), "day"),
        ("08-Apr-2025 10:32 GMT", "en", (2025, 4, 8, 10, 32), "second"),
        ("2025-04-08 오후 3:24 KST", "ko", (2025, 4, 8, 6, 24), "second"),
        ("2012年01月04日 08:35", "zh", (2012, 1, 4), "day"),
        ("13/04/2025", "en", (2025, 4, 13), "day"),
        ("04/13/2025", "en", (2025, 4, 13), "day"),
        ("03/04/2025", "fr", (2025, 4, 3), "day"),
        ("29 February 2024", "en", (2024, 2, 29), "day"),
        ("15:56 BST, 8 April 2025 | Updated: 15:57 BST", "en", (2025, 4, 8, 14, 56), "second"),
        ("10:01 pm PST, Sunday, March 2, 2025", "en", (2025, 3, 3, 6, 1), "second"),
        ("12:21 AM on 8th April 2025 10:00 GMT", "en", (2025, 4, 8), "day"),
    ],
)
def test_printed_dates(text: str, language: str, at: tuple[int, ...], precision: str):
    assert read_date(text, language) == (datetime(*at, tzinfo=UTC), precision)


@pytest.mark.parametrize("text", ["12 monkeys 2020", "30 February 2024", "40/40/2024", "no date"])
def test_what_is_no_date(text: str):
    assert read_date(text) is None


def test_day_and_month_that_cannot_be_told_apart_stay_open():
    assert read_date("03/04/2025", "en") == (None, "day")


@pytest.mark.parametrize(
    ("given", "prefix", "line", "expected"),
    [
        (None, "2025-04-08", None, (MIDNIGHT, "day")),
        (None, "2025-04-08", "8 April 2025 10:32 GMT", (MORNING, "second")),
        (None, "2025-04-08", "8 May 2019 10:32 GMT", (MIDNIGHT, "day")),
        (None, "2025-99-99", None, (None, None)),
        (None, "2025-04", None, (None, None)),
        (None, "2025-04", "8 April 2025 10:32 GMT", (MORNING, "second")),
        (MORNING, "2025-01-01", None, (MORNING, "second")),
        (None, None, "3/4/2025", (None, None)),
    ],
)  # fmt: skip
def test_which_date_counts(given, prefix, line, expected):
    printed = read_date(line) if line else None
    assert published(given, None, prefix, [printed] if printed else []) == expected


@pytest.mark.parametrize(
    ("caption", "text", "credit"),
    [
        ("A boat. (Photo: Jane Marlow/AFP)", "A boat.", "Jane Marlow/AFP"),
        ("A boat. (Image Credit: Reuters/Jane Marlow)", "A boat.", "Reuters/Jane Marlow"),
        ("Ein Boot. Foto: Erika Marlow/dpa", "Ein Boot.", "Erika Marlow/dpa"),
        ("A boat. (AP Photo/Jane Marlow)", "A boat.", "AP Photo/Jane Marlow"),
        ("Jane Marlow/Getty Images", "Jane Marlow/Getty Images", None),
        ("A boat without a credit.", "A boat without a credit.", None),
    ],
)
def test_captions_and_credits(caption: str, text: str, credit: str | None):
    assert split_credit(caption) == (text, credit)


@pytest.mark.parametrize(
    ("line", "adjacent", "expected"),
    [
        ("Firemen in the lower town", False, True),
        ("The old boat", True, True),
        ("Why dykes break in spring", True, False),
        ("Firemen", False, False),
        ("x " * 200, True, False),
    ],
)
def test_companions_of_captions(line: str, adjacent: bool, expected: bool):
    caption = "Firemen in the lower town of Kelmar with their boat on Monday morning."
    assert is_companion(line, caption, adjacent=adjacent) is expected


@pytest.mark.parametrize(
    ("credit", "agency"),
    [
        ("(Reuters)", "Reuters"), ("With inputs from PTI", "PTI"), ("AFP", "AFP"),
        ("ТАСС", "TASS"), ("新华社", "Xinhua"), ("the mayor", None), ("paper", None),
    ],
)  # fmt: skip
def test_agencies(credit: str, agency: str | None):
    assert agency_of(credit) == agency


@pytest.mark.parametrize(
    ("paragraph", "agency"),
    [
        ("KELMAR, April 8 (Reuters) - The river rose.", "Reuters"),
        ("Kelmar (dpa) - Der Fluss stieg.", "dpa"),
        ("(AFP) – Le fleuve est monté.", "AFP"),
        ("KELMAR (AP) — The river rose.", "AP"),
        ("The agency (Reuters reported it first) was right.", None),
        ("He read the AP report.", None),
    ],
)
def test_agency_of_a_dateline_stays_in_the_paragraph(paragraph: str, agency: str | None):
    assert dateline_agency(paragraph) == agency


@pytest.mark.parametrize(
    ("headline", "site", "expected"),
    [
        ("River floods lower town | Kelmar Post", "kelmarpost.example", "River floods lower town"),
        ("River floods lower town - Kelmar Post", "kelmarpost.example", "River floods lower town"),
        ("River floods lower town | Live", "kelmarpost.example", "River floods lower town | Live"),
        ("River floods - and stays for a week", None, "River floods - and stays for a week"),
    ],
)
def test_headlines_without_the_name_of_the_site(headline: str, site: str | None, expected: str):
    assert without_site(headline, site) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0), ("Two words.", 2), ("don't well-known U.S", 3), ("河水上涨", 4),
        ("2,000 boats", 2), ("— …", 0),
    ],
)  # fmt: skip
def test_words(text: str, words: int):
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("» Read more …", "read more"),
        ("12 Comments", "7 comments:"),
        ("Comments (1,204)", "comments: 3"),
        ("Don’t miss", "DON'T MISS!"),
        ("\u200bShare\u00a0this", "share this"),
    ],
)
def test_lines_that_count_as_one(one: str, other: str):
    assert fold_text(one)[1] == fold_text(other)[1]


@pytest.mark.parametrize(
    ("one", "other"), [("read more", "read me"), ("“share”", "share"), ("-", "*")]
)
def test_lines_that_do_not(one: str, other: str):
    assert fold_text(one)[1] != fold_text(other)[1]


def test_line_hashes_are_the_same_on_every_machine():
    assert line_hashes(segment(pa.array(["Read more", "12 Kommentare"]))).tolist() == [
        2199436617409003069,
        fold_text("3 kommentare")[1],
    ]


def test_a_later_line_takes_the_place_of_an_earlier_one():
    seen = SeenLines()
    first, same_place, other = 5 << 60, (5 << 60) + 1, 6 << 60
    for rule, line in enumerate((first, other, same_place)):
        seen.note(np.array([line], dtype=np.uint64), np.full((1, 3), rule, dtype=np.int32))
    is_known, found = seen.look_up(np.array([first, other, same_place], dtype=np.uint64))
    assert is_known.tolist() == [False, True, True]
    assert found[is_known].tolist() == [[1, 1, 1], [2, 2, 2]]


def test_counted_repeats_are_left_open_in_sets_only():
    assert relax(r".{0,200}a{2}\x{1f600}[b]{3,40}") == r".*a{2}\x{1f600}[b]+"


def support(line: str, count: float, site: str = "kelmarpost.example") -> pa.Table:
    rows = [{"site": site, "line_hash": fold_text(line)[1], "article_count": count}]
    return pa.Table.from_pylist(rows, schema=SITE_LINES)


MOTTO = "Kelmar first, always and in every weather"


@pytest.mark.parametrize(
    ("count", "site", "goes"),
    [
        (5, "kelmarpost.example", True),
        (5, "other.example", False),
        (2, "kelmarpost.example", False),
        (5, None, False),
    ],
)
def test_what_a_site_repeats_goes_on_that_site(count: float, site: str | None, goes: bool):
    cleaner = load_cleaner(Settings(), site_lines=support(MOTTO, count))
    text = f"{RIVER}\n\n{BOATS}\n\n{MOTTO}\n\n{RIVER[::-1]}. {BOATS}"
    rules = {line.rule_id for line in clean_text(text, cleaner, site=site).removed_lines}
    assert ("site.repeats" in rules) is goes


def test_a_repeated_paragraph_of_news_stays():
    cleaner = load_cleaner(Settings(), site_lines=support(RIVER, 50))
    cleaned = clean_text(f"{RIVER}\n\n{BOATS}", cleaner, site="kelmarpost.example")
    assert RIVER in cleaned.article_body


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("No arrests have been made.", ""),
        ("The investigation is ongoing.", ""),
        ("Die Polizei ermittelt.", ""),
        ("Get our top stories by email.", "between"),
        ("The Kelmar Post on your desk", "between below"),
    ],
)
def test_a_short_sentence_of_many_articles_may_be_their_own(line: str, goes: str):
    cleaner = load_cleaner(Settings(), site_lines=support(line, 13))
    texts = {"between": [RIVER, line, BOATS], "below": [RIVER, BOATS, line]}
    for place, lines in texts.items():
        cleaned = clean_text("\n\n".join(lines), cleaner, site="kelmarpost.example")
        assert [it.line_text for it in cleaned.removed_lines] == [line] * (place in goes)


def test_no_site_lines_know_nothing():
    nothing = SiteLines.of(None).support(
        ["a"], [None], segment(pa.array(["x"])).document, line_hashes(segment(pa.array(["x"])))
    )
    assert nothing.tolist() == [0]


def test_the_owner_of_a_site_has_the_last_word(tmp_path: Path):
    file = tmp_path / "copydesk.toml"
    file.write_text(
        '[sites."kelmarpost.example"]\nkeep = ["Leave a comment"]\ndrop = ["The river Orrin*"]\n'
    )
    cleaner = load_cleaner(Settings(), owner_file=file)
    text = f"{RIVER}\n\n{BOATS}\n\nLeave a comment"
    ours = clean_text(text, cleaner, site="kelmarpost.example")
    assert ours.article_body == f"{BOATS}\n\nLeave a comment"
    assert [line.rule_id for line in ours.removed_lines] == ["owner.drop"]
    assert clean_text(text, cleaner, site="other.example").article_body == f"{RIVER}\n\n{BOATS}"


def test_an_owner_may_name_any_host_of_the_site():
    hosts = {"www.KelmarPost.example": {"keep": ["a"]}, "kelmarpost.example": {"drop": ["b"]}}
    assert Owner.of(hosts).phrases == {"kelmarpost.example": {"keep": ("a",), "drop": ("b",)}}


@pytest.mark.parametrize(
    "content", ['[sites."a"]\nhide = ["x"]', '[sites."a"]\nkeep = "x"', "[sites]\na = 1", "[sites"]
)
def test_a_bad_sites_table_names_the_file(tmp_path: Path, content: str):
    file = tmp_path / "copydesk.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"copydesk\.toml: "):
        load_cleaner(Settings(), owner_file=file)


@pytest.mark.parametrize(
    ("line", "repaired"),
    [
        ("wasnâ€™t", "wasn’t"),
        ("cafÃ© FuÃŸball", "café Fußball"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("Ã la carte", "Ã la carte"),
        ("São Paulo, naïve Ängste", "São Paulo, naïve Ängste"),
        ("two\u00a0words and\u2009more", "two words and more"),
        ("over\u00adnight\u200b", "overnight"),
        ("the cosmonautsSergey Ryzhikov", "the cosmonauts Sergey Ryzhikov"),
        ("an iPhone, YouTube and LehrerInnen", "an iPhone, YouTube and LehrerInnen"),
        ("the javaScript Team", "the javaScript Team"),
    ],
)
def test_repairs_inside_a_line(cleaner: Cleaner, line: str, repaired: str):
    text = f"{RIVER} It was {line} on Monday, she said, and the boats were there."
    cleaned = clean_text(text, cleaner)
    assert cleaned.article_body == text.replace(line, repaired)


def test_a_word_glued_twice_is_a_name(cleaner: Cleaner):
    text = f"{RIVER} The firm powerHouse Light helped, and powerHouse Light was thanked by all."
    assert clean_text(text, cleaner).article_body == text


def test_unknown_given_column_is_refused(cleaner: Cleaner):
    with pytest.raises(ValueError, match="no column of documents: mood"):
        clean_text("x", cleaner, mood="good")


@pytest.mark.parametrize(
    ("line", "following", "raw_text", "expected"),
    [
        ("the lower", "town of Kelmar", "", ("wrapped_line", "", " ")),
        ("the chap-", "el stood", "", ("hyphenation", "-", "")),
        ("a well-", "known song", "a well-known man", ("wrapped_line", "", "")),
        ("the fire-", "men came", "firemen and fire-men", ("hyphenation", "-", "")),
        ("1990-", "town", "", ("wrapped_line", "", " ")),
        ("Kelmar-", "Orrin", "", ("wrapped_line", "", " ")),
    ],
)
def test_how_a_wrapped_line_goes_on(line, following, raw_text, expected):
    assert join(line, following, raw_text) == expected


def test_a_change_of_rules_is_seen_before_it_is_enabled(cleaner: Cleaner, tmp_path: Path):
    for file in RULES.glob("*.toml"):
        text = file.read_text("utf-8").replace("\nleave a comment\n", "\n")
        (tmp_path / file.name).write_text(text, "utf-8")
    (tmp_path / "xx.toml").write_text(
        "[[rule]]\nid = 'xx.motto'\nkind = 'site_template'\nphrase = 'the dog barks'\n"
        "removes = 'The dog barks'\nkeeps = 'The dog barks at us.'\n"
    )
    model_free = replace(cleaner, judge=replace(cleaner.judge, model=None))
    tomorrow = load_cleaner(Settings(), rules=tmp_path)
    tomorrow = replace(tomorrow, judge=replace(tomorrow.judge, model=None))
    text = f"{RIVER}\n\nThe dog barks\n\n{BOATS}\n\nLeave a comment"
    row = dict.fromkeys(DOCUMENTS.names) | {
        "document_id": "d", "source_uri": "a", "source_format": "txt", "content_sha256": "0",
        "raw_text": text, "run_id": "night", "ingested_at": MIDNIGHT,
    }  # fmt: skip
    documents = pa.RecordBatch.from_pylist([row], schema=DOCUMENTS)
    changes = compare(documents, model_free, tomorrow).to_pylist()
    assert [(row["change"], row["line_number"], row["rule_id"]) for row in changes] == [
        ("gained", 3, "xx.motto"),
        ("lost", 7, "en.comments.prompt"),
    ]


@pytest.mark.parametrize(
    ("below", "goes"),
    [
        (["Anna", "I saw it all.", "Reply", "2 hours ago", "Bert", "So did I.", "Reply"], True),
        ([f"The council had three comments. {BOATS}", "It then went home."], False),
    ],
)
def test_what_stands_below_a_heading_of_comments_goes_if_marked_as_theirs(
    below: list[str], goes: bool
):
    text = "\n\n".join([RIVER, BOATS, RIVER[::-1], "3 Comments", *below])
    removed = clean_text(text, load_cleaner(Settings())).removed_lines
    assert ("any.comments.below" in {line.rule_id for line in removed}) is goes
    assert {line.line_text for line in removed}.issuperset(below) is goes
