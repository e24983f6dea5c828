"""Fit the weights of `story_score` (`sql/linkage/scored_pairs.sql`) on labelled and unrelated news.

Two ridge logistic regressions over candidate pairs, one for pairs with dates, one without. The
labelled sets are hard: all their news is alike. So that a night of mixed news is known too, texts
of different sets and pages of guides are put in one lake, whole and cut to briefs; what becomes a
candidate there is unrelated. Undated sets are given gaps drawn from GVA's pairs of the same label,
unrelated pairs also gaps of one night: the draw moves the weights by hundredths. Prints them, the
out-of-fold average precision, with folds over events, and how many unrelated pairs reach a chance
of a half when they come in one night. Run: python benchmarks/story_model.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import linkage
import numpy as np
from linkage_bench import MemoryBench
from linkage_mixed import SETS, briefs, mixed_texts
from numpy.typing import NDArray

from pipelines.link import steps
from pipelines.link.background import load_background
from pipelines.link.fingerprint import fingerprint_batch, text_id_of
from pipelines.link.verify import shelf_of, verify_pairs

UNRELATED = ("unrelated", "briefs", "guides")
UNDATED = ("log_rarity", "cosine", "log_words", "lead_cosine", "number_overlap", "name_overlap")
DATED = (
    "log_rarity",
    "log_cosine",
    "lead_cosine",
    "number_overlap",
    "name_overlap",
    "log_names",
    "log_full_names",
    "full_name_overlap",
    "coverage",
    "log_words",
    "log_gap",
)
DATED_SHARES = {
    "story_gva": 4.0,
    "story_seesaw": 1.0,
    "story_ecbplus": 1.0,
    "story_fnc": 1.0,
    "unrelated": 0.6,
    "briefs": 0.6,
    "guides": 0.2,
}
UNDATED_SHARES = {"story_seesaw": 1.0, "story_ecbplus": 1.0, "story_fnc": 1.0, "unrelated": 0.3}
"""What each set weighs. Only GVA has dates of its own; guides are no news."""
FOLDS = 5
MIN_WORDS = 40
"""Shorter texts of the labelled sets are claims and captions, not articles."""
GUIDE_WORDS = 1_500

Column = NDArray[np.float64]
Rows = list[linkage.Row]


def labelled(name: str) -> dict[str, Any]:
    """Candidate pairs of a labelled set, by column; `is_same`: of one event."""
    return _pairs(linkage.read(name), dated=name == "story_gva", group=lambda one, other: name)


def unrelated(rows: Rows, name: str) -> dict[str, Any]:
    """Candidate pairs of texts that have no event in common, by column."""

    def group(one: linkage.Row, other: linkage.Row) -> str:
        if one["set"] != other["set"]:
            return name
        return "guides" if one["set"] == "wcxb" and name == "unrelated" else ""

    return _pairs(rows, dated=False, group=group)


def _pairs(
    rows: Rows, *, dated: bool, group: Callable[[linkage.Row, linkage.Row], str]
) -> dict[str, Any]:
    """Scores, label, event and set of the candidate pairs, by column; no set: left out."""
    articles = linkage.articles(rows, dated=dated)
    bench, table_of_words = MemoryBench(), load_background()
    batch = articles.combine_chunks().to_batches()[0]
    steps.put_index(bench, fingerprint_batch(batch, table_of_words))
    bench.put("masked_before", steps.first_night().masked_sentences)
    steps.search(bench)
    masked = bench.rows("masked_sentences")["sentence"]
    shelf = shelf_of(steps.distinct_texts(articles))
    scored = verify_pairs(bench.rows("candidate_pairs"), shelf, masked, table_of_words)
    bench.put("pairs", scored)
    gaps = bench.build("scored_pairs").select(["text_id", "other_text_id", "gap_days"])
    table = scored.join(gaps, ["text_id", "other_text_id"])
    columns: dict[str, Any] = {key: table[key].to_numpy() for key in table.column_names}
    by_text = {text_id_of(row["text"]): row for row in rows}
    one, other = ([by_text[text] for text in columns[key]] for key in ("text_id", "other_text_id"))
    both = list(zip(one, other, strict=True))
    columns["set"] = np.array([group(*pair) for pair in both])
    columns["event"] = np.array([min(a["cluster"], b["cluster"]) for a, b in both])
    columns["is_same"] = np.array([a["cluster"] == b["cluster"] for a, b in both], float)
    words = np.minimum(columns["word_count"], columns["other_word_count"])
    longest = np.maximum(columns["word_count"], columns["other_word_count"])
    kept = (columns["set"] == "briefs") | (words >= MIN_WORDS)
    kept &= (columns["set"] != "guides") | (longest < GUIDE_WORDS)
    kept &= columns["set"] != ""
    return {key: column[kept] for key, column in columns.items()}


def features(rows: dict[str, Any], gap: Column) -> dict[str, Column]:
    """The columns of the regressions, as `scored_pairs` has them."""

    def both(name: str, pick: Any) -> Column:
        return pick(rows[name], rows[f"other_{name}"]).astype(float)

    return {
        "log_rarity": np.log1p(rows["shared_rarity"]),
        "cosine": rows["cosine"].astype(float),
        "log_cosine": np.log(rows["cosine"] + 0.05),
        "log_words": np.log1p(both("word_count", np.minimum)),
        "lead_cosine": rows["lead_cosine"].astype(float),
        "number_overlap": rows["number_overlap"].astype(float),
        "name_overlap": rows["name_overlap"].astype(float),
        "log_names": np.log1p(rows["shared_name_count"]),
        "log_full_names": np.log1p(rows["shared_full_name_rarity"]),
        "full_name_overlap": rows["full_name_overlap"].astype(float),
        "coverage": both("coverage", np.maximum),
        "log_gap": np.log1p(gap),
    }


def drawn_gaps(rows: dict[str, Any]) -> Column:
    """Days apart; where a set has no dates, those of GVA's pairs of the same label.

    Half of the unrelated pairs come in one night instead: a young lake has no others.
    """
    gap, rng = rows["gap_days"].astype(float), np.random.default_rng(0)
    is_gva = rows["set"] == "story_gva"
    for label in (0, 1):
        here = ~is_gva & (rows["is_same"] == label)
        known = gap[is_gva & (rows["is_same"] == label)]
        gap[here] = rng.choice(known[~np.isnan(known)], int(here.sum()))
    tonight = np.isin(rows["set"], UNRELATED) & (rng.random(len(gap)) < 0.5)
    gap[tonight] = rng.integers(0, 3, int(tonight.sum()))
    return np.nan_to_num(gap)


def fit(x: NDArray[np.float64], y: Column, weight: Column) -> tuple[float, Column]:
    """Intercept and weights of a ridge logistic regression, by Newton's method."""
    mean, spread = np.average(x, axis=0, weights=weight), x.std(0) + 1e-9
    z = np.column_stack((np.ones(len(x)), (x - mean) / spread))
    beta, ridge = np.zeros(z.shape[1]), np.eye(z.shape[1])
    ridge[0, 0] = 1e-6
    for _ in range(30):
        p = sigmoid(z @ beta)
        curve = z.T @ (z * (weight * p * (1 - p) + 1e-9)[:, None]) + ridge
        beta = beta + np.linalg.solve(curve, z.T @ (weight * (y - p)) - ridge @ beta)
    slopes = beta[1:] / spread
    return float(beta[0] - slopes @ mean), slopes


