"""The line model: deterministic, blind to the batch, and careful with prose."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.clean.line_characters import (
    CLASSES,
    COLON,
    DIGIT,
    FOLD,
    IDEOGRAPH,
    LOWER,
    QUOTE,
    TERMINAL,
    UPPER,
)
from pipelines.clean.line_evidence import evidence
from pipelines.clean.line_features import FEATURES, read_features
from pipelines.clean.line_layers import affine, recur, restrain, summarise
from pipelines.clean.line_model import (
    DEFAULT_THRESHOLD,
    LINE_KINDS,
    LineModel,
    LineModelError,
    load_model,
    read_model,
)
from pipelines.clean.segment import LineBatch, segment
from pipelines.contract import KINDS

ARTICLE = """\
The river rose by two metres overnight, the mayor said, and the lower town was cleared by dawn.
Some four hundred people spent the night in the school, where volunteers had set up beds.
“We have seen worse,” said Anna Keller, who has run the bakery by the bridge for thirty years.
“But not in March.”
Engineers expect the water to fall again from Thursday, when the rain is forecast to move east.
What happens next
The council will decide on Friday whether the bridge can be opened to lorries again.
It was built in 1932 and has been repaired three times since then, most recently in 2019."""

GERMAN = """\
Der Fluss stieg in der Nacht um zwei Meter, wie die Bürgermeisterin am Morgen mitteilte.
Rund vierhundert Menschen verbrachten die Nacht in der Schule, wo Helfer Betten aufgestellt hatten.
„Wir haben Schlimmeres gesehen“, sagte die Bäckerin Anna Keller, deren Laden an der Brücke steht.
Am Freitag entscheidet der Gemeinderat, ob die Brücke wieder für Lastwagen geöffnet wird."""

BOILERPLATE = [
    "Related Articles",
    "Leave a Reply",
    "Your email address will not be published. Required fields are marked *",
    "Subscribe to our newsletter",
    "Share this on Facebook",
]


@pytest.fixture(scope="module")
def model() -> LineModel:
    return load_model()


def lines_of(*texts: str) -> LineBatch:
    return segment(pa.array(texts, pa.large_string()))


def scores(model: LineModel, *texts: str) -> np.ndarray:
    lines = lines_of(*texts)
    count = len(lines.start)
    return model.score(lines, np.full(count, -1, np.int8), np.zeros(count, np.float32))


def test_same_text_same_scores(model: LineModel) -> None:
    assert scores(model, ARTICLE).tobytes() == scores(load_model(), ARTICLE).tobytes()


@pytest.mark.parametrize("text", [ARTICLE, GERMAN, "\n".join(BOILERPLATE), "One line only."])
def test_a_document_scores_alike_alone_and_in_any_batch(model: LineModel, text: str) -> None:
    alone = scores(model, text)
    crowd = [ARTICLE, GERMAN, "\n".join(BOILERPLATE)] * 60
    together = scores(model, *crowd, text, *crowd)
    place = len(scores(model, *crowd))
    assert together[place : place + len(alone)].tobytes() == alone.tobytes()


@given(st.lists(st.text(max_size=80), min_size=1, max_size=12), st.integers(0, 3))
def test_any_text_gets_finite_scores_in_any_company(parts: list[str], other: int) -> None:
    text = "\n".join(parts)
    model = load_model()
    alone = scores(model, text)
    crowded = scores(model, text, *[ARTICLE] * other)
    assert np.isfinite(alone).all()
    assert ((alone >= 0) & (alone <= 1)).all()
    assert crowded[: len(alone)].tobytes() == alone.tobytes()


@pytest.mark.parametrize("text", [ARTICLE, GERMAN, ARTICLE.replace("\n", "\n\n"), GERMAN.upper()])
def test_clean_prose_is_left_alone(model: LineModel, text: str) -> None:
    assert scores(model, text).max() < DEFAULT_THRESHOLD


@pytest.mark.parametrize("cut", range(1, 7))
def test_no_line_goes_for_being_first_or_last(model: LineModel, cut: int) -> None:
    lines = ARTICLE.split("\n")
    assert scores(model, "\n".join(lines[cut:])).max() < DEFAULT_THRESHOLD
    assert scores(model, "\n".join(lines[:-cut])).max() < DEFAULT_THRESHOLD


def test_boilerplate_below_the_article_goes_and_the_article_stays(model: LineModel) -> None:
    article_lines = ARTICLE.count("\n") + 1
    both = scores(model, ARTICLE + "\n" + "\n".join(BOILERPLATE))
    assert both[:article_lines].max() < DEFAULT_THRESHOLD
    assert both[article_lines:].min() >= DEFAULT_THRESHOLD


def test_evidence_from_rules_raises_the_score(model: LineModel) -> None:
    lines = lines_of(ARTICLE + "\nRead all about it")
    count = len(lines.start)
    without = model.score(lines, np.full(count, -1, np.int8), np.zeros(count, np.float32))
    phrase = np.full(count, -1, np.int8)
    phrase[-1] = KINDS.index("related_links")
    assert model.score(lines, phrase, np.zeros(count, np.float32))[-1] > without[-1]


def test_kinds_are_probabilities(model: LineModel) -> None:
    lines = lines_of("By Anna Keller\n" + ARTICLE)
    count = len(lines.start)
    kind = model.judge(lines, np.full(count, -1, np.int8), np.zeros(count, np.float32)).kind
    assert kind.shape == (count, len(LINE_KINDS))
    assert np.allclose(kind.sum(axis=1), 1, atol=1e-5)
    byline = kind[:, LINE_KINDS.index("byline")]
    assert byline[0] > 2 * byline[1:].max()


def test_no_documents_no_scores(model: LineModel) -> None:
    assert scores(model).shape == (0,)
    assert scores(model, "", "\n \n").shape == (0,)


def test_the_model_travels_to_worker_processes(model: LineModel) -> None:
    there = pickle.loads(pickle.dumps(model))
    assert scores(there, ARTICLE).tobytes() == scores(model, ARTICLE).tobytes()


def test_weights_of_other_features_are_refused(tmp_path, model: LineModel) -> None:
    path = tmp_path / "old.npz"
    np.savez(path, **{**model.weights, "features": np.array(["of", "old"])})
    with pytest.raises(LineModelError, match=r"old\.npz.*train_line_model"):
        read_model(path)


@pytest.mark.parametrize(
    ("character", "kind"),
    [("a", LOWER), ("Ж", UPPER), ("ς", LOWER), ("中", IDEOGRAPH), ("カ", IDEOGRAPH), ("٣", DIGIT),
     ("。", TERMINAL), ("؟", TERMINAL), ("\u037e", TERMINAL), ("«", QUOTE), ("：", COLON)],
)  # fmt: skip
def test_character_classes(character: str, kind: int) -> None:
    assert CLASSES[ord(character)] == kind


@pytest.mark.parametrize(("given", "folded"), [("Ä", "ä"), ("Ａ", "a"), ("7", "0"), ("٣", "0")])
def test_folding(given: str, folded: str) -> None:
    assert chr(FOLD[ord(given)]) == folded


PARAGRAPH = "The governor said that the bridges would be open to all traffic again by Monday."


def feature(text: str, name: str) -> np.ndarray:
    lines = lines_of(text)
    return read_features(lines, 0, len(lines.start)).dense[:, FEATURES.index(name)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("ends_terminal", "It rains.\nRelated", [1, 0]),
        ("ends_terminal", "Πού πας;\n下雨了。", [0, 1]),
        ("repeated_before", "Share\nIt rains.\nSHARE", [0, 0, 1]),
        ("repeated_after", "12 comments\nIt rains.\n3 Comments", [1, 0, 0]),
        ("shared_words", PARAGRAPH + "\nThe governor inspected bridges", [0, 2 / 3]),
        ("starts_lower", "and so on\nAnd so on", [1, 0]),
        ("upper_case_share", "READ MORE\nRead more", [1, 0]),
        ("relative_place", "a\nb", [0.25, 0.75]),
    ],
)
def test_features(name: str, text: str, expected: list[float]) -> None:
    assert feature(text, name) == pytest.approx(expected)


def test_a_giant_line_is_read_from_its_ends() -> None:
    lines = lines_of("word " * 400_000 + "end.")
    features = read_features(lines, 0, 1)
    assert features.token_count[0] < features.tokens.shape[1]
    assert features.dense[0, FEATURES.index("ends_terminal")] == 1


def test_affine_is_a_matrix_product_and_the_same_in_any_place() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(7, 11)).astype("f4"), rng.normal(size=(11, 5)).astype("f4")
    bias = rng.normal(size=5).astype("f4")
    out, one = np.empty((7, 5), "f4"), np.empty((1, 5), "f4")
    affine(x, w, bias, False, out)
    assert np.allclose(out, x @ w + bias, atol=1e-5)
    for row in range(7):
        affine(x[row : row + 1], w, bias, False, one)
        assert one.tobytes() == out[row : row + 1].tobytes()


def test_recurrence_starts_anew_with_each_document() -> None:
    gates = np.random.default_rng(1).normal(size=(6, 8)).astype("f4")
    starts = np.array([1, 0, 0, 1, 0, 0], dtype=bool)
    both, first = np.empty((6, 4), "f4"), np.empty((3, 4), "f4")
    recur(gates, starts, both)
    recur(gates[:3], starts[:3], first)
    assert np.array_equal(both[:3], first)


def test_summary_is_mean_and_maximum_of_the_document() -> None:
    h = np.array([[1, 0], [3, 2], [9, 9]], dtype="f4")
    out = np.empty((3, 4), "f4")
    summarise(h, np.array([0, 2, 3]), out)
    assert out.tolist() == [[2, 1, 3, 2], [2, 1, 3, 2], [9, 9, 9, 9]]


def test_a_document_without_a_clear_case_is_restrained() -> None:
    logits = np.array([1.0, 1.0, -30.0, 6.0, -30.0], dtype="f4")
    restrain(logits, np.array([0, 3, 5]), np.float32(2))
    twice = 1 + np.log(2) - 2  # two doubtful lines confirm each other
    assert logits.tolist() == pytest.approx([twice, twice, -30, 4, -30])


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("Leave a Reply", "short"),
        ("Subscribe to our newsletter", "below the last paragraph"),
        ("Share | Print | Email", "divided like a menu"),
        ("READ MORE", "all capitals"),
    ],
)
def test_evidence_names_shape_and_place(model: LineModel, line: str, sign: str) -> None:
    text = f"{ARTICLE}\n{line}"
    assert sign in evidence(model, text, ARTICLE.count("\n") + 1)


def test_evidence_names_the_wording(model: LineModel) -> None:
    found = evidence(model, f"{ARTICLE}\nSubscribe to Anna's newsletter", ARTICLE.count("\n") + 1)
    assert any(part.startswith("wording: ") and "newsletter" in part for part in found)
