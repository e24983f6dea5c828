"""A workbench for linkage tests and benchmarks: the night's own, in a database of memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa

from pipelines import warehouse
from pipelines.settings import Settings
from pipelines.workbench import Bench

OUTPUTS = ("clusters", "story_members", "exact_duplicates", "linked_documents", "pairs")
"""The models that the marts read, once the link verb's tables are there."""


class MemoryBench(Bench):
    """Builds the models of `sql/linkage` from tables that are put before it."""

    def __init__(self, workers: int = 1, memory_limit: str = "1GB") -> None:
        home = Path(tempfile.mkdtemp(prefix="copydesk-linkage-"))
        settings = Settings(home=home, workers=workers, memory_limit=memory_limit)
        super().__init__(warehouse.connect(settings))

    def build(self, model: str) -> pa.Table:
        """(Re)build a model and return its rows."""
        self.make(model)
        return self.rows(model)

    def outputs(self) -> dict[str, pa.Table]:
        return {name: self.build(name) for name in OUTPUTS}
