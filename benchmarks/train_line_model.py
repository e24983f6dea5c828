"""Train the line model: `python benchmarks/train_line_model.py [--check | --folds]`.

Reads `COPYDESK_BENCH`/cleaning, writes `pipelines/clean/data/line_model.npz`. Needs PyTorch, which
copydesk itself does not. `--folds` writes the models of the cross-validation (by site) to
`COPYDESK_CACHE`; CALIBRATION and RESTRAINT are chosen on their out-of-fold scores, see
`calibrate_line_model.py`. `--check` trains anew and compares with the file of the package.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from line_check import compare_models
from line_data import (
    DROP,
    KEEP,
    SKIP,
    VARIANTS,
    Augmenter,
    Page,
    Row,
    Sample,
    load_pages,
)
from line_folds import CACHE, FOLDS, fold_of, fold_path
from line_network import HEADS, SORTS, Network, export
from line_told import RuleOdds, Teller
from line_vocabulary import ODDS_COLUMNS, build_vocabulary, encode
from torch.nn import functional

from pipelines.clean.line_features import FEATURES, LineFeatures, read_features
from pipelines.clean.line_model import GIVEN, given_columns, read_model
from pipelines.clean.rulebook import Rulebook, load_rules
from pipelines.clean.segment import LineBatch, segment

MODEL = Path(__file__).parent.parent / "pipelines/clean/data/line_model.npz"
EPOCHS = 45
BATCH_LINES = 400
RATE = 2e-3
DECAY = 0.1
TOKEN_DROPOUT = 0.3
MUTE = 0.12
"""Share of documents whose wording is hidden altogether: shape and place must do."""
NOISE = 0.05
SMOOTHING = 0.03
KIND_WEIGHT = 0.3
SORT_WEIGHT = 0.1
RARE_KINDS = (1.0, 1.0, 3.0, 3.0, 4.0, 4.0, 4.0)
"""Weight of each of `LINE_KINDS` in the loss: the rare ones count more."""
AVERAGED_STEPS = 250
PHRASE_DROPOUT = 0.4
CALIBRATION = (1.15, -0.14, 1.75)
"""Slope and offset of the log-odds (Platt scaling), and what each e-fold of words costs."""
RESTRAINT = 3.4
"""How far a line stays below the log of its document's summed odds, see `line_layers.restrain`."""
_HEAD = {"zyte": 0, "fundus": 0, "daniel": 0, "gtrends": 1, "wcxb": 2}
_SHARES = {"wcxb": 0.3}
"""Share of a set's pages that is drawn in each epoch."""
_RULES_SITE = "the rule book"
_IGNORED = -100


def segment_pages(documents: list[tuple[str, ...]]) -> LineBatch:
    """Lines of documents given as tuples of lines."""
    return segment(pa.array(["\n".join(lines) for lines in documents], pa.large_string()))


def features_of(lines: LineBatch) -> LineFeatures:
    """Features of a whole batch."""
    return read_features(lines, 0, len(lines.start))


def _quotations(rulebook: Rulebook) -> tuple[list[Row], list[Row]]:
    """What the rules' own examples say must go (or move, which counts for neither) and stay."""
    removes = [
        (line, SKIP if rule.moves else DROP, _RULES_SITE)
        for rule in rulebook.rules
        for line in rule.removes
    ]
    return removes, [(line, KEEP, _RULES_SITE) for rule in rulebook.rules for line in rule.keeps]


class SiteLines:
    """On how many pages of its site a line stands."""

    def __init__(self, pages: list[Page]) -> None:
        seen = {(page.site, line, page.id) for page in pages for line in page.lines}
        self.count: dict[tuple[str, str], int] = {}
        for site, line, _ in seen:
            self.count[site, line] = self.count.get((site, line), 0) + 1

    def support(self, samples: list[Sample], rng: np.random.Generator) -> np.ndarray:
        """Support of each line; unknown (0) for half of the documents."""
        columns = []
        for sample in samples:
            known = rng.random() < 0.5
            count = [self.count.get(key, 0) for key in zip(sample.sites, sample.lines, strict=True)]
            columns.append(np.where(known & (np.array(count) > 1), count, 0))
        return np.concatenate(columns).astype(np.float32)


