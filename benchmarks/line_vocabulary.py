"""The wording the line model knows, and what each piece of it says about a line.

A token's log-odds count *sites*, not lines: on how many sites it stands in a line that goes, on how
many in a line that stays. In training the line's own site is left out of the count, or the model
would learn to trust wording that it has only ever seen on that site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from line_data import DROP, Page

from pipelines.clean.line_features import LineFeatures

TOKENS = 40_000
EMBEDDED = 8_000
MIN_SITES = 2
MIN_SITES_EMBEDDED = 3
SMOOTHING = 0.7
ODDS_STEP = 16
ODDS_LIMIT = 7.9
ODDS_COLUMNS = 6
_SITE_BITS = 15


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in order of weight; the first `EMBEDDED` have an embedding row of their own."""

    tokens: np.ndarray
    """int64 (tokens,), sorted."""
    rank: np.ndarray
    """Place in the order of weight of each of `tokens`."""
    embedded: int
    drops: np.ndarray
    keeps: np.ndarray
    pair: np.ndarray
    """(token, site) pairs, sorted, for leaving a site out."""
    pair_drops: np.ndarray
    sites: dict[str, int]

    def ordered(self) -> tuple[np.ndarray, np.ndarray]:
        """(tokens uint32, log-odds int8 in steps of 1 / ODDS_STEP) in order of weight."""
        order = np.argsort(self.rank)
        odds = _odds(self.drops, self.keeps)[order]
        return self.tokens[order].astype(np.uint32), np.round(odds * ODDS_STEP).astype(np.int8)


def _odds(drops: np.ndarray, keeps: np.ndarray) -> np.ndarray:
    odds = np.log((drops + SMOOTHING) / (keeps + SMOOTHING))
    return np.round(np.clip(odds, -ODDS_LIMIT, ODDS_LIMIT) * ODDS_STEP) / ODDS_STEP


def build_vocabulary(pages: list[Page], features: LineFeatures) -> Vocabulary:
    """Count wording over labelled pages, whose lines `features` describe in order."""
    labels = np.concatenate([page.labels for page in pages])
    sites = {site: i for i, site in enumerate(sorted({page.site for page in pages}))}
    line_site = np.repeat([sites[page.site] for page in pages], [len(p.lines) for p in pages])
    used = labels <= DROP
    known = _mask(features)[used]
    token = features.tokens[used][known].astype(np.int64)
    line = np.repeat(np.arange(used.sum()), known.sum(1))
    seen = np.unique(
        (token << (_SITE_BITS + 1)) | (line_site[used][line] << 1) | labels[used][line]
    )
    pair, is_drop = seen >> 1, seen & 1
    tokens, index = np.unique(pair >> _SITE_BITS, return_inverse=True)
    drops = np.bincount(index, weights=is_drop, minlength=len(tokens))
    keeps = np.bincount(index, minlength=len(tokens)) - drops
    site_count = np.bincount(np.searchsorted(tokens, np.unique(pair) >> _SITE_BITS))
    order, embedded = _choose(drops, keeps, site_count)
    chosen = np.sort(order)
    rank = np.empty(len(tokens), dtype=np.int64)
    rank[order] = np.arange(len(order))
    pair_drops = np.concatenate([[0], np.cumsum(is_drop)])
    return Vocabulary(
        tokens[chosen], rank[chosen], embedded, drops[chosen], keeps[chosen],
        pair, pair_drops, sites,
    )  # fmt: skip


def _choose(drops: np.ndarray, keeps: np.ndarray, site_count: np.ndarray) -> tuple[np.ndarray, int]:
    """Indices of the tokens to keep, those with an embedding first; how many have one."""
    weight = np.sqrt(drops + keeps) * np.abs(np.log((drops + 0.5) / (keeps + 0.5)))
    order = np.argsort(-(weight + 0.02 * (drops + keeps)), kind="stable")
    order = order[site_count[order] >= MIN_SITES][:TOKENS]
    often = order[site_count[order] >= MIN_SITES_EMBEDDED][:EMBEDDED]
    rest = order[~np.isin(order, often)]
    return np.concatenate([often, rest]), len(often)


def _mask(features: LineFeatures) -> np.ndarray:
    return np.arange(features.tokens.shape[1])[None] < features.token_count[:, None]


def encode(
    features: LineFeatures,
    vocabulary: Vocabulary,
    sites: np.ndarray,
    rng: np.random.Generator,
    dropout: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """(embedding rows, 0 where none; odds columns) of lines, each line's own site left out.

    `dropout`: share of each line's tokens that is hidden, shape (lines,).
    """
    mask = _mask(features)
    token = features.tokens[mask].astype(np.int64)
    at = np.minimum(np.searchsorted(vocabulary.tokens, token), len(vocabulary.tokens) - 1)
    hit = (vocabulary.tokens[at] == token) & (
        rng.random(len(token)) >= np.repeat(dropout, mask.sum(1))
    )
    own = (token << _SITE_BITS) | np.repeat(sites, mask.sum(1))
    low = np.searchsorted(vocabulary.pair, own, "left")
    high = np.searchsorted(vocabulary.pair, own, "right")
    own_drops = vocabulary.pair_drops[high] - vocabulary.pair_drops[low]
    drops = np.where(hit, vocabulary.drops[at] - own_drops, 0)
    keeps = np.where(hit, vocabulary.keeps[at] - (high - low - own_drops), 0)
    rows = np.zeros(mask.shape, dtype=np.int64)
    rows[mask] = np.where(
        hit & (vocabulary.rank[at] < vocabulary.embedded), vocabulary.rank[at] + 1, 0
    )
    known = np.zeros(mask.shape, dtype=bool)
    known[mask] = hit & (drops + keeps > 0)
    odds = np.zeros(mask.shape, dtype=np.float32)
    odds[mask] = _odds(drops, keeps)
    return rows, _odds_columns(np.where(known, odds, 0), known.sum(1))


def _odds_columns(odds: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Mean, two highest, two lowest (never past 0) and sum of a line's log-odds, halved."""
    total = odds.sum(1)
    ranked = np.sort(odds, 1)
    columns = [
        total / np.maximum(count, 1),
        np.maximum(ranked[:, -1], 0), np.maximum(ranked[:, -2], 0),
        np.minimum(ranked[:, 0], 0), np.minimum(ranked[:, 1], 0),
        np.clip(total / 8, -4, 4),
    ]  # fmt: skip
    return (np.stack(columns, 1) / 2).astype(np.float32)
