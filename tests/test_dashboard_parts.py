"""The parts of the page by themselves: raw texts, proofs, numbers and charts in words."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hostile_titles import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from invented_texts import Piece, deliver, invent, rendered

from pipelines import warehouse
from pipelines.dashboard import charts, raw_text, sentence, shown, side_by_side
from pipelines.dashboard.charts import Point, Series, Stretch
from pipelines.visible import HIDDEN, plain_line

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
PIECES = st.lists(
    st.one_of(
        st.builds(Piece, raw=TEXT.filter(bool)),
        st.builds(
            Piece,
            raw=TEXT.filter(bool),
            rule=st.just(("byline", "en.byline")),
            line_break=st.sampled_from(["", "\n", "\n\n"]),
        ),
        st.builds(Piece, raw=TEXT, repair=st.tuples(st.just("any.space"), TEXT)),
    ),
    max_size=12,
)


@given(PIECES)
def test_the_raw_text_is_rebuilt_from_the_public_tables(delivered: list[Piece]) -> None:
    starts = [piece for piece in delivered if piece.raw or not piece.repair]
    text = rendered(random.Random(0), starts)
    found = raw_text.pieces(text["body"], text["removed"], text["repairs"])
    assert "".join(piece.text for piece in found) == text["raw"]
    kept = [it.after if it.what == "repair" else it.text for it in found if it.what != "removed"]
    assert "".join(kept) == text["body"]


@given(st.integers(0, 10_000))
def test_a_page_shows_every_cut_of_a_delivered_text(seed: int) -> None:
    chance = random.Random(seed)
    text = rendered(chance, deliver(chance, invent(chance, 5), "a.example"))
    found = raw_text.pieces(text["body"], text["removed"], text["repairs"])
    shown_lines = [
        piece.text for block in raw_text.blocks(found) for piece in block if piece.what == "removed"
    ]
    assert [it.strip() for it in shown_lines] == [it["line_text"] for it in text["removed"]]


def span(start: int, end: int, other_start: int, other_end: int) -> dict:
    return {
        "start_char": start,
        "end_char": end,
        "other_start_char": other_start,
        "other_end_char": other_end,
        "score": 0.9,
    }


def test_sentences_of_a_proof_lead_to_each_other() -> None:
    left, right = "One. Two. Three.", "Zwei. Eins. Vier."
    evidence = json.dumps({"sentences": [span(5, 9, 0, 5), span(0, 4, 6, 11)], "names": ["Eins"]})
    found = side_by_side.proof(left, right, evidence)
    assert [(it.text, it.number) for it in found.left] == [
        ("One.", 1),
        (" ", 0),
        ("Two.", 2),
        (" Three.", 0),
    ]
    assert [(it.text, it.number) for it in found.right if it.number] == [("Zwei.", 2), ("Eins.", 1)]
    assert found.shared == {"names": ("Eins",)}


@pytest.mark.parametrize(
    "evidence",
    [
        None,
        "{}",
        json.dumps({"sentences": [span(0, 400, 0, 3)]}),
        json.dumps({"sentences": [span(4, 2, 0, 3)]}),
        json.dumps({"sentences": [span(-2, 3, 0, 3)]}),
    ],
)
def test_evidence_that_does_not_fit_marks_nothing(evidence: str | None) -> None:
    found = side_by_side.proof("Some text.", "Other.", evidence)
    assert [it.text for it in found.left] == ["Some text."]
    assert not any(it.number for it in (*found.left, *found.right))


@given(
    TEXT,
    TEXT,
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
    ),
)
def test_no_character_is_lost_between_marks(
    left: str, right: str, marks: list[tuple[int, int, int, int]]
) -> None:
    evidence = json.dumps({"sentences": [span(*it) for it in marks]})
    found = side_by_side.proof(left, right, evidence)
    assert "".join(it.text for it in found.left) == left
    assert "".join(it.text for it in found.right) == right


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_steers_is_left(text: str) -> None:
    for form in (str(shown.visible(text)), str(shown.title(text)), plain_line(text)):
        assert not HIDDEN.search(form.replace("\n", ""))
    assert "<script" not in str(shown.visible(text)).lower()
    assert len(plain_line(text)) <= 80


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (shown.number(1234567), "1,234,567"),
        (shown.number(0.12345), "0.123"),
        (shown.number(None), "–"),
        (shown.share(0.1234), "12\u202f%"),
        (shown.share(0.0123), "1.2\u202f%"),
        (shown.share(0.0), "0\u202f%"),
        (shown.share(0.0999), "10\u202f%"),
        (shown.seconds(4.21), "4.2\u202fs"),
        (shown.seconds(200), "3\u202fmin 20\u202fs"),
        (shown.seconds(7500), "2\u202fh 5\u202fmin"),
        (shown.hours(0.5), "30\u202fmin"),
        (shown.hours(-13), "\u221213\u202fh"),
        (shown.hours(100), "4\u202fd"),
        (shown.long_day(date(2026, 3, 2)), "Monday, 2 March 2026"),
        (shown.plural(1, "copy", "copies"), "1 copy"),
        (shown.plural(2, "copy", "copies"), "2 copies"),
        (shown.words("expect_column_values_to_be_unique"), "column values to be unique"),
    ],
)
def test_numbers_are_written_for_a_reader(found: str, words: str) -> None:
    assert found == words


def label_of(svg: str) -> str:
    return ElementTree.fromstring(svg).get("aria-label") or ""


@pytest.mark.parametrize(
    ("hour", "words"), [(0, "2 Mar 2026"), (4, "2 Mar 2026, 04:00"), (20, "2 Mar 2026, 20:00")]
)
def test_a_mere_day_is_shown_without_hours(hour: int, words: str) -> None:
    assert shown.published(datetime(2026, 3, 2, hour, tzinfo=UTC)) == words


def test_a_sparkline_says_what_it_shows() -> None:
    points = [Point("1 Mar", 3.0), Point("2 Mar", 9.0, True), Point("3 Mar", 5.0)]
    assert label_of(charts.sparkline(points, usual=4.0)) == (
        "3 nights, from 3 to 9, last 5, usual 4; failed on 1, last on 2 Mar"
    )


def test_a_flat_line_is_drawn_in_the_middle() -> None:
    svg = charts.sparkline([Point("", 7.0), Point("", 7.0)])
    assert 'd="M3 11 113 11"' in svg


def test_stacked_bars_reach_from_the_floor_to_the_top() -> None:
    svg = charts.stacked_bars(
        [Series("article", "articles", [3, 0]), Series("copy", "copies", [1, 2])],
        ["1 Mar", "2 Mar"],
        "label",
    )
    assert "M1 400V100h8V400z" in svg and "M1 100V0h8V100z" in svg and "M11 400V200h8V400z" in svg
    assert "<title>1 Mar: 3 articles, 1 copies</title>" in svg


def test_a_strip_draws_a_stretch_as_one_line() -> None:
    svg = charts.strip([Stretch(2, 3, 1), Stretch(9, 1, 2)], 1, 10, "words")
    assert 'class="calm" d="M1 .5H10"' in svg
    assert 'class="watch" d="M2 .5h3"' in svg and 'class="fault" d="M9 .5h1"' in svg


@pytest.mark.parametrize("label", HOSTILE[:20])
def test_a_chart_stays_well_formed_under_hostile_labels(label: str) -> None:
    drawn = charts.stacked_bars([Series("a", "b", [1])], [plain_line(label)], plain_line(label))
    assert ElementTree.fromstring(drawn).tag == "svg"


TONIGHT = {
    "night": date(2026, 3, 2),
    "status": "published",
    "accepted_count": 110,
    "article_count": 60,
    "copy_count": 50,
    "known_count": 0,
    "rejected_count": 1,
    "usual_accepted": None,
}


@pytest.mark.parametrize(
    ("usual", "end"),
    [
        (None, "1 input refused."),
        (108, "That is as many as on a usual Monday."),
        (55, "That is 100\u202f% more than on a usual Monday."),
        (220, "That is 50\u202f% fewer than on a usual Monday."),
    ],
)
def test_what_changed_is_one_sentence_or_two(usual: float | None, end: str) -> None:
    text = sentence.what_changed(TONIGHT | {"usual_accepted": usual})
    assert text.startswith("110 new documents became 60 articles and 50 copies; ")
    assert text.endswith(end)


@pytest.mark.parametrize(
    ("status", "levels", "lead"),
    [
        ("published", [], "Last night is good"),
        ("published", [1], "Last night is mostly good"),
        ("published", [1, 2], "Last night needs a look"),
        ("unchanged", [], "Last night brought nothing new"),
        ("quality_gate_failed", [], "Last night was not published"),
        ("quality_gate_failed", [2], "Last night was not published"),
    ],
)
def test_the_night_is_judged(status: str, levels: list[int], lead: str) -> None:
    findings = [sentence.Finding(f"{it}.example", it, "is off", "sites") for it in levels]
    found = sentence.verdict(TONIGHT | {"status": status}, findings)
    assert found.lead == lead
    if levels:
        assert found.sentence == f"{lead}: {max(levels)}.example is off."


def test_failed_checks_of_a_site_are_one_finding() -> None:
    row = {
        "site": "a.example",
        "measure": "check",
        "level": 2,
        "value": 5.0,
        "detail": [
            {"name": name, "ids": [], "observed": None}
            for name in (
                "documents.site expect_column_values_to_not_be_null",
                "stories audit.stories_counts",
            )
        ],
    }
    found = sentence.finding(row, date(2026, 3, 2))
    assert found.sentence == (
        "a.example fails 5 critical checks: documents.site column values to not be null, "
        "audit: stories counts and 3 more"
    )


@pytest.mark.parametrize(
    ("audit", "ids", "observed", "words"),
    [
        (
            "documents_site_lost_a_field",
            ["byline", "url"],
            0.0,
            "lost what nine of ten of its documents had: byline, url",
        ),
        (
            "rejected_documents_site_fields",
            [],
            1.0,
            "had 1 input refused: a field lost or of another type",
        ),
        ("documents_site_empty", [], 0.25, "has 25\u202f% of its documents without a word"),
        ("documents_unknown", ["a"], 1.0, "fails a check: audit: documents unknown"),
    ],
)
def test_a_failed_check_of_a_site_says_what_it_does(
    audit: str, ids: list[str], observed: float, words: str
) -> None:
    detail = [{"name": f"documents audit.{audit}", "ids": ids, "observed": observed}]
    row = {"site": "a.example", "measure": "check", "level": 1, "value": 1.0, "detail": detail}
    assert sentence.finding(row, date(2026, 3, 2)).sentence == f"a.example {words}"


@pytest.mark.parametrize(
    ("refused", "nights", "words"),
    [
        (0, 1, "delivered nothing"),
        (0, 3, "delivered nothing for 3 nights"),
        (8, 3, "delivered nothing but 8 inputs that had to be refused"),
    ],
)
def test_silence_and_what_is_none(refused: int, nights: int, words: str) -> None:
    row = {"site": "a.example", "measure": "document_count", "level": 2, "value": 0.0}
    row |= {"usual": 9.0, "is_same_weekday": False, "refused_count": refused}
    row["silent_nights"] = nights
    assert sentence.finding(row, date(2026, 3, 2)).what == words


def test_every_audit_of_a_site_has_words() -> None:
    of_sites = {it.name for it in warehouse.load_models("audits") if "_site_" in it.name}
    assert {f"audit.{name}" for name in of_sites} == set(sentence._AUDITS)


def test_what_stopped_a_night_is_told_before_what_is_worse() -> None:
    silent = sentence.Finding("a.example", 2, "delivered nothing", "sites")
    failed = {"site": None, "measure": "check", "level": 2, "value": 1.0}
    failed |= {"detail": [{"name": "documents audit.without_words", "ids": [], "observed": 0.1}]}
    stop = sentence.finding(failed, date(2026, 3, 2))
    tonight = TONIGHT | {"status": "quality_gate_failed", "night": date(2026, 3, 2)}
    found = sentence.verdict(tonight, [silent, stop])
    assert found.sentence == "Last night was not published: a critical check failed."
    assert found.findings == (stop, silent) and found.other_sites == 1
    assert sentence.what_changed(tonight).endswith("Readers still see what was published before.")
    published = sentence.verdict(tonight | {"status": "published"}, [silent, stop])
    assert published.findings == (silent, stop) and published.other_sites == 0
