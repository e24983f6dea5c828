"""`make faults`: do every fault, print a row for each with its figures; 1 if one got through.

Two workers take the rows, longest first; each has a nursery and a home of its own.
`python -m tests.faults --share 0.1` does a tenth of the trials, `--only kill` some rows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from .table import TABLE
from .worker import Done, do, set_scene


def main() -> int:
    """Do all faults. Returns 0 if none got through."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="share of the trials to do")
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    parser.add_argument("--workers", type=int, default=2, help="rows done at a time")
    asked = parser.parse_args()
    chosen = [number for number, row in enumerate(TABLE) if asked.only in row.fault]
    chosen.sort(key=lambda number: -TABLE[number].seconds)
    begun, done = time.monotonic(), {}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="copydesk-faults-") as folder:
        workers = min(asked.workers, len(chosen))
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, context, set_scene, (folder,)) as pool:
            waiting = {pool.submit(do, number, asked.share): number for number in chosen}
            for future in as_completed(waiting):
                done[waiting[future]] = row = future.result()
                print(f"{row.verdict:7} {row.fault}: {row.figures}", file=sys.stderr, flush=True)
    print_table([done[number] for number in sorted(done)], time.monotonic() - begun)
    return int(any(row.verdict == "FAILED" for row in done.values()))


def print_table(rows: list[Done], seconds: float) -> None:
    """The table, in the order of the faults."""
    required = {row.fault: row.required for row in TABLE}
    print("| fault | must happen | | figures | CPU-s |\n|---|---|---|---|---|")
    for row in rows:
        figures = " ".join(row.figures.split())[:400].replace("|", "\\|")
        print(
            f"| {row.fault} | {required[row.fault]} | {row.verdict} | {figures} "
            f"| {row.cpu_seconds:.0f} |"
        )
    held = sum(row.verdict == "ok" for row in rows)
    print(f"\n{held} of {len(rows)} rows as required, {seconds / 60:.1f} minutes")


if __name__ == "__main__":
    sys.exit(main())
