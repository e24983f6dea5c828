"""A proof: one article marked up so that its raw text, clean text and reasons are all in it.

    - en.reading-time      | 4 minute read
    -
      The river rose by two metres overnight, the mayor said.
    ~< The cosmonautsSergey Ryzhikov
    ~> The cosmonauts Sergey Ryzhikov
    = headline | River rises by two metres

Two blanks: kept. `- rule | text`: removed; a bare `-`: a blank line that went with it. `~<`: as it
stood, `~>`: as it stands in the clean text; `~<` alone: a blank line too many. `= column | value`:
what was moved to a column. `# name: value`: what was known beside the text; other `#` lines are
comments. Characters that would not survive a text file are written as escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from pipelines.clean.article import CleanedText, Cleaner
from pipelines.clean.classify import DERIVED
from pipelines.clean.edits import RemovedLine
from pipelines.clean.line_evidence import evidence
from pipelines.clean.segment import segment

COLUMNS: Final = (
    "headline", "byline", "date_published", "in_language", "article_section", "info_source",
    "credit_text", "copyright_notice", "captions",
)  # fmt: skip
"""Columns that a proof shows, in this order, where they are not empty."""

_ESCAPES: Final = {"\\": "\\\\"} | {
    chr(code): f"\\u{code:04x}"
    for code in (*range(10), *range(11, 32), *range(0x7F, 0xA1), 0xAD, *range(0x2000, 0x2010),
                 *range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0xFEFF)
}  # fmt: skip
_ESCAPE_TABLE: Final = str.maketrans(_ESCAPES)
_ID_WIDTH: Final = 24


class Proof(NamedTuple):
    """What a proof says."""

    raw_text: str
    body: str
    removed: tuple[tuple[str, str], ...]
    """(rule_id, raw line) of each removed line."""
    given: dict[str, str]
    columns: dict[str, str]


def escape(text: str) -> str:
    r"""Text with what would not survive a text file written as `\uXXXX`, a last blank too."""
    escaped = text.translate(_ESCAPE_TABLE)
    return escaped[:-1] + "\\u0020" if escaped.endswith(" ") else escaped


def unescape(text: str) -> str:
    """The inverse of `escape`."""
    pieces = text.split("\\\\")
    return "\\".join(_unescape_codes(piece) for piece in pieces)


def _unescape_codes(text: str) -> str:
    first, *rest = text.split("\\u")
    return first + "".join(chr(int(piece[:4], 16)) + piece[4:] for piece in rest)


def parse(proof: str) -> Proof:
    """Read a proof back. Raises ValueError for a line that begins with none of the marks."""
    raw: list[str] = []
    body: list[str] = []
    removed: list[tuple[str, str]] = []
    given: dict[str, str] = {}
    columns: dict[str, str] = {}
    for number, line in enumerate(proof.removesuffix("\n").split("\n"), 1):
        mark, text = line[:2].rstrip(), line[3:] if line[:1] == "~" else line[2:]
        if mark == "":
            raw.append(unescape(text))
            body.append(unescape(text))
        elif mark == "-":
            rule_id, _, piece = text.partition("| ")
            raw.append(unescape(piece))
            if rule_id.strip():
                removed.append((rule_id.strip(), unescape(piece)))
        elif mark == "~<":
            raw.append(unescape(text))
        elif mark == "~>":
            body.append(unescape(text))
        elif mark in ("#", "="):
            _read_field(text, ": " if mark == "#" else " | ", given if mark == "#" else columns)
        else:
            raise ValueError(f"line {number} of the proof begins with none of the marks: {line!r}")
    return Proof("\n".join(raw), "\n".join(body), tuple(removed), given, columns)


def _read_field(text: str, separator: str, fields: dict[str, str]) -> None:
    name, found, value = text.partition(separator)
    if found:
        fields[name.strip()] = unescape(value)


class _Piece(NamedTuple):
    """One physical line of the raw text, and what the edits leave of it."""

    raw: str
    clean: str
    removed: RemovedLine | None
    is_dropped: bool
    """Whether nothing of it is in the body, not even an empty line."""
    joins_next: bool
    """Whether the line feed after it is gone, and with it the border to the next line."""


def render(cleaned: CleanedText, given: Mapping[str, str] | None = None) -> str:
    """The proof of a cleaned text."""
    lines = [f"# {name}: {escape(value)}" for name, value in (given or {}).items()]
    for group in _groups(_pieces(cleaned)):
        lines += _render_group(group)
    lines += _render_columns(cleaned.article)
    return "\n".join(lines) + "\n"


def _render_columns(article: Mapping[str, Any]) -> Iterator[str]:
    for name in COLUMNS:
        value = article[name]
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield f"= {name} | {escape(str(item))}"


def _pieces(cleaned: CleanedText) -> list[_Piece]:
    raw = cleaned.raw_text
    kept = _kept_characters(cleaned)
    starts = {line.line_number: line for line in cleaned.removed_lines}
    by_start = {line.start_char: line for line in starts.values()}
    pieces, at = [], 0
    for text in raw.split("\n"):
        end = at + len(text)
        clean = "".join(kept[at:end])
        feed = kept[end] if end < len(raw) else ""
        line = next((by_start[i] for i in range(at, end) if i in by_start), None)
        gone = clean == "" and (line is not None or feed != "\n" or text != "")
        pieces.append(_Piece(text, clean + feed.removesuffix("\n"), line, gone, feed != "\n"))
        at = end + 1
    return pieces


def _kept_characters(cleaned: CleanedText) -> list[str]:
    """For each character of the raw text what stands in its place in the body."""
    kept = list(cleaned.raw_text)
    edits = [row.edit for row in cleaned.removed_lines] + [row.edit for row in cleaned.repairs]
    for start, before, after in edits:
        common = 0
        while common < min(len(before), len(after)) and before[common] == after[common]:
            common += 1
        tail = 0
        while (
            tail < min(len(before), len(after)) - common and before[-1 - tail] == after[-1 - tail]
        ):
            tail += 1
        first, last = start + common, start + len(before) - tail
        kept[first:last] = [""] * (last - first)
        inserted = after[common : len(after) - tail]
        if inserted:
            place = first if last > first else first - 1
            kept[place] += inserted
    return kept


def _groups(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces between two line feeds that survive."""
    group: list[_Piece] = []
    for piece in pieces:
        group.append(piece)
        if not piece.joins_next:
            yield group
            group = []
    if group:
        yield group


