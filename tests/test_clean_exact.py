"""Nothing vanishes: raw text = kept lines + removed lines + repairs, for any text."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.clean.article import clean_batch, clean_text, load_cleaner
from pipelines.clean.edits import Edit, RemovedLine, Repair, apply, restore
from pipelines.clean.explain import parse, render
from pipelines.clean.segment import segment
from pipelines.contract import ARTICLES, DOCUMENTS, KINDS, REMOVED_LINES, REPAIRS
from pipelines.settings import Settings

BREAKS = ["\n", "\n\n", "\r\n", "\r", "\n\n\n\n", " \n", "\u2028", "\x85", "\n\t\n"]
LINES = [
    "Leave a comment",
    "Share this:",
    "  Read more  ",
    "4 minute read",
    "By Jane Marlow",
    "8 April 2025",
    "© 2024 Kelmar Post. All rights reserved.",
    "The river rose by two metres overnight, the mayor said on Monday, and fell again by noon.",
    "It wasnâ€™t the worst flood, said the firemenTomas Reed, and the cafÃ© stayed open all day.",
    "“We ran.”",
    "\u200b",
    "河水一夜之间上涨两米，淹没了下城，市长星期一上午表示没有人受伤。",
    "over\u00adnight\u00a0and\u2009on",
    "",
]
REALISTIC = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(BREAKS)), max_size=12).map(
    lambda parts: "".join(line + gap for line, gap in parts)
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
RELAXED = settings(deadline=None, max_examples=150)


CLEANER = load_cleaner(Settings())


@RELAXED
@given(text=ANY_TEXT | REALISTIC)
@example(text="")
@example(text="\n\n")
@example(text=" date 2025-04-08 \n")
@example(text=" date 2025-04-08 Leave a comment\nLeave a comment")
@example(text="\ufeffLeave a comment\r\n\r\n\r\nA")
@example(text="date 2025-99-99 x")
@example(text=" date 2025-04 x")
def test_the_raw_text_comes_back(text: str):
    cleaned = clean_text(text, CLEANER)
    edits = cleaned.removed_lines, cleaned.repairs
    assert restore(cleaned.article_body, *edits) == text
    assert apply(text, *edits) == cleaned.article_body
    proof = parse(render(cleaned))
    assert (proof.raw_text, proof.body) == (text, cleaned.article_body)


@RELAXED
@given(text=REALISTIC)
def test_what_is_removed_stood_where_it_says(text: str):
    cleaned = clean_text(text, CLEANER)
    end = 0
    for line in cleaned.removed_lines:
        assert line.start_char >= end
        end = line.start_char + len(line.line_text) + len(line.line_break)
        assert text[line.start_char : end] == line.line_text + line.line_break
        assert (
            line.line_text.strip() == line.line_text
            and not line.line_break.replace("\u200b", "").strip()
        )
        assert line.kind in KINDS and 0 <= line.score <= 1


@RELAXED
@given(text=REALISTIC)
def test_the_body_has_no_loose_white_space(text: str):
    body = clean_text(text, CLEANER).article_body
    assert body == body.strip()
    assert "\n\n\n" not in body and "\r" not in body


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_plain_text_needs_no_repair(gap: str):
    cleaned = clean_text(gap.join([LINES[7], LINES[9], LINES[7][::-1] + "."]), CLEANER)
    assert cleaned.repairs == ()


def test_a_batch_says_what_single_texts_say():
    texts = ["\n\n".join(LINES[i:]) for i in range(len(LINES))] * 3
    now = datetime(2025, 4, 8, tzinfo=UTC)
    rows = [
        dict.fromkeys(DOCUMENTS.names)
        | {"document_id": f"{i:032x}", "source_uri": "a", "source_format": "txt"}
        | {"content_sha256": "0", "raw_text": text, "run_id": "night", "ingested_at": now}
        for i, text in enumerate(texts)
    ]
    batch = clean_batch(pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS), CLEANER)
    assert (batch.articles.schema, batch.repairs.schema) == (ARTICLES, REPAIRS)
    assert batch.removed_lines.schema == REMOVED_LINES
    singles = [clean_text(text, CLEANER) for text in texts]
    assert batch.articles["article_body"].to_pylist() == [one.article_body for one in singles]
    assert batch.removed_lines.num_rows == sum(len(one.removed_lines) for one in singles)
    assert batch.repairs.num_rows == sum(len(one.repairs) for one in singles)
    assert set(batch.articles["run_id"].to_pylist()) == {"night"}
    assert set(batch.articles["cleaned_at"].to_pylist()) == {now}


def test_an_empty_batch_stays_empty():
    batch = clean_batch(pa.RecordBatch.from_pylist([], schema=DOCUMENTS), CLEANER)
    assert [table.num_rows for table in batch] == [0, 0, 0]


def test_edits_that_do_not_fit_are_refused():
    removed = [RemovedLine(1, 0, "other", "", "navigation", "x", 1.0)]
    with pytest.raises(ValueError, match="does not fit the raw text"):
        apply("text", removed, [])
    with pytest.raises(ValueError, match="does not fit the body"):
        restore("text", [], [Repair("x", 1, "a", "zz")])
    assert removed[0].edit == Edit(0, "other", "")


def test_lines_and_their_places():
    lines = segment(
        pa.array(["a\r\nb \n\n\u200bc\rd\u2028e", None, "", " \n x y ", "😀 z\x85\x0bq"])
    )
    found = [
        (int(d), int(n), lines.text[s:e])
        for d, n, s, e in zip(lines.document, lines.number, lines.start, lines.end, strict=True)
    ]
    assert found == [
        (0, 1, "a"), (0, 2, "b"), (0, 4, "c"), (0, 5, "d"), (0, 6, "e"),
        (3, 2, "x y"), (4, 1, "😀 z"), (4, 2, "q"),
    ]  # fmt: skip
    assert segment(pa.array([], pa.string())).document_start.tolist() == [0]
