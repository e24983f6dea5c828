"""Whether two line models are the same up to what a rebuild on another machine may change.

Training is deterministic on one machine with one version of PyTorch; elsewhere sums of floats come
in another order and drift apart over the steps, so that weights cannot be compared, only verdicts.
"""

from __future__ import annotations

import numpy as np
from line_data import Page
from line_told import Teller

from pipelines.clean.line_model import DEFAULT_THRESHOLD, LineModel
from pipelines.clean.segment import LineBatch

MEAN_DIFFERENCE = 0.03
"""How far apart the two models' scores may be on average."""

DISAGREEMENT = 0.02
"""Share of lines on which their verdicts may differ."""


def scores_of(
    model: LineModel, teller: Teller, lines: LineBatch, languages: list[str]
) -> np.ndarray:
    """Score of each line, the evidence of the rule book known."""
    code = teller.codes(lines, languages)
    odds = np.append(model.rule_odds(teller.judge.rule_ids, teller.kinds[:-1]), np.float32(0))
    unknown = np.zeros(len(lines.start), np.float32)
    return model.score(lines, teller.kinds[code], unknown, odds[code])


def compare_models(
    rebuilt: LineModel, shipped: LineModel, pages: list[Page], lines: LineBatch, teller: Teller
) -> int:
    """Print how the two differ on the lines of pages; 0 within the tolerance, else 1."""
    languages = [page.lang for page in pages]
    ours, theirs = (scores_of(model, teller, lines, languages) for model in (rebuilt, shipped))
    mean = float(np.abs(ours - theirs).mean())
    differ = float(((ours >= DEFAULT_THRESHOLD) != (theirs >= DEFAULT_THRESHOLD)).mean())
    same = rebuilt.version == shipped.version
    print(f"version {rebuilt.version} against {shipped.version}: {'same' if same else 'other'}")
    print(f"mean difference of scores {mean:.4f} (allowed {MEAN_DIFFERENCE})")
    print(f"verdicts that differ {100 * differ:.2f} % (allowed {100 * DISAGREEMENT:.0f} %)")
    return int(mean > MEAN_DIFFERENCE or differ > DISAGREEMENT)