class Trainer:
    """One training run; deterministic for pages, rules and seed."""

    def __init__(self, pages: list[Page], rulebook: Rulebook, seed: int) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self.rng = np.random.default_rng(seed)
        self.teller = Teller(rulebook)
        counted = [page for page in pages if page.variant != "full"]
        lines = segment_pages([page.lines for page in counted])
        self.vocabulary = build_vocabulary(counted, features_of(lines))
        self.sites = SiteLines(counted)
        self.vocabulary.sites[_RULES_SITE] = len(self.vocabulary.sites)
        self.rules = self._count_rules(counted, lines)
        self.augmenter = Augmenter(pages, seed, *_quotations(rulebook))
        self.network = Network(len(FEATURES) + ODDS_COLUMNS, GIVEN, self.vocabulary.embedded + 1)
        self.average: dict[str, torch.Tensor] = {}
        self.steps = 0

    def _count_rules(self, pages: list[Page], lines: LineBatch) -> RuleOdds:
        sizes = [len(page.lines) for page in pages]
        label = np.concatenate([page.labels for page in pages])
        site = np.repeat([self.vocabulary.sites[page.site] for page in pages], sizes)
        code = self.teller.codes(lines, [page.lang for page in pages])
        return RuleOdds.count(code, label, site, self.teller.kinds)

    def run(self, epochs: int = EPOCHS) -> dict[str, np.ndarray]:
        """Train; the weights as the package stores them, not yet calibrated."""
        self.optimizer = torch.optim.AdamW(self._groups(), weight_decay=DECAY)
        for epoch in range(epochs):
            began = time.process_time()
            batches = self._batches(self.augmenter.epoch(_SHARES))
            self.network.train()
            losses = []
            for i, batch in enumerate(batches):
                self._set_rate((epoch + i / len(batches)) / epochs)
                losses.append(self._step(batch))
            if epoch % 5 == 4:
                print(
                    f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, "
                    f"{time.process_time() - began:.1f} CPU-s",
                    flush=True,
                )
        tokens, odds = self.vocabulary.ordered()
        return export(self.average) | {
            "vocabulary": tokens,
            "odds": odds,
            "features": np.array(FEATURES),
            "calibration": np.array(CALIBRATION, dtype=np.float32),
            "restraint": np.float32(RESTRAINT),
            **self.rules.stored(self.teller.judge.rule_ids),
        }

    def _groups(self) -> list[dict]:
        wording = [self.network.mean.weight]
        rest = [
            p
            for name, p in self.network.named_parameters()
            if name.split(".")[0] not in ("mean", "peak")
        ]
        return [{"params": wording, "factor": 2.0}, {"params": rest, "factor": 1.0}]

    def _set_rate(self, done: float) -> None:
        """Warm up over 15 % of the run, then a cosine to zero."""
        share = done / 0.15 if done < 0.15 else 0.5 * (1 + np.cos(np.pi * (done - 0.15) / 0.85))
        for group in self.optimizer.param_groups:
            group["lr"] = max(RATE * group["factor"] * share, 1e-6)

    def _batches(self, samples: list[Sample]) -> list[tuple]:
        lines = segment_pages([sample.lines for sample in samples])
        sizes = np.array([len(sample.lines) for sample in samples])
        features = features_of(lines)
        site = np.array([self.vocabulary.sites[s] for sample in samples for s in sample.sites])
        mute = np.repeat(self.rng.random(len(samples)) < MUTE, sizes)
        dropout = np.where(mute, 1.0, TOKEN_DROPOUT)
        rows, odds = encode(features, self.vocabulary, site, self.rng, dropout)
        code = self.teller.codes(lines, [sample.lang for sample in samples])
        told = np.repeat(self.rng.random(len(samples)) >= PHRASE_DROPOUT, sizes)
        code_told = np.where(told, code, -1)
        phrase = self.teller.kinds[code_told]
        support = self.sites.support(samples, self.rng)
        given = given_columns(phrase, support, self.rules.of(code_told, site))
        sort = np.where(told, -1, self.teller.kinds[code])
        label = np.concatenate([sample.labels for sample in samples])
        head = np.repeat([_HEAD[sample.set] for sample in samples], sizes)
        weight = np.repeat(np.minimum(1, np.sqrt(25 / sizes)), sizes).astype(np.float32)
        starts = np.zeros(len(label), dtype=bool)
        starts[np.cumsum(sizes) - sizes] = True
        table = (
            np.concatenate([features.dense, odds], 1),
            rows,
            given,
            label,
            np.where(label == KEEP, -1, sort),
            head,
            weight,
            starts,
        )
        return [tuple(c[a:b] for c in table) for a, b in _cuts(starts)]

    def _step(self, batch: tuple) -> float:
        dense, rows, given, label, sort, head, weight, starts = batch
        tokens, offsets = _bags(rows)
        noisy = torch.from_numpy(dense) + NOISE * torch.randn(dense.shape)
        out = self.network((noisy, tokens, offsets, torch.from_numpy(given)), starts.copy())
        logit = out[torch.arange(len(label)), torch.from_numpy(head)]
        target = (
            torch.from_numpy((label == DROP).astype(np.float32)) * (1 - 2 * SMOOTHING) + SMOOTHING
        )
        counts = torch.from_numpy(weight * (label <= DROP))
        loss = functional.binary_cross_entropy_with_logits(logit, target, reduction="none")
        kind = torch.from_numpy(np.where(label == SKIP, _IGNORED, label))
        total = (loss * counts).sum() / counts.sum() + KIND_WEIGHT * functional.cross_entropy(
            out[:, HEADS:SORTS], kind, weight=torch.tensor(RARE_KINDS), ignore_index=_IGNORED
        )
        if (sort >= 0).any():
            known = torch.from_numpy(np.flatnonzero(sort >= 0))
            of_rule = torch.from_numpy(sort[sort >= 0].astype(np.int64))
            total = total + SORT_WEIGHT * functional.cross_entropy(out[known, SORTS:], of_rule)
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self._follow()
        return total.item()

    def _follow(self) -> None:
        self.steps += 1
        for name, value in self.network.state_dict().items():
            if name in self.average:
                self.average[name].lerp_(value, 1 / min(self.steps, AVERAGED_STEPS))
            else:
                self.average[name] = value.clone()


