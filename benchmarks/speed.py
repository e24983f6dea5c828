"""How fast and how large: the verbs and the whole night, beside a floor and beside peers.

Writes corpora of invented news (`speed_corpus.py`), measures whole processes, and prints one table;
`results/speed.md` and `.json` hold the last run. Everything of one repeat runs in one go, and what
counts are ratios to the floor of the same repeat: seconds depend on the machine.
Peers run in the Python named by `COPYDESK_PEERS` (several, parted by `:`, are tried in order).

    python benchmarks/speed.py [--quick] [--sizes 10000,100000] [--largest 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import speed_corpus  # noqa: E402
from speed_measure import Cost, FailedError, may_limit, measure, python  # noqa: E402
from speed_report import Row, markdown, missed  # noqa: E402

from pipelines.settings import HTML_EXTRACTORS  # noqa: E402

CACHE: Final = Path(os.environ.get("COPYDESK_BENCH_CACHE", HERE.parent / "build" / "bench"))
PEERS: Final = [path for path in os.environ.get("COPYDESK_PEERS", "").split(":") if path]
RESULTS: Final = Path(os.environ.get("COPYDESK_BENCH_RESULTS", HERE / "results" / "speed"))
FLOORS: Final = HERE / "floors_speed.json"

VERBS: Final = ("ingest", "clean", "link", "build", "validate", "publish")
DAYS: Final = ("2026-03-02", "2026-03-03")
LIMIT: Final = 1_500_000_000
"""Bytes that the kernel grants the largest night."""

FLOOR_SIZE: Final = 10_000
"""Documents of the night whose ratios are held: on fewer, starting counts for too much."""

PAGES: Final = 4_000
"""Of 1,000, starting is a tenth of the wall, by which the ratio to a peer varies."""
WARM: Final = 200
MISSING: Final = 3
"""What `speed_peers.py` exits with where a tool is not installed."""

SLOW: Final = {"datasketch": 2_000, "datatrove": 10_000}
"""Documents on which a slow peer is measured at most; its cost is per document."""


class Bench:
    """The rows measured so far, and where it all lies."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.rows: list[Row] = []
        self.notes: list[str] = []

    def corpus(self, count: int, *, first: int = 0, day: int = 0, html: bool = False) -> Path:
        """A landing zone of that many documents, written once by each version of the generator."""
        kind = "pages" if html else "texts"
        folder = self.work / f"{kind}-{first}-{count}-{day}"
        complete, made_by = folder / "complete", speed_corpus.version()
        if not complete.is_file() or complete.read_text() != made_by:
            shutil.rmtree(folder, ignore_errors=True)
            speed_corpus.write(folder / "landing", range(first, first + count), day=day, html=html)
            complete.write_text(made_by)
        return folder / "landing"

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def add(self, name: str, documents: int, costs: list[Cost], floors: list[Cost]) -> Row:
        """A row of the table; `floors` are those of the same repeats."""
        row = Row(name, documents, costs, floors)
        self.rows.append(row)
        print(row.line(), flush=True)
        return row

    def ratio(self, name: str, documents: int) -> float:
        """CPU of a row against its floor."""
        found = next(r for r in self.rows if (r.name, r.documents) == (name, documents))
        return median(found.ratios())

    def verb(self, verb: str, landing: Path, home: Path, day: str, *settings: str) -> Cost:
        """One verb in a process of its own; settings as `name=value`."""
        return measure(python("speed_verb.py", landing, home, verb, day, *settings))

    def night(self, landing: Path, home: Path, *, limit: int | None = None) -> Cost:
        """`copydesk run`, all of it."""
        command = [sys.executable, "-m", "pipelines.cli", "run"]
        places = ["--landing", str(landing), "--home", str(home)]
        environment = {"PYTHONPATH": str(HERE.parent), "COPYDESK_SETTLE_SECONDS": "0"}
        return measure([*command, *places], environment=environment, limit=limit)

    def floor(self, landing: Path) -> Cost:
        """DuckDB reads and writes, nothing else."""
        return measure(python("speed_floor.py", landing, self.work / "floor.parquet"))

    def peer(self, tool: str, *arguments: str | Path) -> Cost | None:
        """A peer, in the first environment that has it; None, and a note, where none has."""
        said = "COPYDESK_PEERS names no environment that has it"
        for interpreter in PEERS:
            try:
                return measure([interpreter, HERE / "speed_peers.py", tool, *arguments])
            except FailedError as error:
                if error.code != MISSING:
                    said = str(error).strip().rpartition("\n")[2]
        self.notes.append(f"not measured: {tool}: {said}")
        return None

    def warm(self) -> None:
        """A small night: kernels are compiled once per installation, not once per night."""
        self.night(self.corpus(WARM), self.fresh("warm"))


