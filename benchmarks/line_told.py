"""What the line model is told of lines from outside them: as the pipeline gathers it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from line_data import DROP

from pipelines.clean.draft import Given, Judge
from pipelines.clean.evidence import gather
from pipelines.clean.fold import fold
from pipelines.clean.rulebook import Rulebook
from pipelines.clean.segment import LineBatch
from pipelines.clean.sites import Owner, SiteLines
from pipelines.contract import KINDS

PRIOR_SITES = 2.0
"""A rule is taken to have been seen on so many more sites, with the odds of its kind."""

ODDS_LIMIT = 4.0
_SITE_BITS = 20


class Teller:
    """Gathers evidence with the rule book alone: no site's history, no owner's word."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.judge = Judge(rulebook, None, 0.5, SiteLines.of(None), Owner())
        self.kinds = np.append(self.judge.kinds, np.int8(-1))
        """Kind of each verdict code; the last (code -1) is none."""

    def codes(self, lines: LineBatch, languages: list[str]) -> np.ndarray:
        """Verdict code of the evidence against each line of documents in such languages."""
        nothing = [None] * len(languages)
        unwrapped = np.zeros(len(lines.start), dtype=bool)
        given = Given(nothing, nothing, nothing, languages, unwrapped)
        return gather(lines, fold(lines), given, self.judge).code


@dataclass(frozen=True)
class RuleOdds:
    """On how many sites each rule hit lines that go, and lines that stay."""

    drops: np.ndarray
    """Sites, weighed by the share of the rule's hits there that go, (codes,)."""
    keeps: np.ndarray
    kinds: np.ndarray
    pair: np.ndarray
    """(code, site) pairs seen, sorted, for leaving a site out."""
    pair_drops: np.ndarray

    @classmethod
    def count(
        cls, code: np.ndarray, label: np.ndarray, site: np.ndarray, kinds: np.ndarray
    ) -> RuleOdds:
        """Count over labelled lines; `kinds` as of a Teller."""
        used = (code >= 0) & (label <= DROP)
        pair, index = np.unique(
            (code[used].astype(np.int64) << _SITE_BITS) | site[used], return_inverse=True
        )
        share = np.bincount(index, weights=label[used] == DROP) / np.bincount(index)
        rule = pair >> _SITE_BITS
        drops = np.bincount(rule, weights=share, minlength=len(kinds) - 1)
        keeps = np.bincount(rule, weights=1 - share, minlength=len(kinds) - 1)
        return cls(drops, keeps, kinds[:-1], pair, share)

    def of(self, code: np.ndarray, site: np.ndarray) -> np.ndarray:
        """Odds of the rule that hit each line, the line's own site left out; 0 for none."""
        wanted = (code.astype(np.int64) << _SITE_BITS) | site
        at = np.minimum(np.searchsorted(self.pair, wanted), len(self.pair) - 1)
        own = (self.pair[at] == wanted) & (code >= 0)
        own_drops = np.where(own, self.pair_drops[at], 0)
        drops = self.drops[code] - own_drops
        keeps = self.keeps[code] - (own - own_drops)
        odds = self._shrunk(drops, keeps, self.kinds[code])
        return np.where(code >= 0, odds, 0).astype(np.float32)

    def _kind_rates(self) -> np.ndarray:
        """Share of sites on which what rules of a kind hit goes, shrunk towards all rules."""
        drops = np.bincount(self.kinds, weights=self.drops, minlength=len(KINDS))
        keeps = np.bincount(self.kinds, weights=self.keeps, minlength=len(KINDS))
        overall = drops.sum() / (drops.sum() + keeps.sum())
        return (drops + PRIOR_SITES * overall) / (drops + keeps + PRIOR_SITES)

    def _shrunk(self, drops: np.ndarray, keeps: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        rate = np.clip(self._kind_rates()[kinds], 0.02, 0.98)
        odds = np.log((drops + PRIOR_SITES * rate) / (keeps + PRIOR_SITES * (1 - rate)))
        return np.clip(odds, -ODDS_LIMIT, ODDS_LIMIT)

    def stored(self, rule_ids: list[str]) -> dict[str, np.ndarray]:
        """The odds as the package stores them: of rules that were seen, and of all kinds."""
        seen = np.flatnonzero(self.drops + self.keeps > 0)
        odds = self._shrunk(self.drops[seen], self.keeps[seen], self.kinds[seen])
        none = np.zeros(len(KINDS))
        return {
            "rules": np.array([rule_ids[code] for code in seen]),
            "rule_odds": odds.astype(np.float32),
            "kind_odds": self._shrunk(none, none, np.arange(len(KINDS))).astype(np.float32),
        }
