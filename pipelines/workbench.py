"""The database in which the models of `sql/linkage` are built while a night is linked."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from pipelines import views, warehouse
from pipelines.link.tables import PAIRS
from pipelines.warehouse import Connection, Model


class Bench:
    """The workbench of `pipelines.link.steps` in a database of the warehouse."""

    def __init__(self, con: Connection) -> None:
        self.connection = con
        self._models: dict[str, Model] = {
            model.name: model for model in warehouse.load_models("linkage")
        }

    def put(self, name: str, table: pa.Table) -> None:
        """Show a table as `lake.<name>`, in place of one of that name."""
        views.show_table(self.connection, name, table)

    def make(self, model: str) -> None:
        """(Re)build `linkage.<model>`."""
        warehouse.build_bare(self.connection, self._models[model])

    def make_by_portions(self, model: str, count: int) -> None:
        """(Re)build `linkage.<model>` bit by bit, as `lake.portion` says, in one thread.

        Two threads together pin more than the memory limit leaves in some nights of 100,000 texts.
        """
        threads = self.connection.execute("select current_setting('threads')").fetchall()[0][0]
        self.connection.execute("set threads = 1")
        for number in range(count):
            self.put("portion", pa.table({"number": [number], "portion_count": [count]}))
            if number:
                more = self._models[model].sql
                self.connection.execute(f'insert into linkage."{model}" {more}')
            else:
                self.make(model)
        self.connection.execute(f"set threads = {threads}")

    def rows(self, model: str) -> pa.Table:
        """The rows of a model that is built."""
        return warehouse.query(self.connection, f'from linkage."{model}"')

    def forget(self, models: Iterable[str]) -> None:
        """Drop models that are built."""
        for model in models:
            self.connection.execute(f'drop table linkage."{model}"')

    def amend_pairs(self, retired: pa.Table, new: pa.Table) -> None:
        """Show as `lake.pairs` what `lake.pairs_before` shows, without pair_ids, and new rows."""
        self.put("pairs_retired", retired)
        self.put("pairs_new", new)
        names = ", ".join(f'"{name}"' for name in PAIRS.names)
        self.connection.execute(
            f"create or replace view lake.pairs as select {names} from lake.pairs_before"  # noqa: S608
            " where pair_id not in (select pair_id from lake.pairs_retired)"
            f" union all select {names} from lake.pairs_new"
        )