def nights(bench: Bench, sizes: list[int], repeats: int) -> dict[int, float]:
    """Verbs and nights of each size; CPU seconds of a night by size."""
    spent = {}
    bench.warm()
    for size in sizes:
        landing = bench.corpus(size)
        rounds = repeats if size <= 10_000 else 1
        floors = [bench.floor(landing) for _ in range(rounds)]
        bench.add(FLOOR, size, floors, floors)
        by_verb: dict[str, list[Cost]] = {verb: [] for verb in VERBS}
        for _ in range(rounds):
            home = bench.fresh("verbs")
            for verb in VERBS:
                by_verb[verb].append(bench.verb(verb, landing, home, DAYS[0]))
        for verb, costs in by_verb.items():
            bench.add(verb, size, costs, floors)
        whole = [bench.night(landing, bench.fresh("night")) for _ in range(rounds)]
        spent[size] = median(it.cpu for it in whole)
        bench.add(NIGHT, size, whole, floors)
    return spent


FLOOR: Final = "floor: read JSON Lines, write Parquet"
NIGHT: Final = "copydesk run, the whole night"


def peers(bench: Bench, size: int) -> None:
    """Tools beside the verbs whose work they share."""
    for tool in ("rensa", "datasketch", "datatrove"):
        count = min(size, SLOW.get(tool, size))
        landing = bench.corpus(count)
        floors = [bench.floor(landing)]
        output = [bench.fresh("datatrove")] if tool == "datatrove" else []
        cost = bench.peer(tool, landing, *output)
        if cost:
            bench.add(f"{tool}{PEER_STEPS[tool]}", count, [cost], floors)
        if cost and tool == "datatrove":
            bench.notes.append(UNCOUNTED)


UNCOUNTED: Final = (
    "datatrove's workers belong to a server of its own, whose CPU is not counted: compare its wall"
)

PEER_STEPS: Final = {
    "rensa": ": fingerprints",
    "datasketch": ": fingerprints",
    "datatrove": ": line filter and MinHash",
}


def pages(bench: Bench, count: int) -> None:
    """Pages to text, beside extractors in a pool of two processes."""
    landing = bench.corpus(count, html=True)
    floors = [bench.floor(landing)]
    for extractor in HTML_EXTRACTORS:
        home = bench.fresh("pages")
        cost = bench.verb("ingest", landing, home, DAYS[0], f"html_extractor={extractor}")
        bench.add(f"ingest of pages, {extractor}", count, [cost], floors)
    for tool in ("trafilatura", "resiliparse", "turbohtml"):
        if cost := bench.peer(tool, landing):
            bench.add(f"{tool}: pages in a pool of two", count, [cost], floors)


