"""What is counted in the cleaning benchmark.

*Drop* lines must go, *keep* lines must stay; titles, bylines, dates, captions and uncertain lines
count for neither side. Words: runs of letters and digits, each ideograph a word of its own.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

import numpy as np
from line_data import DROP, KEEP, Page

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"\w+")


def count_words(text: str) -> int:
    """Words of a text."""
    ideographs = len(_IDEOGRAPH.findall(text))
    return ideographs + len(_WORD.findall(_IDEOGRAPH.sub(" ", text)))


@dataclass
class Tally:
    """Counts over pages, added up page by page."""

    pages: int = 0
    dropped: int = 0
    dropped_wrongly: int = 0
    missed: int = 0
    words: int = 0
    words_lost: int = 0
    words_missed: int = 0
    controls: int = 0
    untouched: int = 0
    exact: int = 0

    def add(self, page: Page, verdict: np.ndarray) -> None:
        """Count one page; `verdict` is True for each line the system removes."""
        label = np.array(page.labels)
        words = np.array([count_words(line) for line in page.lines])
        keep, drop = label == KEEP, label == DROP
        self.pages += 1
        self.dropped += int((verdict & drop).sum())
        self.dropped_wrongly += int((verdict & keep).sum())
        self.missed += int((~verdict & drop).sum())
        self.words += int(words[keep].sum())
        self.words_lost += int(words[keep & verdict].sum())
        self.words_missed += int(words[drop & ~verdict].sum())
        self.controls += page.clean
        self.untouched += page.clean and not (verdict & (keep | drop)).any()
        self.exact += not ((verdict != drop) & (keep | drop)).any()

    def figures(self) -> dict[str, float]:
        """The measures of the table; shares are 0-1."""
        precision = _share(self.dropped, self.dropped + self.dropped_wrongly)
        recall = _share(self.dropped, self.dropped + self.missed)
        kept = self.words - self.words_lost
        word_precision, word_recall = (
            _share(kept, kept + self.words_missed),
            _share(kept, self.words),
        )
        return {
            "pages": self.pages,
            "precision": precision,
            "recall": recall,
            "drop_f1": _f1(precision, recall),
            "lost": _share(self.words_lost, self.words),
            "kept_words_f1": _f1(word_precision, word_recall),
            "untouched": _share(self.untouched, self.controls),
            "exact": _share(self.exact, self.pages),
        }

    def counts(self) -> dict[str, int]:
        """The bare counts."""
        return asdict(self)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return _share(2 * precision * recall, precision + recall)
