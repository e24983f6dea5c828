"""Calibrate the line model on out-of-fold scores: `python benchmarks/calibrate_line_model.py`.

Prints the Platt scaling that fits the main variant of the headline sets best, each page scored by
the model that has not seen its site, and the curve on which `DEFAULT_THRESHOLD` was chosen (rule
hits known, no rule deciding by itself). What `train_line_model.py` holds (CALIBRATION, RESTRAINT)
is written into the fold models and the shipped one, so that a change of them needs no training.
"""

from __future__ import annotations

import numpy as np
from cleaning_measures import Tally
from line_check import scores_of
from line_data import DROP, Page, load_pages
from line_folds import FOLDS, fold_of, fold_path
from line_told import Teller
from train_line_model import CALIBRATION, MODEL, RESTRAINT, segment_pages, store

from pipelines.clean.line_model import LineModel, read_model
from pipelines.clean.rulebook import Rulebook, load_rules

HEADLINE_SETS = ("zyte", "fundus", "daniel")
THRESHOLDS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)


def out_of_fold(pages: list[Page], calibration: tuple[float, ...] | None) -> list[np.ndarray]:
    """Scores of each page's lines; uncalibrated and unrestrained where `calibration` is None."""
    teller = Teller(Rulebook(load_rules()))
    scores: list[np.ndarray] = [np.empty(0)] * len(pages)
    for number in range(FOLDS):
        mine = [i for i, page in enumerate(pages) if fold_of(page.site, FOLDS) == number]
        if not mine:
            continue
        lines = segment_pages([pages[i].lines for i in mine])
        model = _with(read_model(fold_path(number)), calibration)
        score = scores_of(model, teller, lines, [pages[i].lang for i in mine])
        ends = np.cumsum([len(pages[i].lines) for i in mine])[:-1]
        for i, part in zip(mine, np.split(score, ends), strict=True):
            scores[i] = part
    return scores


def _with(model: LineModel, calibration: tuple[float, ...] | None) -> LineModel:
    changed = {
        "calibration": np.array(calibration or (1, 0, 0), np.float32),
        "restraint": np.float32(RESTRAINT if calibration else 0),
    }
    return LineModel({**model.weights, **changed})


def platt(scores: np.ndarray, is_drop: np.ndarray, steps: int = 50) -> tuple[float, float]:
    """Slope and offset of log-odds that fit the labels best (Newton's method)."""
    odds = np.log(np.clip(scores, 1e-6, 1 - 1e-6) / np.clip(1 - scores, 1e-6, 1))
    x = np.stack([odds, np.ones_like(odds)], 1).astype(np.float64)
    beta = np.array([1.0, 0.0])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ beta))
        hessian = (x * (p * (1 - p))[:, None]).T @ x
        beta = beta + np.linalg.solve(hessian, x.T @ (is_drop - p))
    return float(beta[0]), float(beta[1])


def curve(pages: list[Page], scores: list[np.ndarray]) -> list[str]:
    """The measures at each threshold, as a Markdown table."""
    names = ("precision", "recall", "drop_f1", "lost", "untouched", "exact")
    lines = [f"| threshold | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for threshold in THRESHOLDS:
        tally = Tally()
        for page, score in zip(pages, scores, strict=True):
            tally.add(page, score >= threshold)
        figures = tally.figures()
        lines.append(f"| {threshold} | {' | '.join(f'{figures[n]:.4f}' for n in names)} |")
    return lines


def main() -> None:
    trained = {number for number in range(FOLDS) if fold_path(number).is_file()}
    pages = [p for p in load_pages("mixed", HEADLINE_SETS) if fold_of(p.site, FOLDS) in trained]
    print(f"{len(pages)} pages of folds {sorted(trained)}")
    raw = np.concatenate(out_of_fold(pages, None))
    labels = np.concatenate([page.labels for page in pages])
    counts = labels <= DROP
    slope, offset = platt(raw[counts], labels[counts] == DROP)
    print(f"best: slope {slope:.3f}, offset {offset:.3f}; held: {CALIBRATION}, {RESTRAINT}")
    for path in [MODEL, *map(fold_path, trained)]:
        weights = dict(_with(read_model(path), CALIBRATION).weights)
        weights.pop("version")
        store(weights, path)
    scores = out_of_fold(pages, CALIBRATION)
    for name, wanted in (("English", True), ("other languages", False)):
        mine = [i for i, page in enumerate(pages) if (page.lang == "en") == wanted]
        print(f"\n{name}\n" + "\n".join(curve([pages[i] for i in mine], [scores[i] for i in mine])))


if __name__ == "__main__":
    main()
