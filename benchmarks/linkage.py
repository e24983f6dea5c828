"""How well linkage links: the night's own code on labelled news, beside near-duplicate tools.

Reads `COPYDESK_BENCH`/linkage (default ../shared/bench; see its README) and prints one table.
Peers run in the Python named by `COPYDESK_PEERS`; without it they are skipped. Floors stand in
`floors_linkage.json`, pinned to the digest of the corpus: the run fails below one.
Run: python benchmarks/linkage.py [--update-floors]
"""

from __future__ import annotations

import datetime
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "tests")]

import pyarrow as pa  # noqa: E402
from linkage_bench import MemoryBench  # noqa: E402
from linkage_floors import below_floors, update_floors  # noqa: E402
from linkage_measures import auc, b_cubed, link_score, pair_score  # noqa: E402
from linkage_mixed import briefs, mixed_texts  # noqa: E402

from pipelines.link import steps  # noqa: E402
from pipelines.link.background import load_background  # noqa: E402
from pipelines.link.fingerprint import text_id_of  # noqa: E402
from pipelines.link.verify import shelf_of, verify_pairs  # noqa: E402

BENCH = Path(os.environ.get("COPYDESK_BENCH", HERE.parent.parent / "shared" / "bench")) / "linkage"
PEERS = os.environ.get("COPYDESK_PEERS", "")
PEER_THRESHOLDS = {
    "datasketch": (0.5,),
    "rensa": (0.5,),
    "gaoya": (0.5,),
    "near-dupes": (0.85, 0.5),
}
"""near-dupes at its default and tuned; the others at the 0.5 their documents begin with."""
TIME = pa.timestamp("us", tz="UTC")
DAY = "2026-03-02"
"""Of all articles that are to be unrelated."""

Row = dict[str, str]
Figures = dict[str, float]


