"""Why the line model judges a line as it does, in words a reader understands.

Shape and place are read off the line's features; wording off the vocabulary: the words that, over
the training pages, stand in boilerplate on many more sites than in articles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from pipelines.clean.line_features import FEATURES, read_features
from pipelines.clean.line_wording import ODDS_STEP
from pipelines.clean.line_words import WORD_TOKEN
from pipelines.clean.segment import segment

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from pipelines.clean.line_model import LineModel

    Row = Callable[[str], float]

_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 30
_NAMED_WORDS: Final = 3
_TELLING: Final = 0.7
"""Log-odds from which a word is named: it stands in boilerplate twice as often."""

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
    words = _telling_words(model, lines.text[lines.start[row] : lines.end[row]])
    return (*([f"wording: {', '.join(words)}"] if words else []), *signs)


def _reader(dense: NDArray[np.float32]) -> Row:
    return lambda name: float(dense[FEATURES.index(name)])


def _telling_words(model: LineModel, line: str) -> list[str]:
    """Words of a line that stand in boilerplate on many more sites than in articles."""
    words = list(dict.fromkeys(match.group() for match in _WORD.finditer(line)))[:_MOST_WORDS]
    alone = segment(pa.array(words, pa.large_string()))
    if len(alone.start) != len(words) or not words:
        return []
    token = read_features(alone, 0, len(words)).tokens[:, WORD_TOKEN]
    known = {int(key): int(odds) for key, odds in zip(*_vocabulary(model), strict=True)}
    odds = [known.get(int(key), 0) / ODDS_STEP for key in token]
    ranked = sorted(zip(odds, words, strict=True), key=lambda pair: -pair[0])
    return [word for weight, word in ranked if weight > _TELLING][:_NAMED_WORDS]


def _vocabulary(model: LineModel) -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
    return model.weights["vocabulary"], model.weights["odds"]
