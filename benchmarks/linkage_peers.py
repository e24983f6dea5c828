"""Near-duplicate tools as peers, run in an environment of their own.

Called by `benchmarks/linkage.py` as `PYTHON linkage_peers.py TOOL THRESHOLD < texts.jsonl`: reads
one JSON string a line, prints the linked pairs as JSON and the CPU seconds they took. Texts are
5-word shingles, as the tools' own documents advise for news; 128 permutations.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterable

Pairs = Iterable[tuple[int, int]]


def shingles(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))]


def datasketch(texts: list[str], threshold: float) -> Pairs:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=128)
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode() for shingle in shingles(text)])
        yield from ((other, number) for other in index.query(sketch))
        index.insert(number, sketch)


def rensa(texts: list[str], threshold: float) -> Pairs:
    from rensa import RMinHash, RMinHashLSH

    index, sketches = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=32), []
    for number, text in enumerate(texts):
        sketch = RMinHash(num_perm=128, seed=1)
        sketch.update(shingles(text))
        for other in index.query(sketch):
            if sketches[other].jaccard(sketch) >= threshold:
                yield other, number
        index.insert(number, sketch)
        sketches.append(sketch)


def gaoya(texts: list[str], threshold: float) -> Pairs:
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        jaccard_threshold=threshold, num_bands=32, band_size=4, ngram_range=(5, 5), lowercase=True
    )
    for number, text in enumerate(texts):
        yield from ((other, number) for other in index.query(text))
        index.insert_document(number, text)


def near_dupes(texts: list[str], threshold: float) -> Pairs:
    from near_dupes import DuplicateFinder

    found = DuplicateFinder(kind="text", threshold=threshold, all_pairs_max=0).find(texts)
    for members in found.groups:
        yield from itertools.combinations(sorted(members), 2)


TOOLS: dict[str, Callable[[list[str], float], Pairs]] = {
    "datasketch": datasketch,
    "rensa": rensa,
    "gaoya": gaoya,
    "near-dupes": near_dupes,
}


def main() -> None:
    tool, threshold = sys.argv[1], float(sys.argv[2])
    texts = [json.loads(line) for line in sys.stdin]
    start = time.process_time()
    pairs = sorted({(min(a, b), max(a, b)) for a, b in TOOLS[tool](texts, threshold)})
    spent = time.process_time() - start
    print(json.dumps({"pairs": pairs, "seconds": spent}))


if __name__ == "__main__":
    main()
