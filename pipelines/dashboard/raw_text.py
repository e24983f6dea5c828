"""A document as it came, with what was taken out of it in its place.

The public tables hold the clean text, the removed lines and the repairs. Together they are the raw
text: walking the offsets puts every removed line back where it stood (contract: exactness).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the raw text: `kept`, `removed` (with kind, rule, score) or `repair`."""

    what: str
    text: str
    after: str = ""
    kind: str = ""
    rule_id: str = ""
    score: float = 1.0


def pieces(
    body: str,
    removed_lines: Iterable[Mapping[str, Any]],
    repairs: Iterable[Mapping[str, Any]],
) -> list[Piece]:
    """The raw text as kept, removed and repaired pieces, in order.

    Offsets count code points of the raw text. Joining `text` of all pieces gives the raw text;
    joining kept texts and the `after` of repairs gives `body`.
    """
    edits = [(int(row["start_char"]), _removed(row)) for row in removed_lines]
    edits += [(int(row["start_char"]), _repair(row)) for row in repairs]
    found: list[Piece] = []
    raw_at = body_at = 0
    for start, piece in sorted(edits, key=lambda edit: edit[0]):
        if start > raw_at:
            found.append(Piece("kept", body[body_at : body_at + start - raw_at]))
            body_at += start - raw_at
        found.append(piece)
        raw_at = start + len(piece.text)
        body_at += len(piece.after)
    if body_at < len(body):
        found.append(Piece("kept", body[body_at:]))
    return found


def _removed(row: Mapping[str, Any]) -> Piece:
    text = row["line_text"] + row["line_break"]
    return Piece("removed", text, "", row["kind"], row["rule_id"], float(row["score"]))


def _repair(row: Mapping[str, Any]) -> Piece:
    return Piece("repair", row["before"], row["after"], "repair", row["repair_id"])


def blocks(found: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces grouped for display: each removed line by itself, what was kept between them.

    White space at the edge of a block is left out: the page puts blocks below each other.
    """
    grouped: list[list[Piece]] = []
    for piece in found:
        is_new = not grouped or piece.what == "removed" or grouped[-1][-1].what == "removed"
        if is_new:
            grouped.append([piece])
        else:
            grouped[-1].append(piece)
    return [group for group in grouped if _is_worth_showing(group)]


def _is_worth_showing(group: Sequence[Piece]) -> bool:
    return any(piece.text.strip() or piece.after.strip() for piece in group)
