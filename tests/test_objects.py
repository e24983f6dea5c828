"""Object stores, against a real S3 server on this machine; skipped where moto is not installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow.fs import FileSystem

from pipelines import night, objects, publish, tonight
from pipelines.durable import DamagedError
from pipelines.settings import Settings, SettingsError, load

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
SERVER = os.environ.get("COPYDESK_MOTO") or shutil.which("moto_server")
LANDING = Path("s3://news/landing")
MIRROR = Path("s3://news/lake")


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """The environment in which pyarrow finds the server."""
    if SERVER is None:
        pytest.skip("no S3 server: pip install 'moto[server]', or name one in COPYDESK_MOTO")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([SERVER, "-p", str(port)], stdout=quiet, stderr=quiet) as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not _answers(url):
            assert time.monotonic() < deadline and process.poll() is None, "moto did not start"
            time.sleep(0.2)
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        yield {**keys, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1"}
        process.terminate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def store(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[FileSystem]:
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    found, _ = FileSystem.from_uri("s3://news?allow_bucket_creation=true&allow_delayed_open=true")
    found.create_dir("news")
    yield found
    found.delete_dir_contents("news")


def upload(store: FileSystem, folder: Path, prefix: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with store.open_output_stream(f"{prefix}/{path.relative_to(folder)}") as target:
                target.write(path.read_bytes())


def digests(settings: Settings) -> dict[str, str]:
    now = publish.manifest(settings)
    assert now is not None
    logs = ("runs", "checks")
    return {n: it["content_digest"] for n, it in now["tables"].items() if n not in logs}


def test_a_night_from_and_to_an_object_store(store: FileSystem, tmp_path: Path) -> None:
    """The same tables as from a folder; a new machine takes up the lake where the old one ended."""
    source = SAMPLES / "2026-03-02"
    upload(store, source, "news/landing/2026-03-02")
    (tmp_path / "landing").mkdir()
    shutil.copytree(source, tmp_path / "landing" / "2026-03-02")
    local = Settings(landing=tmp_path / "landing", home=tmp_path / "local")
    remote = Settings(landing=LANDING, home=tmp_path / "remote", mirror=MIRROR)
    assert night.run_night(local).status == night.run_night(remote).status == "published"
    assert digests(local) == digests(remote)
    moved = Settings(landing=LANDING, home=tmp_path / "moved", mirror=MIRROR)
    again = night.run_night(moved)
    assert again.ledger["accepted_count"] == 0 and again.ledger["known_count"] > 0
    assert digests(moved) == digests(local)


def test_objects_that_change_or_go_are_followed(store: FileSystem, tmp_path: Path) -> None:
    settings = Settings(landing=LANDING, home=tmp_path)
    for name, text in (("a.txt", b"one"), ("b/c.txt", b"two"), ("../evil.txt", b"three")):
        with store.open_output_stream(f"news/landing/{name}") as target:
            target.write(text)
    folder = objects.landed(settings).folder
    found = {str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*.txt")}
    assert found == {"a.txt": b"one", "b/c.txt": b"two"}
    assert not list(tmp_path.glob("evil*"))
    before = (folder / "b/c.txt").stat().st_ino
    with store.open_output_stream("news/landing/a.txt") as target:
        target.write(b"one more")
    objects.landed(settings)
    assert (folder / "a.txt").read_bytes() == b"one more"
    assert (folder / "b/c.txt").stat().st_ino == before, "what has not changed is not fetched"
    store.delete_file("news/landing/a.txt")
    assert not (objects.landed(settings).folder / "a.txt").exists()


def test_an_object_that_can_be_no_file_costs_only_itself(store: FileSystem, tmp_path: Path) -> None:
    text = b"The river rose by two metres overnight.\n"
    settings = Settings(
        landing=LANDING, home=tmp_path, workers=1, settle_seconds=0, max_file_bytes=1000
    )
    refused = {"a/b.txt": "unreadable", "n" * 300: "unreadable", "large": "file_too_large"}
    for name in ("a", *refused, "n" * 250, "ok.txt"):
        with store.open_output_stream(f"news/landing/{name}") as target:
            target.write(name.encode() + text * (99 if name == "large" else 1))
    landed = objects.landed(settings)
    assert {it.source_uri: it.reason for it in landed.refused} == refused
    assert {it.name for it in landed.folder.iterdir()} == {"a", "n" * 250, "ok.txt"}
    first, second = (night.run_night(settings).ledger for _ in range(2))
    assert (first["accepted_count"], first["rejected_count"]) == (3, 3)
    assert (second["accepted_count"], second["rejected_count"], second["known_count"]) == (0, 0, 6)
    store.delete_file("news/landing/a")
    assert (objects.landed(settings).folder / "a" / "b.txt").is_file()
    store.delete_file("news/landing/a/b.txt")
    with store.open_output_stream("news/landing/a") as target:
        target.write(text)
    assert (objects.landed(settings).folder / "a").read_bytes() == text


def test_a_push_that_was_cut_off_is_finished_and_never_half_seen(
    store: FileSystem, tmp_path: Path
) -> None:
    settings = Settings(landing=SAMPLES / "2026-03-02", home=tmp_path / "home")
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    objects.push(lake, MIRROR)
    victim = lake.files("articles")[0].path
    store.delete_file("news/lake/commits/" + f"{lake.commits()[-1].run_id}.publish.json")
    store.delete_file(f"news/lake/{victim}")
    with store.open_output_stream(f"news/lake/{victim}.litter") as target:
        target.write(b"left over")
    assert len(objects.push(lake, MIRROR)) == 1
    other = tonight.open_lake(Settings(home=tmp_path / "other"))
    assert len(objects.pull(MIRROR, other)) == len(lake.commits())
    assert other.state(lake.schemas) == lake.state(lake.schemas) and other.damage() == []
    assert other.sweep() == []


def test_what_was_taken_down_leaves_the_object_store(store: FileSystem, tmp_path: Path) -> None:
    settings = Settings(landing=SAMPLES / "2026-03-02", home=tmp_path, mirror=MIRROR)
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    gone = lake.read("articles", ["document_id"])["document_id"][0].as_py()
    before = set(objects._alive(lake))
    night.take_down(settings, [gone], "asked for")
    there = {info.path.removeprefix("news/lake/") for info in objects._objects_or_none(*_of(store))}
    assert there & (before - set(objects._alive(lake))) == set()


def _of(store: FileSystem) -> tuple[FileSystem, str]:
    return store, "news/lake"


def test_a_damaged_object_is_named(store: FileSystem, tmp_path: Path) -> None:
    settings = Settings(landing=SAMPLES / "2026-03-02", home=tmp_path / "home")
    night.run_night(settings)
    lake = tonight.open_lake(settings)
    objects.push(lake, MIRROR)
    victim = lake.files("articles")[0].path
    with store.open_output_stream(f"news/lake/{victim}") as target:
        target.write(b"PAR1 but not ours PAR1")
    other = tonight.open_lake(Settings(home=tmp_path / "other"))
    with pytest.raises(DamagedError, match="articles"):
        objects.pull(MIRROR, other)
    assert other.commits() == []


def test_a_store_that_does_not_answer_is_a_wrong_setting(store: FileSystem, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="s3://nowhere/landing"):
        objects.landed(Settings(landing=Path("s3://nowhere/landing"), home=tmp_path))


@pytest.mark.parametrize("given", ["s3://news/landing", "gs://news/a/b", "abfss://c@a.example/x"])
def test_an_address_survives_the_settings(given: str) -> None:
    settings = load({"landing": given}, environment={})
    assert objects.is_remote(settings.landing)
    assert objects.address(settings.landing) == given


def test_a_mirror_is_an_object_store_or_a_wrong_setting(tmp_path: Path) -> None:
    assert objects.mirror_of(Settings()) is None
    with pytest.raises(SettingsError, match=r"mirror = .*no address"):
        night.run_night(Settings(landing=SAMPLES, home=tmp_path, mirror=tmp_path / "other"))


@pytest.mark.parametrize("given", ["data/landing", "/srv/s3", "s3", "."])
def test_a_folder_is_no_address(given: str) -> None:
    assert not objects.is_remote(Path(given))


def test_the_command_line_reads_from_a_store(
    store: FileSystem, server: dict[str, str], tmp_path: Path
) -> None:
    upload(store, SAMPLES / "2026-03-02" / "halven-post.example", "news/landing")
    command = [sys.executable, "-m", "pipelines.cli", "run", "--json", "--home", str(tmp_path)]
    done = subprocess.run(
        [*command, "--landing", "s3://news/landing"],
        cwd=ROOT,
        env={**os.environ, **server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"accepted_count": 3' in done.stdout
