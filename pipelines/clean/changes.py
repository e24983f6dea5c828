"""The repairs of a whole batch: found over arrays, and made, together with the removals.

Only lines in which `repair.line_flags` or a wrap shows that there may be work are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

from pipelines.clean import repair
from pipelines.clean.segment import LineBatch
from pipelines.clean.spacing import Gaps
from pipelines.clean.strings import code_points
from pipelines.clean.wraps import join

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPAIR_IDS: Final = (
    "date_prefix", "outer_white_space", "white_space", "wrapped_line", "hyphenation",
    *(name for name, _, _ in repair.REPAIRS),
)  # fmt: skip
_CODE: Final = {name: code for code, name in enumerate(REPAIR_IDS)}
_PLAIN: Final = ("", "\n", "\n\n")
"""What may stand instead of a gap, by the number of line feeds."""


class Reading(NamedTuple):
    """What the repairs of a batch rest on."""

    lines: LineBatch
    gaps: Gaps
    wraps: NDArray[np.bool_]
    """Whether the break below each line is a hard wrap, shape (lines,)."""
    kept: NDArray[np.bool_]
    """Whether each line stays, shape (lines,)."""
    prefixes: dict[int, str]
    """Rows of the documents that begin with a date, and the dates."""
    languages: list[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """Repairs in reading order, shape (repairs,): `codes[start:end]` gives way to a text."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    repair: NDArray[np.int64]
    """Index into REPAIR_IDS."""
    after: NDArray[np.int64]
    """Index into `texts`."""
    texts: list[str]


def find_changes(reading: Reading) -> Changes:
    """All repairs of a batch."""
    texts = list(_PLAIN)
    parts = [_edges(reading), _read(reading, texts), _gaps(reading)]
    start, end, name, after = np.concatenate(parts, axis=1)
    order = np.argsort(start, kind="stable")
    return Changes(start[order], end[order], name[order], after[order], texts)


def _edges(reading: Reading) -> NDArray[np.int64]:
    """White space, or a date, before the first line of a document."""
    lines = reading.lines
    begin, finish = lines.document_start[:-1], lines.document_start[1:].copy()
    first = np.flatnonzero(np.diff(lines.document, prepend=-1) > 0)
    finish[lines.document[first]] = lines.start[first]
    rows = np.flatnonzero(finish > begin)
    name = np.full(rows.size, _CODE["outer_white_space"], dtype=np.int64)
    name[np.isin(rows, list(reading.prefixes))] = _CODE["date_prefix"]
    return np.stack([begin[rows], finish[rows], name, np.zeros_like(rows)])


def _last_kept(reading: Reading) -> NDArray[np.bool_]:
    """Whether each line is the last of its document that stays, shape (lines,)."""
    rows = np.flatnonzero(reading.kept)
    document = reading.lines.document[rows]
    is_last = np.zeros(reading.kept.size, dtype=np.bool_)
    is_last[rows[np.diff(document, append=-1) != 0]] = True
    return is_last


def _goes_on(reading: Reading) -> NDArray[np.bool_]:
    """Whether each line and the one below it stay and are one, shape (lines,)."""
    goes_on = reading.kept & reading.wraps
    goes_on[:-1] &= reading.kept[1:]
    return goes_on


def _gaps(reading: Reading) -> NDArray[np.int64]:
    """White space below kept lines that is not as it should be."""
    end, gaps = reading.lines.end, reading.gaps
    is_last = _last_kept(reading)
    below = reading.kept & ~_goes_on(reading)
    trailing = below & is_last & (gaps.until > end)
    rows = np.flatnonzero(trailing | (below & ~is_last & ~gaps.is_plain))
    name = np.where(trailing[rows], _CODE["outer_white_space"], _CODE["white_space"])
    after = np.where(trailing[rows], 0, np.minimum(gaps.breaks[rows], 2))
    return np.stack([end[rows], gaps.until[rows], name, after])


def _read(reading: Reading, texts: list[str]) -> NDArray[np.int64]:
    """Changes inside lines and of wraps; what they put in place is added to `texts`."""
    lines = reading.lines
    documents = repair.flags(lines.codes, lines.document_start)
    flags = repair.line_flags(lines, documents) * reading.kept
    joined = _goes_on(reading)
    found: list[tuple[int, int, int, int]] = []
    row, raw_text = -1, ""
    for i in np.flatnonzero((flags > 0) | joined).tolist():
        if row != lines.document[i]:
            row = int(lines.document[i])
            raw_text = lines.text[lines.document_start[row] : lines.document_start[row + 1]]
        start, end = int(lines.start[i]), int(lines.end[i])
        context = repair.Context(raw_text, reading.languages[row])
        line = lines.text[start:end]
        for name, (at, before, after) in repair.repair_line(line, int(flags[i]), context):
            found.append((start + at, start + at + len(before), _CODE[name], len(texts)))
            texts.append(after)
        if joined[i]:
            name, tail, after = join(line, _text(lines, i + 1), raw_text)
            until = int(reading.gaps.until[i])
            found.append((end - len(tail), until, _CODE[name], len(texts)))
            texts.append(after)
    return np.array(found, dtype=np.int64).reshape(-1, 4).T


def _text(lines: LineBatch, row: int) -> str:
    return lines.text[lines.start[row] : lines.end[row]]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _apply(codes: Any, document_start: Any, edits: Any, texts: Any, results: Any) -> int:
    """Write the bodies; the edit that does not fit, or -1."""
    start, end, after = edits
    after_codes, after_bounds = texts
    out, bounds = results
    used = 0
    e = 0
    for row in range(document_start.size - 1):
        done, finish = document_start[row], document_start[row + 1]
        while e < start.size and start[e] < finish:
            if start[e] < done or end[e] > finish:
                return e
            size = start[e] - done
            out[used : used + size] = codes[done : start[e]]
            used += size
            for at in range(after_bounds[after[e]], after_bounds[after[e] + 1]):
                out[used] = after_codes[at]
                used += 1
            done = end[e]
            e += 1
        size = finish - done
        out[used : used + size] = codes[done:finish]
        used += size
        bounds[row + 1] = used
    return -1


def bodies(reading: Reading, changes: Changes) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of the clean texts, and their bounds, shape (documents + 1,).

    Raises ValueError when two edits overlap.
    """
    lines = reading.lines
    removed = np.flatnonzero(~reading.kept)
    start = np.concatenate([lines.start[removed], changes.start])
    end = np.concatenate([reading.gaps.until[removed], changes.end])
    after = np.concatenate([np.zeros(removed.size, dtype=np.int64), changes.after])
    order = np.argsort(start, kind="stable")
    texts = code_points(changes.texts)
    room = lines.codes.size + int(np.diff(texts[1])[changes.after].sum())
    out = np.empty(room, dtype=np.uint32)
    bounds = np.zeros(lines.document_start.size, dtype=np.int64)
    edits = (start[order], end[order], after[order])
    wrong = _apply(lines.codes, lines.document_start, edits, texts, (out, bounds))
    if wrong >= 0:
        raise ValueError(f"edit at {int(edits[0][wrong])} of the batch overlaps another")
    return out[: bounds[-1]], bounds