def increment(bench: Bench, size: int) -> float:
    """1 % new on a home that holds the rest, beside a rebuild; CPU seconds of the first night.

    The kernel grants the first and the second night LIMIT bytes, where this user may ask for it.
    """
    limit = LIMIT if may_limit() else None
    within = f" within {LIMIT / 1e9} GB, kept by the kernel" if limit else ""
    if not limit:
        bench.notes.append("no control group can be made here: the hard limit was not tried")
    new, landing = size // 100, bench.fresh("both")
    home, rebuilt_home = bench.fresh("increment"), bench.fresh("rebuilt")
    _deliver(bench.corpus(size), landing)
    floors = [bench.floor(landing)]
    first = bench.night(landing, home, limit=limit)
    bench.add(f"a night{within}", size, [first], floors)
    _deliver(bench.corpus(new, first=size, day=1), landing)
    grown = bench.night(landing, home, limit=limit)
    bench.add(f"a night of {new:,} new on {size:,}{within}", new, [grown], floors)
    rebuilt = bench.night(landing, rebuilt_home)
    bench.add(f"rebuild of all {size + new:,}", size + new, [rebuilt], floors)
    bench.notes.append(f"1 % new costs {grown.cpu / rebuilt.cpu:.1%} of the CPU of a rebuild")
    differ = _differing(home, rebuilt_home)
    bench.notes.append(f"tables of increment and rebuild: {differ or 'equal by digest'}")
    return first.cpu


def _deliver(corpus: Path, landing: Path) -> None:
    shutil.copytree(corpus, landing, dirs_exist_ok=True)


def _differing(home: Path, other: Path) -> list[str]:
    """Public tables of which two homes hold other contents."""
    tables = [
        json.loads((it / "published" / "manifest.json").read_text())["tables"]
        for it in (home, other)
    ]
    digests = [{name: it["content_digest"] for name, it in table.items()} for table in tables]
    return sorted(name for name in digests[0] if digests[0][name] != digests[1].get(name))


def exponent(spent: dict[int, float]) -> float | None:
    """How CPU grows between the smallest and the largest size: 1 is in proportion."""
    low, high = min(spent), max(spent)
    return math.log(spent[high] / spent[low]) / math.log(high / low) if high > low else None


def figures(bench: Bench, spent: dict[int, float]) -> dict[str, float]:
    """The ratios that floors hold."""
    smallest = min(spent)
    found = {
        "night, CPU against the floor": bench.ratio(NIGHT, smallest),
        **{f"{verb}, CPU against the floor": bench.ratio(verb, smallest) for verb in VERBS},
    }
    growth = exponent(spent)
    return found | ({"growth exponent of a night's CPU": growth} if growth else {})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents, once")
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--largest", type=int, help="documents of the home that 1 % is added to")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--update-floors", action="store_true")
    parser.add_argument("--only", default="nights,peers,pages,increment")
    given = parser.parse_args()
    sizes = [10_000] if given.quick else [int(size) for size in given.sizes.split(",")]
    bench = Bench(CACHE)
    run = given.only.split(",")
    spent = nights(bench, sizes, 1 if given.quick else given.repeats) if "nights" in run else {}
    if "peers" in run:
        peers(bench, sizes[0])
    if "pages" in run:
        pages(bench, PAGES // 20 if given.quick else PAGES)
    if "increment" in run:
        largest = given.largest or sizes[-1]
        try:
            first = increment(bench, largest)
            if spent:  # else there is nothing to compare its growth with
                spent.setdefault(largest, first)
        except FailedError as error:  # the kernel's limit: what was measured is still told
            bench.notes.append(f"did not end well: {str(error).rpartition(chr(10))[2]}")
    return report(bench, spent, update=given.update_floors)


def report(bench: Bench, spent: dict[int, float], *, update: bool) -> int:
    """Write the table; 1 if a ratio has grown beyond its floor."""
    held = figures(bench, spent) if spent else {}
    content: dict[str, Any] = {
        "machine": (
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        ),
        "rows": [row.as_json() for row in bench.rows],
        "ratios": {name: round(value, 3) for name, value in held.items()},
        "notes": bench.notes,
    }
    text = markdown(content)
    print(text)
    RESULTS.with_suffix(".md").write_text(text)
    RESULTS.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    is_of_floors = min(spent, default=0) == FLOOR_SIZE
    beyond = missed(FLOORS, held, update=update) if is_of_floors else []
    for line in beyond:
        print(f"regression: {line}", file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