def sigmoid(logit: Column) -> Column:
    return 1 / (1 + np.exp(-np.clip(logit, -50, 50)))


def weights(sets: NDArray[Any], used: NDArray[np.bool_], shares: dict[str, float]) -> Column:
    """So that a share of 1 weighs as 3,000 pairs."""
    weight = np.zeros(len(sets))
    for name, share in shares.items():
        here = used & (sets == name)
        weight[here] = share * 3_000 / max(here.sum(), 1)
    return weight


def average_precision(score: Column, y: Column) -> float:
    hits = y[np.argsort(-score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits == 1].mean())


def read_all() -> dict[str, Any]:
    """Every pair of every set, by column."""
    mixed = mixed_texts(linkage.BENCH.parent)
    parts = [labelled(name) for name in SETS]
    parts += [unrelated(mixed, "unrelated"), unrelated(briefs(mixed), "briefs")]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def report(
    rows: dict[str, Any], gap: Column, names: tuple[str, ...], shares: dict[str, float]
) -> None:
    """Fit on all, and judge each pair by a fit on the other folds."""
    y, sets = rows["is_same"], rows["set"]
    fold = np.array([hashlib.md5(it.encode()).digest()[-1] % FOLDS for it in rows["event"]])
    columns = features(rows, gap)
    x = np.column_stack([columns[name] for name in names])
    tonight = features(rows, np.ones(len(y)))
    judged = np.where(
        np.isin(sets, UNRELATED)[:, None],
        np.column_stack([tonight[name] for name in names]),
        x,
    )
    used, score = np.isin(sets, list(shares)), np.zeros(len(y))
    for number in range(FOLDS):
        train = used & (fold != number)
        base, slopes = fit(x[train], y[train], weights(sets, train, shares)[train])
        score[fold == number] = sigmoid(base + judged[fold == number] @ slopes)
    base, slopes = fit(x[used], y[used], weights(sets, used, shares)[used])
    print(f"{base:.2f}", {n: round(float(s), 2) for n, s in zip(names, slopes, strict=True)})
    for name in (*SETS, *UNRELATED):
        here = sets == name
        if name in UNRELATED:
            print(f"  {name}: {(score[here] >= 0.5).mean():.3f} of {here.sum()} at 0.5 or more")
        elif name in shares:
            print(f"  {name}: {average_precision(score[here], y[here]):.3f}")


def main() -> None:
    rows = read_all()
    gap = drawn_gaps(rows)
    report(rows, gap, DATED, DATED_SHARES)
    report(rows, gap, UNDATED, UNDATED_SHARES)


if __name__ == "__main__":
    main()
