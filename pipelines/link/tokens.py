"""Texts to tokens: hashed words with their sentence, their place and what they are.

One numba pass, text by text. A token is a run of letters or digits, folded (see
`characters`), cut to its first `STEM_CHARS` characters, which serves as a stemmer for every
language at once; scripts without spaces give overlapping character pairs. Sentences end at a
line break, or at a full stop that is followed by white space and a capital and does not follow
an abbreviation or initial. Quoted tokens, names (capitalised inside a sentence) and numbers are
flagged, since independent reports of one event share exactly those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.link.characters import character_tables
from pipelines.link.page import most_words, page_for
from pipelines.link.scan import (
    NAME,
    NUMBER,
    OPENING,
    QUOTED,
    Sink,
    Source,
    scan_texts,
)

_ABBREVIATIONS: Final = (
    "mr mrs ms dr st sgt lt col gen gov sen rep capt cpl pfc det prof rev hon jr sr vs no nos inc"
    " corp co ltd dept univ ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec mon tue"
    " wed thu fri sat sun approx est fig ft hr min bzw ca evtl usw zb bspw nr sog mme mlle pp cf"
    " etc sra srta ud uds av art fr dra г гг им ул тыс млн млрд руб т п prov fam prof inz ul godz"
)


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Tokens of n texts, flat. Offsets are code points from the start of their own text."""

    token: NDArray[np.uint32]
    flags: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    sentence_start: NDArray[np.int64]  # first token of each sentence, plus one sentinel
    text_start: NDArray[np.int64]  # int64[n + 1]: first token of each text
    text_sentence: NDArray[np.int64]  # int64[n + 1]: first sentence of each text
    normal: NDArray[np.uint64]  # uint64[n or 0, 2]: hash of all letters and digits, folded


def tokenise(texts: pa.Array, *, with_normal: bool = False) -> TokenBatch:
    """Tokens of a string array of n texts; null counts as empty. `normal` has rows if asked for."""
    return _scan_all(texts, abbreviations(), with_normal=with_normal)


@cache
def abbreviations() -> NDArray[np.uint32]:
    """Sorted hashes of the words after which a full stop does not end a sentence."""
    batch = tokenise_words(_ABBREVIATIONS.split())
    return np.unique(batch)


def tokenise_words(words: list[str]) -> NDArray[np.uint32]:
    """Hash of the first token of each word, as `tokenise` would give it."""
    batch = _scan_all(pa.array(words), np.zeros(0, np.uint32), with_normal=False)
    return batch.token[batch.text_start[:-1]]


def _scan_all(texts: pa.Array, short: NDArray[np.uint32], *, with_normal: bool) -> TokenBatch:
    filled = pc.fill_null(pc.cast(texts, pa.large_string()), "")
    count = len(filled)
    offsets = np.frombuffer(filled.buffers()[1], np.int64, count + 1, 8 * filled.offset)
    data = np.frombuffer(filled.buffers()[2] or b"", np.uint8)
    sizes = np.diff(offsets)
    room = int(most_words(data[offsets[0] : offsets[-1]])) + count  # a text may begin in a word
    sink = Sink(
        token=np.empty(room, np.uint32),
        flags=np.empty(room, np.uint8),
        start=np.empty(room, np.int32),
        end=np.empty(room, np.int32),
        sentence_start=np.empty(room + 1, np.int64),
        text_start=np.zeros(count + 1, np.int64),
        text_sentence=np.zeros(count + 1, np.int64),
        normal=np.zeros((count if with_normal else 0, 2), np.uint64),
    )
    source = Source(data, offsets, *character_tables(), short)
    used, sentences = scan_texts(source, page_for(int(sizes.max(initial=0))), sink)
    return TokenBatch(
        token=sink.token[:used],
        flags=sink.flags[:used],
        start=sink.start[:used],
        end=sink.end[:used],
        sentence_start=sink.sentence_start[: sentences + 1],
        text_start=sink.text_start,
        text_sentence=sink.text_sentence,
        normal=sink.normal,
    )


__all__ = [
    "NAME",
    "NUMBER",
    "OPENING",
    "QUOTED",
    "TokenBatch",
    "abbreviations",
    "tokenise",
    "tokenise_words",
]
