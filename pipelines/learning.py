"""What each site repeats, learned every night from its own pages, in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from pipelines import warehouse
from pipelines.clean.sightings import SIGHTINGS, sightings
from pipelines.contract import SITE_LINES
from pipelines.lake import Lake
from pipelines.settings import Settings


def learn(
    settings: Settings, lake: Lake, documents: Iterable[pa.RecordBatch], night: date
) -> tuple[pa.Table, pa.Table]:
    """Tonight's rows of `site_lines`, and the support of tonight's lines with all nights.

    The sightings stream through DuckDB, which spills to disk beyond its memory limit.
    """
    reader = pa.RecordBatchReader.from_batches(SIGHTINGS, map(sightings, documents))
    with warehouse.closing(warehouse.connect(settings)) as con:
        warehouse.show_table(con, "sightings", reader)
        warehouse.show_table(con, "logical_date", pa.table({"night": [night]}))
        warehouse.show_lake(con, lake, ["site_lines"])
        warehouse.build(con, warehouse.load_models("learning"))
        seen = warehouse.query(con, "from learning.site_lines order by all")
        support = warehouse.query(con, "from learning.site_support order by all")
    nights = pa.array([night] * seen.num_rows, pa.date32())
    return seen.append_column("night", nights).cast(SITE_LINES), support
