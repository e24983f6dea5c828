"""`copydesk pairs`: a document and those linked to it, side by side with the proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from pipelines import narration, publish, warehouse
from pipelines.decimals import shortest
from pipelines.one_document import one_document
from pipelines.settings import Settings
from pipelines.visible import plain_line
from pipelines.warehouse import Connection

_RELATIONS: Final = {
    "exact": "the same text",
    "near": "a near copy",
    "wholly_derived": "wholly derived: said again, sentence by sentence",
    "partially_derived": "partially derived: parts of the one are in the other",
    "contains": "the one holds the other",
}

_SENTENCE: Final = 400
"""Characters of a sentence that are shown; evidence holds no more."""

_QUERY: Final = """
    select
        pairs.document_id,
        pairs.other_document_id,
        pairs.relation,
        pairs.score,
        pairs.derived_from_document_id,
        pairs.evidence,
        one.source_uri,
        one.site,
        one.headline,
        one.date_published,
        other.source_uri as other_source_uri,
        other.site as other_site,
        other.headline as other_headline,
        other.date_published as other_date_published
    from duplicate_pairs as pairs
    inner join documents as one on one.document_id = pairs.document_id
    inner join documents as other on other.document_id = pairs.other_document_id
    where pairs.document_id = $1 or pairs.other_document_id = $1
    order by pairs.score desc, pairs.document_id, pairs.other_document_id
"""


def show_pairs(settings: Settings, beginning: str, *, as_json: bool) -> int:
    """Print the pairs of a document, strongest first. Returns 0.

    Raises NoSuchDocumentError if no published document has an id that begins so, or several have.
    """
    with warehouse.closing(publish.open_published(settings)) as con:
        document_id = one_document(beginning, partial(_published, con), "published document")
        cursor = con.execute(_QUERY, [document_id])
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if as_json:
        for row in rows:
            evidence = json.loads(row["evidence"] or "{}")
            shown = row | {"evidence": evidence, "score": shortest(row["score"])}
            print(json.dumps(shown, default=str, ensure_ascii=False))
        return 0
    console = narration.console()
    for row in rows:
        for part in pair_parts(row):
            console.print(part)
    if not rows:
        console.print("No other document is a copy of it, derived from it, or its source.")
    return 0


def _published(con: Connection, beginning: str) -> list[str]:
    query = "select document_id from documents where starts_with(document_id, $1)"
    return [name for (name,) in con.execute(query, [beginning]).fetchall()]


def pair_parts(row: Mapping[str, Any]) -> Iterable[Table | Text]:
    """What is printed of one pair: a heading, the sentences, and what else is shared."""
    evidence = json.loads(row["evidence"] or "{}")
    heading = f"{_RELATIONS.get(row['relation'], row['relation'])} ({row['score']:.2f})"
    yield Text(heading, style="bold")
    if source := row["derived_from_document_id"]:
        yield Text(f"The source is {'the left' if source == row['document_id'] else 'the right'}.")
    yield _sentences(row, evidence.get("sentences", []))
    for name in ("quotations", "names", "numbers"):
        if shared := [plain_line(_text_of(it), _SENTENCE) for it in evidence.get(name) or []]:
            yield Text(f"shared {name}: {'; '.join(shared)}")
    if evidence.get("gap_days") is not None:
        yield Text(f"days apart: {evidence['gap_days']}")
    yield Text("")


def _text_of(shared: Any) -> str:
    return str(shared.get("text", shared)) if isinstance(shared, dict) else str(shared)


def _sentences(row: Mapping[str, Any], sentences: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(show_lines=True, expand=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column(Text(_title(row, "")), ratio=1)
    table.add_column(Text(_title(row, "other_")), ratio=1)
    for it in sentences:
        sides = [Text(plain_line(it[name], _SENTENCE)) for name in ("text", "other_text")]
        table.add_row(Text(f"{it['score']:.2f}"), *sides)
    return table


def _title(row: Mapping[str, Any], side: str) -> str:
    when = row[f"{side}date_published"]
    facts = [row[f"{side}site"] or row[f"{side}source_uri"], f"{when:%Y-%m-%d}" if when else ""]
    lines = [row[f"{side}document_id"][:12], row[f"{side}headline"] or "", " ".join(facts)]
    return "\n".join(plain_line(line) for line in lines if line)
