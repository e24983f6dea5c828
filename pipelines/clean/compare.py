"""What a change of rules would gain and lose, before it is enabled."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from pipelines.clean.article import clean_batch
from pipelines.clean.cleaner import Cleaner

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


def _removed(documents: pa.RecordBatch, cleaner: Cleaner) -> dict[tuple[str, int], dict[str, Any]]:
    lines = clean_batch(documents, cleaner).removed_lines
    wanted = ["document_id", "line_number", "line_text", "kind", "rule_id"]
    return {
        (row.pop("document_id"), row.pop("line_number")): row
        for row in lines.select(wanted).to_pylist()
    }
