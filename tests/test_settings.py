"""What may be set, from which source, and what is refused before anything begins."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import SettingsError, load

REFUSED = [
    ("workers = 0", "workers = 0: at least 1"),
    ("workers = true", "workers = True is not a whole number"),
    ("workers = 2.5", "workers = 2.5 is not a whole number"),
    ("keep_versions = 0", "keep_versions = 0: at least 1"),
    ("batch_documents = -5", "batch_documents = -5: at least 1"),
    ("settle_seconds = -1", "settle_seconds = -1: at least 0"),
    ("settle_seconds = nan", "settle_seconds = nan: at least 0"),
    ("html_timeout = 0", "html_timeout = 0: at least 0.1"),
    ("max_document_bytes = 0", "max_document_bytes = 0: at least 1"),
    ("remove_threshold = 55", "remove_threshold = 55: at most 1"),
    ("remove_threshold = nan", "remove_threshold = nan: at least 0"),
    ('memory_limit = "lots"', "memory_limit = 'lots': no size; say 900MB or 4GB"),
    ("memory_limit = 4", "memory_limit = 4: no size; say 900MB or 4GB"),
    ('memory_limit = ""', "memory_limit = '': no size; say 900MB or 4GB"),
    ('home = ""', "home = '': empty; name a folder, or leave it out"),
    ("landing = 5", "landing = 5 is not a path"),
    ('landing = "~nobody-here/landing"', "landing = '~nobody-here/landing' is not a path"),
    ('spark_master = ["a"]', r"spark_master = \['a'\] is not a text"),
    ("alert_urls = true", "toml: alert_urls is not a text"),
    ('[copydesk]\nhome = "data"', r"\[copydesk\]: settings stand at the top, in no table"),
    ("[workers]\nmost = 4", r"\[workers\]: settings stand at the top, in no table"),
    ("sheep = 3", "unknown setting 'sheep'"),
]

TAKEN = [
    ("workers = 4.0", "workers", 4),
    ('workers = "4"', "workers", 4),
    ("settle_seconds = 0", "settle_seconds", 0.0),
    ("remove_threshold = 1", "remove_threshold", 1.0),
    *(
        (f'memory_limit = "{size}"', "memory_limit", size)
        for size in ("900MB", "1.5 GiB", "4g", "50%", "1000000000 bytes")
    ),
    ('mirror = ""', "mirror", Path()),
    ('landing = "s3://news/raw"', "landing", Path("s3://news/raw")),
    ('home = "~/copydesk"', "home", Path.home() / "copydesk"),
    ('alert_urls = ["json://a", "json://b"]', "alert_urls", "json://a json://b"),
    ('workers = 3\n[sites."a.example"]\nkeep = ["x"]', "workers", 3),
]


def loaded(folder: Path, content: str) -> Any:
    file = folder / "copydesk.toml"
    file.write_text(content)
    return load(environment={}, file=file)


@pytest.mark.parametrize(("content", "said"), REFUSED)
def test_a_setting_that_cannot_be_meant_is_refused(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said):
        loaded(tmp_path, content)


@pytest.mark.parametrize(("content", "name", "value"), TAKEN)
def test_a_setting_is_read_as_it_is_meant(
    content: str, name: str, value: Any, tmp_path: Path
) -> None:
    settings = loaded(tmp_path, content)
    assert getattr(settings, name) == value
    assert settings.origins[name].endswith("copydesk.toml")


@pytest.mark.parametrize("name", ["LANDING", "HOME"])
def test_an_empty_variable_is_not_the_working_directory(name: str) -> None:
    with pytest.raises(SettingsError, match=f"environment: {name.lower()} = '': empty"):
        load(environment={f"COPYDESK_{name}": ""}, file=Path("none.toml"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("COPYDESK_WORKER", "COPYDESK_WORKERS"),
        ("COPYDESK_workers", "COPYDESK_WORKERS"),
        ("COPYDESK_LANDING_ZONE", "COPYDESK_LANDING"),
        ("COPYDESK_ALERT_URL", "COPYDESK_ALERT_URLS"),
        ("COPYDESK_WORKERS", None),
        ("WORKER", None),
        ("COPYDESK_SQL", None),
        ("COPYDESK_DATABASE", None),
        ("COPYDESK_CHECKOUT", None),
        ("COPYDESK_CACHE", None),
        ("COPYDESK_BENCH_CACHE", None),
        ("COPYDESK_PEERS", None),
    ],
)
def test_a_variable_that_is_nearly_a_setting_is_told(
    name: str,
    meant: str | None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logger = logging.getLogger("pipelines.settings")
    monkeypatch.setattr(logger, "disabled", False)  # the import linter disables what it finds
    assert load(environment={name: "8"}, file=Path("none.toml")).landing == Path("data/landing")
    said = f"environment: {name} is no setting and not used; meant: {meant}?"
    assert caplog.messages == ([said] if meant else [])


def test_the_command_line_comes_first_then_the_environment_then_the_file(tmp_path: Path) -> None:
    file = tmp_path / "copydesk.toml"
    file.write_text('home = "of-file"\nlanding = "of-file"\nworkers = 3')
    environment = {"COPYDESK_HOME": "of-environment", "COPYDESK_LANDING": "of-environment"}
    settings = load({"home": "of-command", "landing": None}, environment=environment, file=file)
    found = (settings.home.name, settings.landing.name, settings.workers, settings.keep_versions)
    assert found == ("of-command", "of-environment", 3, 7)
    origins = [settings.origins[it] for it in ("home", "landing", "workers", "keep_versions")]
    assert origins == ["command line", "environment", str(file), "default"]


def test_a_secret_that_is_refused_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"alert_urls": ["slack://canary", True]}, environment={}, file=Path("none.toml"))
    assert "canary" not in str(refused.value)
