"""The speed benchmark: its corpus is what it says, and it measures what it runs."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import orjson
import pytest
import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import speed  # noqa: E402
import speed_corpus  # noqa: E402
import speed_measure  # noqa: E402
import speed_profile  # noqa: E402
from speed_report import missed  # noqa: E402

from pipelines.clean.language import languages  # noqa: E402

COPIES = ("exact", "near", "wholly_derived", "partially_derived")


def records(folder: Path) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = []
    for path in sorted(folder.rglob("*.zst")):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as plain:
            lines += map(orjson.loads, io.BytesIO(plain.read()))
    return lines


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    folder = tmp_path_factory.mktemp("corpus")
    speed_corpus.write(folder, range(400))
    return records(folder)


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        speed_corpus.write(tmp_path / name, range(30, 60))
    one, other = (sorted((tmp_path / it).rglob("*.zst")) for it in ("one", "other"))
    assert [it.read_bytes() for it in one] == [it.read_bytes() for it in other]


def test_a_corpus_of_another_generator_is_not_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A faster night on lighter pages of an older generator was once taken for progress."""
    bench = speed.Bench(tmp_path)
    landing = bench.corpus(3)
    first = {path: path.stat().st_mtime_ns for path in landing.rglob("*.zst")}
    assert {path: path.stat().st_mtime_ns for path in bench.corpus(3).rglob("*.zst")} == first
    monkeypatch.setattr(speed_corpus, "version", lambda: "another")
    assert {path: path.stat().st_mtime_ns for path in bench.corpus(3).rglob("*.zst")} != first


def test_twelve_of_a_hundred_are_copies_of_the_kinds_told() -> None:
    kinds = Counter(speed_corpus.kind_of(number)[0] for number in range(20_000))
    assert sum(kinds[kind] for kind in COPIES) / 20_000 == pytest.approx(0.12, abs=0.01)
    for kind, share in speed_corpus.KINDS.items():
        assert kinds[kind] / 20_000 == pytest.approx(share / 100, abs=0.005)


def test_an_exact_copy_has_the_paragraphs_of_its_source() -> None:
    drawn = ((n, *speed_corpus.kind_of(n)) for n in range(2_000))
    number, source_number = next(
        (n, source)
        for n, kind, source in drawn
        if kind == "exact" and source and speed_corpus.kind_of(source)[0] is None
    )
    copy, source = speed_corpus.document(number), speed_corpus.document(source_number)
    assert copy.story.paragraphs == source.story.paragraphs


def test_documents_have_the_size_and_the_languages_of_news(corpus: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in corpus]
    lines = [sum(bool(line) for line in text.split("\n")) for text in texts]
    assert 12 <= np.median(lines) <= 22
    assert 1_800 <= np.median([len(text) for text in texts]) <= 3_000
    joined = "".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    ends = np.cumsum([len(text) for text in texts])
    found = Counter(languages(codes, np.stack([ends - [len(t) for t in texts], ends], axis=1)))
    assert {"en", "de", "fr", "es", "it", "ru"} <= set(found)
    assert sum(found[name] for name in speed_corpus.SHARES) / len(texts) > 0.9


def test_new_words_keep_coming_and_most_are_rare() -> None:
    stories = [speed_corpus.document(number).story for number in range(600)]
    english = [story for story in stories if story.language == "en"]
    texts = ["\n".join(" ".join(it) for it in story.paragraphs).lower() for story in english]
    spoken = [set(re.findall(r"\w{5,}", text)) for text in texts]
    half = set().union(*spoken[: len(spoken) // 2])
    uses = Counter(word for words in spoken for word in words)
    assert len(uses) > 1.4 * len(half)
    assert sum(count == 1 for count in uses.values()) > 0.4 * len(uses)


def test_a_page_holds_the_paragraphs_of_its_text() -> None:
    document = speed_corpus.document(3)
    page = speed_corpus.record(document, html=True)["html"]
    assert page.count("<p>") == len(document.story.paragraphs)


def test_a_cost_counts_children(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(
        "import subprocess, sys\n"
        "held = bytearray(60_000_000)\n"
        "code = 'import time; b = bytearray(90_000_000)\\nwhile time.process_time() < 0.5: pass'\n"
        "subprocess.run([sys.executable, '-c', code])\n"
    )
    cost = speed_measure.measure([sys.executable, script])
    assert cost.cpu >= 0.5
    assert cost.peak >= 150_000_000


def test_a_failure_is_told() -> None:
    with pytest.raises(speed_measure.FailedError, match="no such night"):
        speed_measure.measure([sys.executable, "-c", "raise SystemExit('no such night')"])


@pytest.mark.skipif(not speed_measure.may_limit(), reason="no control group can be made here")
def test_the_kernel_kills_beyond_the_limit() -> None:
    with pytest.raises(speed_measure.FailedError, match="-9"):
        speed_measure.measure(
            [sys.executable, "-c", "b = bytearray(300_000_000)"], limit=100_000_000
        )


def test_a_ratio_beyond_its_floor_is_told_and_floors_only_fall(tmp_path: Path) -> None:
    file = tmp_path / "floors.json"
    assert missed(file, {"night": 4.0}, update=True) == []
    assert json.loads(file.read_text()) == {"night": 5.0}
    assert missed(file, {"night": 6.0}, update=True) == ["night: 6.00, at most 5.00"]
    assert json.loads(file.read_text()) == {"night": 5.0}


def test_the_benchmark_measures_a_night(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "benchmarks/speed.py", "--sizes", "40", "--repeats", "1"]
    environment = {
        **os.environ,
        "COPYDESK_BENCH_CACHE": str(tmp_path / "cache"),
        "COPYDESK_BENCH_RESULTS": str(tmp_path / "speed"),
    }
    subprocess.run([*command, "--only", "nights"], check=True, env=environment)
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert [row["name"] for row in rows][1:7] == [
        "ingest", "clean", "link", "build", "validate", "publish",
    ]  # fmt: skip
    assert all(row["cpu_s"] > 0 and row["peak_mb"] > 10 for row in rows)


def test_a_profile_is_a_drawing_and_a_table() -> None:
    stacks = Counter({
        ("pipelines.steps.clean", "pipelines.clean.fold.fold"): 3,
        ("pipelines.steps.clean", "json.<lambda>"): 1,
    })  # fmt: skip
    drawing = ElementTree.fromstring(speed_profile.flame_graph("clean", stacks))
    told = [title.text for title in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert told[1:] == [
        "pipelines.steps.clean: 100.0%", "json.<lambda>: 25.0%", "pipelines.clean.fold.fold: 75.0%",
    ]  # fmt: skip
    text = speed_profile.table({"clean": stacks}, 2_000)
    assert "| **clean** | | **2,000** | |" in text
    assert "| | `clean.fold` | 1,500 | 75% |" in text
    assert "| | `steps` | 500 | 25% |" in text


def test_the_sampler_finds_where_time_goes() -> None:
    with speed_profile.Sampler() as sampler:
        _burn(0.2)
    spent = sum(
        seconds for stack, seconds in sampler.stacks.items() if any("_burn" in it for it in stack)
    )
    assert spent > 0.15


def _burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        sum(range(1_000))
