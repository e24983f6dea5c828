"""Documents that are cleaned anew: the rows of one that comes out as it was stay where they are."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import views
from pipelines.clean.article import CleanBatch
from pipelines.contract import LAKE_TABLES
from pipelines.lake import Lake
from pipelines.link.fingerprint import text_ids_of
from pipelines.warehouse import Connection, query

_STAMPS: Final = ("document_id", "run_id", "cleaned_at")
"""Columns that say whose row it is and when it was made, not what was made."""

_COMPARED: Final = {
    table: [name for name in LAKE_TABLES[table].names if name not in (*_STAMPS, "article_body")]
    for table in CleanBatch._fields
} | {"fingerprints": ["text_id"]}
"""Columns that show whether a document has changed; `text_id` stands for its body."""


class Anew:
    """What documents of earlier runs were like, and which of them have changed."""

    def __init__(self, con: Connection, lake: Lake, documents: pa.Array) -> None:
        """Look up the documents (document_id, string[n]), none of them cleaned in this run yet."""
        self._con, self._documents = con, documents
        self._changed: list[pa.Array] = [pa.array([], pa.string())]
        if len(documents):
            views.show_lake(con, lake, _COMPARED)
            views.show_table(con, "anew", pa.table({"document_id": documents}))
            con.execute(f"create table former as {_MADE}")

    def changed(self) -> pa.Array:
        """The documents among the batches so far whose rows are not what they were."""
        return pa.concat_arrays(self._changed)

    def without_unchanged(self, batch: CleanBatch) -> CleanBatch:
        """A batch without documents that came out as they were."""
        again = batch.articles["document_id"]
        again = again.filter(pc.is_in(again, self._documents))
        if not len(again):
            return batch
        for table, rows in batch._asdict().items():
            views.show_table(self._con, table, pa.Table.from_batches([rows]))
        bodies = pa.array(text_ids_of(batch.articles["article_body"]))
        texts = {"document_id": batch.articles["document_id"], "text_id": bodies}
        views.show_table(self._con, "fingerprints", pa.table(texts))
        sql = f"select document_id from ({_MADE}) semi join former using (document_id, made)"  # noqa: S608
        same = query(self._con, sql)["document_id"].combine_chunks()
        self._changed.append(again.filter(pc.invert(pc.is_in(again, same))))
        return CleanBatch(
            *(rows.filter(pc.invert(pc.is_in(rows["document_id"], same))) for rows in batch)
        )


def _digests(table: str, columns: list[str]) -> str:
    fields = ", ".join(f'"{name}"' for name in columns)
    row = f"'{table}' || row({fields})::varchar"
    return f"select document_id, md5_number({row}) as digest from lake.{table}"  # noqa: S608


_MADE: Final = f"""
    select document_id, list_sort(list(digest)) as made
    from ({" union all ".join(_digests(*it) for it in _COMPARED.items())})
    semi join lake.anew using (document_id)
    group by document_id
"""  # noqa: S608 (names of the contract)
"""Digests of what cleaning made of each document in `lake.anew`."""
