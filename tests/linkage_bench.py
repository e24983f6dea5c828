"""A workbench for linkage tests and benchmarks: the warehouse's own builder, in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa

from pipelines import warehouse
from pipelines.settings import Settings

OUTPUTS = ("clusters", "story_members", "exact_duplicates", "pairs")


class MemoryBench:
    """Builds the models of `sql/linkage` from tables that are put before it."""

    def __init__(self, workers: int = 1, memory_limit: str = "1GB") -> None:
        home = Path(tempfile.mkdtemp(prefix="copydesk-linkage-"))
        settings = Settings(home=home, workers=workers, memory_limit=memory_limit)
        self.connection = warehouse.connect(settings)
        self.models = {model.name: model for model in warehouse.load_models("linkage")}

    def put(self, name: str, table: pa.Table) -> None:
        warehouse.show_table(self.connection, name, table)

    def build(self, model: str) -> pa.Table:
        warehouse.build_one(self.connection, self.models[model])
        return warehouse.query(self.connection, f"select * from linkage.{model}")

    def outputs(self) -> dict[str, pa.Table]:
        """The tables that the marts read, once the link verb's own are there."""
        return {name: self.build(name) for name in OUTPUTS}
