"""What a change of rules would gain and lose, before it is enabled."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa

from pipelines.clean.article import clean_batch
from pipelines.clean.cleaner import Cleaner
from pipelines.clean.rulebook import RULES

CHANGES: Final = pa.schema(
    [
        ("document_id", pa.string()),
        ("line_number", pa.int32()),
        ("line_text", pa.string()),
        ("change", pa.string()),
        ("kind", pa.string()),
        ("rule_id", pa.string()),
    ]
)
"""One row per line that only one of two cleaners removes: `gained` by the new, `lost` by it."""


def compare(documents: pa.RecordBatch, today: Cleaner, tomorrow: Cleaner) -> pa.RecordBatch:
    """Lines of `contract.DOCUMENTS` that one cleaner removes and the other keeps, as CHANGES."""
    old, new = _removed(documents, today), _removed(documents, tomorrow)
    rows = [
        {"document_id": document, "line_number": number, "change": change, **line}
        for change, lines, other in (("gained", new, old), ("lost", old, new))
        for (document, number), line in lines.items()
        if (document, number) not in other
    ]
    rows.sort(key=lambda row: (row["document_id"], row["line_number"]))
    return pa.RecordBatch.from_pylist(rows, schema=CHANGES)


@contextmanager
def rules_with(change: Path) -> Iterator[Path]:
    """The folder of rule files after a change, for as long as the block lasts.

    `change` is a folder with all rule files, or one file that takes the place of copydesk's file
    of that name, or stands beside them. Raises FileNotFoundError when there is no such file, or no
    rule file in the folder.
    """
    if change.is_dir():
        if not any(change.glob("*.toml")):
            raise FileNotFoundError(f"{change}: no rule file (*.toml) in this folder")
        yield change
        return
    if not change.is_file():
        raise FileNotFoundError(f"{change}: no such file or folder of rules")
    with TemporaryDirectory(prefix="copydesk-rules-") as name:
        folder = Path(name)
        for file in (*RULES.glob("*.toml"), change):
            shutil.copyfile(file, folder / file.with_suffix(".toml").name)
        yield folder


def report(changes: Iterable[dict[str, Any]], documents: int) -> Iterator[str]:
    """CHANGES as lines to print: each line with its rule, then how many each rule gains, loses."""
    count: Counter[tuple[str, str]] = Counter()
    for row in changes:
        count[row["rule_id"], row["change"]] += 1
        sign = "+" if row["change"] == "gained" else "-"
        place = f"{row['document_id'][:12]}:{row['line_number']}"
        yield f"{sign} {place:18} {row['rule_id']:32} {row['line_text']}"
    for rule in sorted({rule for rule, _ in count}):
        yield f"{rule}: {count[rule, 'gained']} gained, {count[rule, 'lost']} lost"
    gained, lost = (sum(n for (_, it), n in count.items() if it == x) for x in ("gained", "lost"))
    yield f"{documents} documents: {gained} lines more would go, {lost} would stay"


def _removed(documents: pa.RecordBatch, cleaner: Cleaner) -> dict[tuple[str, int], dict[str, Any]]:
    lines = clean_batch(documents, cleaner).removed_lines
    wanted = ["document_id", "line_number", "line_text", "kind", "rule_id"]
    return {
        (row.pop("document_id"), row.pop("line_number")): row
        for row in lines.select(wanted).to_pylist()
    }
