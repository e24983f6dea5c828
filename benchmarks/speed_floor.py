"""The least any system must do: DuckDB reads the JSON Lines and writes zstd Parquet.

python speed_floor.py LANDING OUTPUT.parquet
"""

from __future__ import annotations

import sys

import duckdb


def main() -> None:
    landing, output = sys.argv[1:3]
    con = duckdb.connect(config={"threads": 2, "autoinstall_known_extensions": "false"})
    rows = con.sql(
        "from read_json(?, format = 'newline_delimited', columns = {"
        "url: 'varchar', site: 'varchar', published: 'varchar', title: 'varchar', html: 'varchar', "
        "text: 'varchar'})",
        params=[f"{landing}/**/*.jsonl.zst"],
    )
    rows.write_parquet(output, compression="zstd")


if __name__ == "__main__":
    main()
