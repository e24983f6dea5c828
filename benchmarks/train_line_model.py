"""Train the line model: `python benchmarks/train_line_model.py [--check | --folds]`.

Reads `COPYDESK_BENCH`/cleaning, writes `pipelines/clean/data/line_model.npz`. Needs PyTorch, which
copydesk itself does not. With `--folds` the models of the cross-validation (by site) are written to
`COPYDESK_CACHE` and the calibration is chosen on their out-of-fold figures.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
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
    load_unlabelled,
)
from line_folds import CACHE, FOLDS, fold_of, fold_path
from line_network import HEADS, Network, export
from line_vocabulary import ODDS_COLUMNS, build_vocabulary, encode
from torch.nn import functional

from pipelines.clean.fold import fold
from pipelines.clean.line_features import FEATURES, LineFeatures, read_features
from pipelines.clean.line_model import GIVEN, LineModel, given_columns, read_model
from pipelines.clean.match import candidates
from pipelines.clean.place import place
from pipelines.clean.rulebook import Rulebook, load_rules
from pipelines.clean.segment import LineBatch, segment
from pipelines.contract import KINDS

MODEL = Path(__file__).parent.parent / "pipelines/clean/data/line_model.npz"
EPOCHS = 18
BATCH_LINES = 3000
RATE = 3e-3
DECAY = 0.1
TOKEN_DROPOUT = 0.3
NOISE = 0.05
SMOOTHING = 0.03
KIND_WEIGHT = 0.3
RARE_KINDS = (1.0, 1.0, 3.0, 3.0, 4.0, 4.0, 4.0)
"""Weight of each of `LINE_KINDS` in the loss: the rare ones count more."""
AVERAGED_STEPS = 100
SURE = 0.08
"""A line of an unlabelled page is used when the first round is so sure of it."""
PHRASE_DROPOUT = 0.4
CALIBRATION = (1.0, 0.0, 0.75)
RESTRAINT = 2.5
_HEAD = {"zyte": 0, "fundus": 0, "daniel": 0, "gva": 0, "gtrends": 1, "wcxb": 2}
_SHARES = {"wcxb": 0.3, "gva": 0.25}
"""Share of a set's pages that is drawn in each epoch."""
_RULES_SITE = "the rule book"
_IGNORED = -100


def segment_pages(documents: list[tuple[str, ...]]) -> LineBatch:
    """Lines of documents given as tuples of lines."""
    return segment(pa.array(["\n".join(lines) for lines in documents], pa.large_string()))


def features_of(lines: LineBatch) -> LineFeatures:
    """Features of a whole batch."""
    return read_features(lines, 0, len(lines.start))


def phrases_of(lines: LineBatch, rulebook: Rulebook) -> np.ndarray:
    """Kind of the rule that holds where each line stands, -1 for none; as `classify` has it."""
    possible = candidates(fold(lines), rulebook)
    unwrapped = np.zeros(len(lines.start), dtype=bool)
    zone = place(lines, (possible >= 0).any(axis=1), unwrapped).zone
    code = possible[np.arange(len(zone)), zone]
    kinds = np.array([KINDS.index(rule.kind) for rule in rulebook.rules] + [-1], dtype=np.int8)
    return kinds[code]


def _quotations(rulebook: Rulebook) -> tuple[list[Row], list[Row]]:
    """What the rules' own examples say must go (or move, which counts for neither) and stay."""
    removes = [
        (line, SKIP if rule.moves else DROP, _RULES_SITE)
        for rule in rulebook.rules
        for line in rule.removes
    ]
    return removes, [(line, KEEP, _RULES_SITE) for rule in rulebook.rules for line in rule.keeps]


def label_pages(pages: list[Page], teacher: LineModel, rulebook: Rulebook) -> list[Page]:
    """Unlabelled pages with the labels that the teacher is sure of."""
    lines = segment_pages([page.lines for page in pages])
    score = teacher.score(
        lines, phrases_of(lines, rulebook), np.zeros(len(lines.start), np.float32)
    )
    label = np.where(score < SURE, KEEP, np.where(score > 1 - SURE, DROP, SKIP))
    ends = np.cumsum([len(page.lines) for page in pages])
    labels = np.split(label, ends[:-1])
    return [replace(p, labels=tuple(part.tolist())) for p, part in zip(pages, labels, strict=True)]


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
        self.rulebook = rulebook
        counted = [page for page in pages if page.variant != "full"]
        features = features_of(segment_pages([page.lines for page in counted]))
        self.vocabulary = build_vocabulary(counted, features)
        self.sites = SiteLines(counted)
        self.vocabulary.sites[_RULES_SITE] = len(self.vocabulary.sites)
        self.augmenter = Augmenter(pages, seed, *_quotations(rulebook))
        self.network = Network(len(FEATURES) + ODDS_COLUMNS, GIVEN, self.vocabulary.embedded + 1)
        self.average: dict[str, torch.Tensor] = {}
        self.steps = 0

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
        rows, odds = encode(features, self.vocabulary, site, self.rng, TOKEN_DROPOUT)
        phrase = phrases_of(lines, self.rulebook)
        told = np.repeat(self.rng.random(len(samples)) >= PHRASE_DROPOUT, sizes)
        given = given_columns(np.where(told, phrase, -1), self.sites.support(samples, self.rng))
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
            head,
            weight,
            starts,
        )
        return [tuple(c[a:b] for c in table) for a, b in _cuts(starts)]

    def _step(self, batch: tuple) -> float:
        dense, rows, given, label, head, weight, starts = batch
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
            out[:, HEADS:], kind, weight=torch.tensor(RARE_KINDS), ignore_index=_IGNORED
        )
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


def _other_sites(pages: list[Page]) -> list[Page]:
    """Unlabelled pages, without those of sites that are held out."""
    held_out = {p.site for v in VARIANTS for p in load_pages(v)} - {page.site for page in pages}
    return [p for p in load_unlabelled() if not p.site.endswith(tuple(held_out))]


def _train(pages: list[Page], rulebook: Rulebook, seed: int, epochs: int, path: Path) -> None:
    """Two rounds: the second also learns from unlabelled pages what the first is sure of."""
    first = path.with_suffix(".first.npz")
    if not first.is_file():
        weights = Trainer(pages, rulebook, seed).run(epochs)
        store(
            weights | {"calibration": np.array([1, 0, 0], "f4"), "restraint": np.float32(0)}, first
        )
    learned = label_pages(_other_sites(pages), read_model(first), rulebook)
    store(Trainer(pages + learned, rulebook, seed + 100).run(epochs), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", action="store_true", help="train the cross-validation models")
    parser.add_argument("--only", type=int, nargs="*", help="these folds only")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    given = parser.parse_args()
    pages = [page for variant in VARIANTS for page in load_pages(variant)]
    rulebook = Rulebook(load_rules())
    if not given.folds:
        path = CACHE / MODEL.name
        _train(pages, rulebook, 0, given.epochs, path)
        MODEL.write_bytes(path.read_bytes())
        print(f"{MODEL}: {MODEL.stat().st_size:,} bytes")
        return
    for number in given.only or range(FOLDS):
        known = [page for page in pages if fold_of(page.site, FOLDS) != number]
        _train(known, rulebook, number, given.epochs, fold_path(number))


if __name__ == "__main__":
    main()