def _render_group(group: list[_Piece]) -> Iterator[str]:
    clean = "".join(piece.clean for piece in group)
    left = [piece for piece in group if piece.clean]
    if not left and any(not piece.removed for piece in group) and not group[-1].joins_next:
        left = [next(piece for piece in reversed(group) if not piece.removed)]
    in_removal = False
    for piece in group:
        if any(piece is kept for kept in left):
            in_removal = False
            changed = len(left) > 1 or clean != piece.raw
            yield (
                f"~< {escape(piece.raw)}".rstrip() if changed else f"  {escape(piece.raw)}".rstrip()
            )
            if changed and piece is left[-1]:
                yield from (f"~> {escape(line)}".rstrip() for line in clean.split("\n"))
        elif piece.removed:
            in_removal = True
            yield f"- {piece.removed.rule_id:<{_ID_WIDTH}} | {escape(piece.raw)}"
        elif in_removal:
            yield f"- {'':{_ID_WIDTH}} | {escape(piece.raw)}" if piece.raw else "-"
        else:
            yield f"~< {escape(piece.raw)}".rstrip()


def reasons(cleaned: CleanedText, cleaner: Cleaner) -> Iterator[str]:
    """For each removed line why it went, in words: `line 4: reading time – … (rule, 0.99)`."""
    rules = {rule.id: rule for rule in cleaner.judge.rulebook.rules}
    for line in cleaned.removed_lines:
        kind = line.kind.replace("_", " ")
        if line.rule_id in DERIVED:
            why = ", ".join([DERIVED[line.rule_id][1], *_signs(line, cleaned.raw_text, cleaner)])
        elif rule := rules.get(line.rule_id):
            where = {"any": "anywhere", "edges": "above and below the prose"}
            place = where.get(rule.zone, f"in the {rule.zone}")
            why = f"a phrase of {rule.file} that holds {place}"
        else:
            why = "a rule of that night, which is no longer in the rule book"
        yield f"line {line.line_number}: {kind} – {why} ({line.rule_id}, {line.score:.2f})"


def _signs(line: RemovedLine, raw_text: str, cleaner: Cleaner) -> tuple[str, ...]:
    """What the line model saw, where it carried the verdict."""
    if cleaner.judge.model is None or line.rule_id != "model.line":
        return ()
    row = int(np.searchsorted(segment(pa.array([raw_text])).number, line.line_number))
    return evidence(cleaner.judge.model, raw_text, row)