def _cuts(starts: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of about BATCH_LINES lines, of whole documents."""
    cuts = [0]
    for after in [*np.flatnonzero(starts)[1:].tolist(), len(starts)]:
        if after - cuts[-1] >= BATCH_LINES or after == len(starts):
            cuts.append(after)
    return list(pairwise(cuts))


def _bags(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    count = (rows > 0).sum(1)
    return torch.from_numpy(rows[rows > 0]), torch.from_numpy(np.cumsum(count) - count)


def store(weights: dict[str, np.ndarray], path: Path) -> None:
    """Write the weights with a version: the digest of their bytes."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    version = np.array(digest.hexdigest()[:16])
    np.savez_compressed(path, **weights, version=version)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="train the cross-validation models")
    parser.add_argument("--only", type=int, nargs="*", help="these folds only")
    parser.add_argument("--check", action="store_true", help="compare a rebuild with the file")
    given = parser.parse_args()
    pages = [page for variant in VARIANTS for page in load_pages(variant)]
    rulebook = Rulebook(load_rules())
    if not given.folds:
        rebuilt = CACHE / MODEL.name
        store(Trainer(pages, rulebook, FOLDS).run(), rebuilt)
        if given.check:
            mixed = load_pages("mixed")
            lines = segment_pages([page.lines for page in mixed])
            models = read_model(rebuilt), read_model(MODEL)
            sys.exit(compare_models(*models, mixed, lines, Teller(rulebook)))
        MODEL.write_bytes(rebuilt.read_bytes())
        print(f"{MODEL}: {MODEL.stat().st_size:,} bytes")
        return
    for number in given.only or range(FOLDS):
        known = [page for page in pages if fold_of(page.site, FOLDS) != number]
        store(Trainer(known, rulebook, number).run(), fold_path(number))


if __name__ == "__main__":
    main()
