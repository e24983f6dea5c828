"""Fit the weights of `story_score` in `sql/linkage/scored_pairs.sql` on the labelled sets.

Two logistic regressions over candidate pairs, one for pairs with dates, one without; each set
weighs the same, GVA, the only one with dates, three times in the dated one. Prints the weights and
the out-of-fold average precision, with folds over events. Undated sets are given gaps drawn from
GVA's pairs of the same label. Run: python benchmarks/story_model.py
"""

from __future__ import annotations

import hashlib
from typing import Any

import linkage
import numpy as np
from linkage_bench import MemoryBench
from numpy.typing import NDArray

from pipelines.link import steps
from pipelines.link.background import load_background
from pipelines.link.fingerprint import fingerprint_batch, text_id_of
from pipelines.link.verify import shelf_of, verify_pairs

SETS = ("story_gva", "story_seesaw", "story_ecbplus", "story_fnc")
UNDATED = ("log_rarity", "cosine", "log_words", "lead_cosine", "number_overlap", "name_overlap")
DATED = (
    *UNDATED,
    "log_cosine",
    "log_full_names",
    "full_name_overlap",
    "other_alignment",
    "coverage",
    "log_gap",
)
FOLDS = 5
GVA_WEIGHT = 3

Column = NDArray[np.float64]


def candidates(name: str) -> dict[str, Any]:
    """Scores, label and events of the candidate pairs of a set, by column."""
    rows = linkage.read(name)
    articles = linkage.articles(rows, dated=name == "story_gva")
    bench, background = MemoryBench(), load_background()
    batch = articles.combine_chunks().to_batches()[0]
    steps.put_index(bench, fingerprint_batch(batch, background))
    bench.put("masked_before", steps.first_night().masked_sentences)
    steps.search(bench)
    masked = bench.rows("masked_sentences")["sentence"]
    shelf = shelf_of(steps.distinct_texts(articles))
    scored = verify_pairs(bench.rows("candidate_pairs"), shelf, masked, background)
    bench.put("pairs", scored)
    gaps = bench.build("scored_pairs").select(["text_id", "other_text_id", "gap_days"])
    table = scored.join(gaps, ["text_id", "other_text_id"])
    event = {text_id_of(row["text"]): row["cluster"] for row in rows}
    columns = {key: table[key].to_numpy() for key in table.column_names}
    one, other = ([event[text] for text in columns[key]] for key in ("text_id", "other_text_id"))
    columns["event"] = np.array([min(pair) for pair in zip(one, other, strict=True)])
    columns["is_same"] = np.array([a == b for a, b in zip(one, other, strict=True)], float)
    columns["set"] = np.array([name] * len(one))
    return columns


def features(rows: dict[str, Any]) -> dict[str, Column]:
    """The columns of the regressions, as `scored_pairs` has them."""

    def both(name: str, pick: Any) -> Column:
        return pick(rows[name], rows[f"other_{name}"]).astype(float)

    return {
        "log_rarity": np.log1p(rows["shared_rarity"]),
        "cosine": rows["cosine"].astype(float),
        "log_words": np.log1p(both("word_count", np.minimum)),
        "lead_cosine": rows["lead_cosine"].astype(float),
        "number_overlap": rows["number_overlap"].astype(float),
        "name_overlap": rows["name_overlap"].astype(float),
        "log_cosine": np.log(rows["cosine"] + 0.05),
        "log_full_names": np.log1p(rows["shared_full_name_rarity"]),
        "full_name_overlap": rows["full_name_overlap"].astype(float),
        "other_alignment": both("plain_alignment", np.minimum),
        "coverage": both("coverage", np.maximum),
        "log_gap": np.log1p(drawn_gaps(rows)),
    }


def drawn_gaps(rows: dict[str, Any]) -> Column:
    """Days apart; where a set has no dates, those of GVA's pairs of the same label."""
    gap, rng = rows["gap_days"].astype(float), np.random.default_rng(0)
    is_gva = rows["set"] == "story_gva"
    for label in (0, 1):
        here = rows["is_same"] == label
        known = gap[is_gva & here]
        gap[~is_gva & here] = rng.choice(known[~np.isnan(known)], int((~is_gva & here).sum()))
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


def weights(sets: NDArray[Any], used: NDArray[np.bool_]) -> Column:
    """So that each set weighs as 3,000 pairs, GVA more."""
    weight = np.zeros(len(sets))
    for name in SETS:
        here = used & (sets == name)
        share = GVA_WEIGHT if name == "story_gva" else 1
        weight[here] = share * 3_000 / max(here.sum(), 1)
    return weight


def average_precision(score: Column, y: Column) -> float:
    hits = y[np.argsort(-score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits == 1].mean())


def main() -> None:
    parts = [candidates(name) for name in SETS]
    rows = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    columns, y = features(rows), rows["is_same"]
    fold = np.array([hashlib.md5(it.encode()).digest()[-1] % FOLDS for it in rows["event"]])
    for title, names, sets in (("dated", DATED, SETS), ("undated", UNDATED, SETS[1:])):
        x, used = np.column_stack([columns[name] for name in names]), np.isin(rows["set"], sets)
        score = np.zeros(len(y))
        for number in range(FOLDS):
            train = used & (fold != number)
            base, slopes = fit(x[train], y[train], weights(rows["set"], train)[train])
            score[fold == number] = sigmoid(base + x[fold == number] @ slopes)
        base, slopes = fit(x[used], y[used], weights(rows["set"], used)[used])
        print(
            title,
            f"{base:.2f}",
            {n: round(float(s), 2) for n, s in zip(names, slopes, strict=True)},
        )
        for name in sets:
            here = rows["set"] == name
            print(f"  {name}: {average_precision(score[here], y[here]):.3f}")


if __name__ == "__main__":
    main()