def read(name: str) -> list[Row]:
    """Rows of a labelled set, each id once."""
    with gzip.open(BENCH / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return list({row["id"]: row for row in map(json.loads, lines)}.values())


def articles(rows: list[Row], *, dated: bool) -> pa.Table:
    """Rows as the link verb takes them."""
    days = [datetime.date.fromisoformat(row["date"][:10]) if dated else None for row in rows]
    return pa.table(
        {
            "document_id": [row["id"] for row in rows],
            "article_body": [row["text"] for row in rows],
            "site": pa.array([row.get("site") for row in rows], pa.string()),
            "date_published": pa.array(days, pa.date32()).cast(TIME),
            "retrieved_at": pa.nulls(len(rows), TIME),
            "info_source": pa.nulls(len(rows), pa.string()),
            "night": pa.array([datetime.date(1970, 1, 1)] * len(rows), pa.date32()),
        }
    )


class Run:
    """One set, linked at once."""

    def __init__(self, rows: list[Row], *, dated: bool = False) -> None:
        self.rows = rows
        self.articles = articles(self.rows, dated=dated)
        self.bench = MemoryBench()
        start = time.process_time()
        self.linked = steps.link_all(self.articles, self.bench)
        self.seconds = time.process_time() - start
        self.gold = {row["id"]: row["cluster"] for row in self.rows}
        clusters = self.linked.clusters.to_pydict()
        self.article = dict(zip(clusters["document_id"], clusters["article_id"], strict=True))
        members = self.linked.story_members.to_pydict()
        story = dict(zip(members["article_id"], members["story_id"], strict=True))
        self.story = {name: story[article] for name, article in self.article.items()}

    def links(self) -> set[frozenset[str]]:
        """All linked pairs of documents, whatever the relation."""
        pairs = self.bench.outputs()["pairs"].to_pydict()
        names = zip(pairs["document_id"], pairs["other_document_id"], strict=True)
        return {frozenset(pair) for pair in names}


def wiremini() -> Figures:
    run = Run(read("wiremini"))
    links = run.links()
    closed = links | _within(run)
    figures = {
        "wiremini article pair F1": pair_score(run.article, run.gold).f,
        "wiremini link F1": link_score(closed, run.gold).f,
    }
    originals = {row["cluster"]: row["id"] for row in run.rows if row["edit"] == "orig"}
    for edit in ("heavier", "heavier+boiler"):
        copies = [row for row in run.rows if row["edit"] == edit and row["cluster"] in originals]
        found = sum(frozenset((row["id"], originals[row["cluster"]])) in closed for row in copies)
        figures[f"wiremini {edit} linked"] = found / len(copies)
    return figures


def _within(run: Run) -> set[frozenset[str]]:
    """Pairs of documents that are copies of one representative."""
    groups: dict[str, list[str]] = {}
    for name, article in run.article.items():
        groups.setdefault(article, []).append(name)
    return {
        frozenset((a, b))
        for names in groups.values()
        for at, a in enumerate(names)
        for b in names[:at]
    }


def gva() -> Figures:
    run = Run(read("story_gva"), dated=True)
    links = run.links()
    same = sum(len({run.gold[name] for name in pair}) == 1 for pair in links)
    return {
        "GVA derived links, same incident": same,
        "GVA derived links, other incident": len(links) - same,
        "GVA derived precision": same / len(links),
        **stories("GVA", run),
    }


def stories(name: str, run: Run) -> Figures:
    largest, _ = Counter(run.story.values()).most_common(1)[0]
    inside = Counter(run.gold[row] for row, story in run.story.items() if story == largest)
    return {
        f"{name} story B3 F": b_cubed(run.story, run.gold).f,
        f"{name} story pair F1": pair_score(run.story, run.gold).f,
        f"{name} largest story": inside.total(),
        f"{name} largest story, of other events": inside.total() - max(inside.values()),
    }


def unrelated() -> Figures:
    """Share of articles that share no story with an article of another set, all dated one day.

    Days apart would tell them apart: a night of five thousand articles is what is asked here.
    """
    rows = mixed_texts(BENCH.parent)
    return {
        f"unrelated {name} left alone": _left_alone([{**row, "date": DAY} for row in texts])
        for name, texts in (("articles", rows), ("briefs", briefs(rows)))
    }


def _left_alone(rows: list[Row]) -> float:
    run = Run(rows, dated=True)
    sets: dict[str, set[str]] = {}
    for row in rows:
        sets.setdefault(run.story[row["id"]], set()).add(row["set"])
    return sum(len(sets[run.story[row["id"]]]) == 1 for row in rows) / len(rows)


def derived_auc() -> Figures:
    """Wholly and partly derived against independent, by the alignment that derivations use."""
    rows = {f"gva:{row['id']}": row for row in read("story_gva")}
    rows |= {f"seesaw:{row['id']}": row for row in read("story_seesaw")}
    pairs = [
        row
        for row in read_pairs()
        if row["a"] in rows and row["b"] in rows and row["label"] != "ambiguous"
    ]
    table = articles(list(rows.values()), dated=False)
    ids = [[text_id_of(rows[row[side]]["text"]) for row in pairs] for side in "ab"]
    asked = pa.table({"text_id": ids[0], "other_text_id": ids[1]})
    shelf = shelf_of(steps.distinct_texts(table))
    scored = verify_pairs(asked, shelf, pa.array([], pa.int64()), load_background())
    score = {
        frozenset((row["text_id"], row["other_text_id"])): max(
            row["plain_alignment"], row["other_plain_alignment"]
        )
        + max(row["coverage"], row["other_coverage"])
        for row in scored.to_pylist()
    }
    by_label: dict[bool, list[float]] = {True: [], False: []}
    for row, a, b in zip(pairs, *ids, strict=True):
        by_label[row["label"] != "independent"].append(score[frozenset((a, b))])
    return {"derived against independent AUC": auc(by_label[True], by_label[False])}


def read_pairs() -> list[Row]:
    with gzip.open(BENCH / "derived_pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ours() -> Figures:
    return {
        **wiremini(),
        **derived_auc(),
        **gva(),
        **stories("SEESAW", Run(read("story_seesaw"))),
        **stories("ECB+", Run(read("story_ecbplus"))),
        **stories("FNC", Run(read("story_fnc"))),
        **unrelated(),
    }


def peers() -> Iterator[tuple[str, str, float]]:
    """(tool and threshold, measure, figure) of each peer that can be run."""
    if not PEERS:
        print("peers skipped: COPYDESK_PEERS names no Python that has them", file=sys.stderr)
        return
    sets = {"wiremini": read("wiremini"), "story_gva": read("story_gva")}
    for tool, thresholds in PEER_THRESHOLDS.items():
        for threshold in thresholds:
            yield from _peer(tool, threshold, sets)


def _peer(
    tool: str, threshold: float, sets: dict[str, list[Row]]
) -> Iterator[tuple[str, str, float]]:
    label = f"{tool} {threshold}"
    for name, rows in sets.items():
        done = subprocess.run(
            [PEERS, str(HERE / "linkage_peers.py"), tool, str(threshold)],
            input="\n".join(json.dumps(row["text"]) for row in rows),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(f"{label} skipped: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return
        found = {
            frozenset((rows[a]["id"], rows[b]["id"])) for a, b in json.loads(done.stdout)["pairs"]
        }
        gold = {row["id"]: row["cluster"] for row in rows}
        if name == "wiremini":
            yield label, "wiremini link F1", link_score(found, gold).f
        else:
            same = sum(len({gold[it] for it in pair}) == 1 for pair in found)
            yield label, "GVA derived links, same incident", same
            yield label, "GVA derived links, other incident", len(found) - same


def main() -> int:
    if not BENCH.is_dir():
        print(f"skipped: no labelled sets at {BENCH} (set COPYDESK_BENCH)")
        return 0
    figures = ours()
    for name, figure in figures.items():
        print(f"{name:40} {figure:9.4f}" if figure <= 1 else f"{name:40} {figure:9.0f}")
    for label, name, figure in peers():
        print(
            f"{label:16} {name:40} {figure:9.4f}"
            if figure <= 1
            else f"{label:16} {name:40} {figure:9.0f}"
        )
    if "--update-floors" in sys.argv:
        update_floors(figures, BENCH.parent)
    failed = below_floors(figures, BENCH.parent)
    print("\n".join(failed) if failed else "every floor holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
