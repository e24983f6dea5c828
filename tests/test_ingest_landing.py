"""Which files of the landing zone are read, when, in which order, and that no link is followed."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from landing_zone import STARTED_AT, Reading, collected, read, read_bytes, settings_for

from pipelines.contract import DOCUMENTS, document_id
from pipelines.ingest import LandingError, read_landing
from pipelines.ingest.landing import open_beneath

TEXT = b"The river rose by two metres overnight, the mayor said.\n"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def put(landing: Path, name: str, data: bytes = TEXT) -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def sources(reading: Reading) -> list[str]:
    return [file.source_uri for file in reading.inputs]


def test_rows_follow_the_contract(landing: Path) -> None:
    put(landing, "2026-03-04/www.harbour-post.example/a.txt")
    reading = read(landing)
    (batch,) = reading.batches
    assert batch.documents.schema.equals(DOCUMENTS, check_metadata=True)
    (row,) = reading.documents
    assert row["document_id"] == document_id(row["source_uri"], row["content_sha256"])
    assert (row["site"], row["run_id"]) == ("harbour-post.example", "run")
    assert row["retrieved_at"].isoformat() == "2026-03-04T00:00:00+00:00"
    assert row["ingested_at"] == STARTED_AT


@pytest.mark.parametrize(
    ("name", "site", "day"),
    [
        ("2026-03-04/harbour-post.example/a.txt", "harbour-post.example", "2026-03-04"),
        ("deep/er/2026-03-04/news.bbc.co.uk/a.txt", "bbc.co.uk", "2026-03-04"),
        ("2026-03-04/Harbour Post/a.txt", "harbour post", "2026-03-04"),
        ("2026-02-30/harbour-post.example/a.txt", None, None),
        ("2026-03-04/a.txt", None, "2026-03-04"),
        ("harbour-post.example/2026-03-04/a.txt", None, "2026-03-04"),
        ("2026-03-04/harbour-post.example/deeper/a.txt", None, "2026-03-04"),
        ("2026-03-04/crawl/2026-03-05/a.txt", None, "2026-03-05"),
        ("archive-2026-03-04/a.txt", None, None),
        ("000_e7ab7ceb34a3d446.txt", None, None),
    ],
)
def test_site_and_day_from_the_path(
    name: str, site: str | None, day: str | None, landing: Path
) -> None:
    put(landing, name)
    (row,) = read(landing).documents
    retrieved = row["retrieved_at"]
    assert (row["site"], retrieved and retrieved.date().isoformat()) == (site, day)


@pytest.mark.parametrize(
    ("night", "names"),
    [
        ("2026-03-03", ["b.jsonl"]),
        ("2026-03-04", ["2026-03-04/a.jsonl", "2026-03-04/site.example/c.jsonl", "b.jsonl"]),
        (None, ["2026-03-04/a.jsonl", "2026-03-04/site.example/c.jsonl", "b.jsonl"]),
    ],
)
def test_a_file_of_a_later_day_waits_for_its_own_night(
    night: str | None, names: list[str], landing: Path
) -> None:
    for name in ("2026-03-04/a.jsonl", "2026-03-04/site.example/c.jsonl", "b.jsonl"):
        put(landing, name, b'{"url": "https://site.example/1", "text": "The river rose."}\n')
    until = date.fromisoformat(night) if night else None
    assert sources(read(landing, until=until)) == names


@pytest.mark.parametrize(
    "name",
    [".hidden", ".hidden/a.txt", "a.txt.part", "a.txt.tmp", "a.TXT.PART", "a.txt~", "a.crdownload"],
)
def test_names_of_files_in_progress_are_left_alone(name: str, landing: Path) -> None:
    put(landing, name)
    assert read(landing) == Reading()


def test_a_marker_is_no_document_and_settles_its_file(landing: Path) -> None:
    put(landing, "young.txt")
    put(landing, "marked.txt")
    put(landing, "marked.txt.done", b"")
    assert sources(read(landing, settle_seconds=3600)) == ["marked.txt"]
    assert sources(read(landing)) == ["marked.txt", "young.txt"]


@pytest.mark.parametrize(("age", "is_read"), [(30, False), (90, True), (-30, False), (-90, True)])
def test_a_young_file_waits(age: int, is_read: bool, landing: Path) -> None:
    path = put(landing, "a.txt")
    then = time.time() - age
    os.utime(path, (then, then))
    assert (sources(read(landing, settle_seconds=60)) == ["a.txt"]) is is_read


def test_a_slow_writer_is_never_caught_half_way(landing: Path) -> None:
    path = put(landing, "a.txt", b"")
    is_over = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not is_over.wait(0.02):
                file.write(TEXT)
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    during = [read(landing, settle_seconds=0.3) for _ in range(5)]
    is_over.set()
    writer.join()
    assert [reading.documents for reading in during] == [[]] * 5
    assert read(landing, settle_seconds=0.3).texts == [path.read_text()]


@pytest.mark.parametrize("change", ["append", "truncate", "touch", "replace", "remove", "link"])
def test_a_file_that_changes_is_left_for_the_next_run(change: str, landing: Path) -> None:
    put(landing, "a.txt")
    moving = put(landing, "b.txt", TEXT * 2)
    settings = settings_for(landing, batch_documents=1)
    stream = read_landing(landing, {}, settings, run_id="run", started_at=STARTED_AT)
    first = collected([next(stream)])  # the zone has been listed, the first file is read
    {
        "append": lambda: moving.write_bytes(TEXT * 3),
        "truncate": lambda: moving.write_bytes(TEXT),
        "touch": lambda: os.utime(moving, (1, 1)),
        "replace": lambda: (put(landing, ".new", TEXT[::-1] * 2)).rename(moving),
        "remove": moving.unlink,
        "link": lambda: (moving.unlink(), moving.symlink_to("/etc/passwd")),
    }[change]()
    rest = collected(stream)
    assert (first.texts, rest.documents) == ([TEXT.decode()], [])
    assert sources(first) + sources(rest) == ["a.txt"]


def test_folders_nested_beyond_any_path_are_named(landing: Path) -> None:
    put(landing, "a.txt")
    folder = os.open(landing, os.O_RDONLY)
    for _ in range(3000):  # deeper than Python recurses and than a path may be long
        os.mkdir("ab", dir_fd=folder)
        inner = os.open("ab", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    reading = read(landing)
    subprocess.run(["rm", "-rf", landing], check=True)  # shutil.rmtree recurses
    assert (len(reading.documents), reading.reasons) == (1, ["unreadable"])
    assert "too long" in reading.rejections[0].detail


def test_what_the_pipeline_writes_is_no_input(landing: Path) -> None:
    put(landing, "a.txt")
    put(landing, "home/lake/documents/x.txt")
    assert sources(read(landing, home=landing / "home")) == ["a.txt"]
    put(landing, "quarantine/x.txt")
    assert sources(read(landing, home=landing)) == ["a.txt", "home/lake/documents/x.txt"]


def test_no_folder_link_is_followed(landing: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, "secret.txt")
    (landing / "folder").symlink_to(outside)
    with (
        pytest.raises(OSError, match="folder"),
        open_beneath(landing, ("folder", "secret.txt")),
    ):
        pass
    reading = read(landing)
    assert (reading.documents, reading.reasons) == ([], ["not_a_regular_file"])


def test_an_unchanged_file_is_not_read_again(landing: Path) -> None:
    path = put(landing, "a.jsonl", b'{"text": "one"}\n{"text": "two"}\nbroken\n')
    first = read(landing)
    path.chmod(0)
    again = read(landing, first.seen())
    assert (again.documents, again.rejections, again.inputs) == ([], [], [])
    (skipped,) = again.skipped
    assert (skipped.source_uri, skipped.document_count, skipped.rejected_count) == ("a.jsonl", 2, 1)


def test_only_a_new_time_means_the_same_file(landing: Path) -> None:
    path = put(landing, "a.txt")
    first = read(landing)
    os.utime(path, (1, 1))
    assert [each.source_uri for each in read(landing, first.seen()).skipped] == ["a.txt"]


def test_new_bytes_are_read(landing: Path) -> None:
    path = put(landing, "a.txt")
    first = read(landing)
    path.write_bytes(TEXT * 2)
    second = read(landing, first.seen())
    assert second.texts == [TEXT.decode() * 2]
    assert second.documents[0]["document_id"] != first.documents[0]["document_id"]


def test_a_refused_file_is_known_the_next_night(landing: Path) -> None:
    put(landing, "cut.gz", gzip.compress(TEXT)[:-4])
    first = read(landing)
    assert [(f.document_count, f.rejected_count) for f in first.inputs] == [(0, 1)]
    (skipped,) = read(landing, first.seen()).skipped
    assert skipped.rejected_count == 1


def test_files_come_in_the_order_of_their_paths(landing: Path) -> None:
    names = ["b/a.txt", "a.txt", "b.txt", "a/z.txt", "a/b/c.txt"]
    for name in names:
        put(landing, name)
    expected = sorted(names, key=lambda name: name.split("/"))
    assert sources(read(landing)) == expected
    assert [d["source_uri"] for d in read(landing).documents] == expected


def test_batches_are_bounded_and_say_which_files_they_end(landing: Path) -> None:
    lines = b"".join(b'{"text": "line %d"}\n' % n for n in range(25))
    put(landing, "a.jsonl", lines)
    put(landing, "b.txt")
    reading = read(landing, batch_documents=10)
    found = [(b.documents.num_rows, [f.source_uri for f in b.inputs]) for b in reading.batches]
    assert found == [(10, []), (10, []), (6, ["a.jsonl", "b.txt"])]
    assert [f.document_count for f in reading.inputs] == [25, 1]


def test_a_batch_holds_a_bounded_amount_of_text(landing: Path) -> None:
    line = b'{"text": "' + b"word " * 1_400_000 + b'"}\n'
    put(landing, "a.jsonl", line * 20)
    sizes = [batch.documents.num_rows for batch in read(landing).batches]
    assert sizes == [10, 10, 0], "the last one ends the file"


def test_rejections_do_not_pile_up(landing: Path) -> None:
    put(landing, "a.jsonl", b'{"text": "good"}\n' * 20 + b"{bad\n" * 95)
    sizes = [len(batch.rejections) for batch in read(landing, batch_documents=50).batches]
    assert sum(sizes) == 95
    assert max(sizes) <= 50


def test_a_large_file_is_held_on_disk_and_leaves_nothing(landing: Path, tmp_path: Path) -> None:
    line = b'{"text": "' + b"word " * 200_000 + b'"}\n'
    put(landing, "large.jsonl", line * 70)
    put(landing, "packed.jsonl.gz", gzip.compress(line * 70, 1))
    settings = settings_for(landing, max_expansion_ratio=2000)
    stream = read_landing(landing, {}, settings, run_id="run", started_at=STARTED_AT)
    first = next(stream)
    assert (tmp_path / "home").is_dir(), "it went to disk"
    assert sum(len(each.documents) for each in [first, *stream]) == 140  # type: ignore[union-attr]
    assert list((tmp_path / "home").iterdir()) == []


def test_one_file_is_its_own_landing_zone(landing: Path) -> None:
    path = put(landing, "a.txt")
    assert sources(read(path, settle_seconds=3600)) == ["a.txt"]
    link = landing.parent / "link"
    link.symlink_to(path)
    assert sources(read(link)) == ["a.txt"], "named by its user, not found in the zone"


@pytest.mark.parametrize("folder", ["2026-03-02/www.elm.example", "2026-03-02", "2026-03-02/a/b"])
def test_one_file_of_a_night_is_the_document_of_its_zone(folder: str, landing: Path) -> None:
    file = put(landing, f"{folder}/a.txt")
    (alone,) = read(file).documents
    assert [alone] == read(landing).documents
    assert alone["site"] == ("elm.example" if "elm" in folder else None)
    assert alone["retrieved_at"]


def test_a_missing_landing_zone_is_named(landing: Path) -> None:
    with pytest.raises(LandingError, match="nowhere: no such landing folder"):
        read(landing / "nowhere")


@pytest.mark.parametrize(
    "name", ["a'; drop table x.txt", "[1]*.txt", "new\nline.txt", "-rf", "ü.txt", "a b?.txt"]
)
def test_a_name_is_only_a_name(name: str, landing: Path) -> None:
    put(landing, name)
    assert sources(read(landing)) == [name]


def test_a_name_that_is_no_text_is_spelt_out(landing: Path) -> None:
    put(landing, os.fsdecode(b"\xff.txt"))
    assert sources(read(landing)) == ["\\xff.txt"]


def test_names_do_not_decide_the_format(landing: Path) -> None:
    reading = read_bytes(landing, b'{"text": "an object"}\n', "picture.png")
    assert [d["source_format"] for d in reading.documents] == ["jsonl"]


def test_twice_the_same(landing: Path) -> None:
    for number in range(40):
        page = f"<html><body><p>{TEXT.decode() * number}</p></body></html>"
        put(landing, f"{number}.html", page.encode())
        put(landing, f"{number}.txt", TEXT * number)
    batches = [read(landing, workers=2, batch_documents=7).batches for _ in range(2)]
    tables = [pa.Table.from_batches([b.documents for b in run]) for run in batches]
    assert tables[0].equals(tables[1])
    assert [b.rejections for b in batches[0]] == [b.rejections for b in batches[1]]
