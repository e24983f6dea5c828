"""Why the line model judges a line as it does, in words a reader understands.

Shape and place are read off the line's features. Wording is found by leaving words out: those
without which the score of the line falls most carried it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from pipelines.clean.line_features import FEATURES, read_features
from pipelines.clean.segment import LineBatch, segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipelines.clean.line_model import LineModel

    Row = Callable[[str], float]

_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 30
_NAMED_WORDS: Final = 3
_FALL: Final = 0.03
"""A word is named when the log-odds of the line fall by so much without it."""

_SIGNS: Final[tuple[tuple[str, Callable[[Row], bool]], ...]] = (
    ("short", lambda of: of("words_1") + of("words_2") + of("words_3_4") > 0),
    ("no sentence end", lambda of: not of("ends_terminal") and not of("ends_quote")),
    ("all capitals", lambda of: of("upper_case_share") > 0.7),
    ("written like a title", lambda of: of("capitalised_share") > 0.7 and of("log_words") > 0.3),
    ("mostly digits", lambda of: of("share_digit") > 0.3),
    ("divided like a menu", lambda of: of("share_divider") > 0.03),
    ("an address", lambda of: of("share_address") > 0.02),
    ("stands twice", lambda of: of("repeated_before") + of("repeated_after") > 0),
    ("begins like another line", lambda of: of("start_repeated") > 0),
    ("above the first paragraph", lambda of: bool(of("before_all_prose") and of("prose_after"))),
    ("below the last paragraph", lambda of: bool(of("after_all_prose") and of("prose_before"))),
    ("among lines that are no prose", lambda of: of("prose_gap_before") > 0.3),
    ("shares no word with the prose", lambda of: of("shared_words") == 0 and of("log_words") > 0.4),
)  # fmt: skip


def evidence(model: LineModel, text: str, row: int) -> tuple[str, ...]:
    """What speaks for removing line `row` (of the non-blank lines, from 0) of a document.

    Raises IndexError when the document has no such line.
    """
    lines = segment(pa.array([text], pa.large_string()))
    dense = read_features(lines, 0, len(lines.start)).dense[row]
    signs = [name for name, holds in _SIGNS if holds(_reader(dense))]
    words = _carrying_words(model, lines, row)
    return (*([f"wording: {', '.join(words)}"] if words else []), *signs)


def _reader(dense: NDArray[np.float32]) -> Row:
    return lambda name: float(dense[FEATURES.index(name)])


def _carrying_words(model: LineModel, lines: LineBatch, row: int) -> list[str]:
    """Words without which the line's log-odds fall, the most telling first."""
    start, end = int(lines.start[row]), int(lines.end[row])
    found = list(_WORD.finditer(lines.text, start, end))[:_MOST_WORDS]
    if len(found) < 2:
        return [word.group() for word in found]
    variants = [lines.text[: w.start()] + lines.text[w.end() :] for w in found]
    whole, *without = _log_odds(model, [lines.text, *variants], row)
    falls = sorted(zip((whole - x for x in without), (w.group() for w in found), strict=True))
    return [word for fall, word in reversed(falls) if fall > _FALL][:_NAMED_WORDS]


def _log_odds(model: LineModel, texts: list[str], row: int) -> NDArray[np.float64]:
    lines = segment(pa.array(texts, pa.large_string()))
    count = len(lines.start)
    score = model.score(lines, np.full(count, -1, np.int8), np.zeros(count, np.float32))
    first = np.searchsorted(lines.document, np.arange(len(texts)))
    at = np.clip(score[first + row].astype(np.float64), 1e-6, 1 - 1e-6)
    odds: NDArray[np.float64] = np.log(at / (1 - at))
    return odds
