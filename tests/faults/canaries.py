"""Secrets in the environment and in settings: nothing that a run writes or says holds them."""

from __future__ import annotations

from pathlib import Path

from .crashes import TornError
from .inputs import texts
from .runs import Nursery
from .search import files_with

CANARY = "canary-7f3e91"


def canaries(nursery: Nursery, folder: Path) -> int:
    """Secrets in the environment are in no file, table, page or message, of a good or bad run."""
    landing, home = folder / "quiet", folder / "quiet-home"
    landing.mkdir(exist_ok=True)
    (landing / "a.txt").write_text(texts(1, 1)[0], "utf-8")
    names = ("AWS_SECRET_ACCESS_KEY", "PREFECT_API_KEY", "COPYDESK_PASSWORD", "DATABASE_URL")
    secrets = {name: f"{CANARY}-{number}" for number, name in enumerate(names)}
    secrets["COPYDESK_ALERT_URLS"] = f"json://user:{CANARY}-alert@localhost:9/{CANARY}"
    good = nursery.run(landing, home, environment=secrets)
    (landing / "b.jsonl.gz").write_bytes(b"\x1f\x8b broken")
    bad = nursery.run(landing, home, environment=secrets)
    wrong = nursery.run(landing, home, "--date", "no-date", environment=secrets)
    stopped = nursery.run(landing, home, environment=secrets, fail_at=20)
    if (good.code, bad.code, wrong.code, stopped.code) != (0, 0, 2, 1):
        raise TornError(f"ended with {(good.code, bad.code, wrong.code, stopped.code)}")
    told = [
        nursery.do([*words, "--landing", str(landing), "--home", str(home)], environment=secrets)
        for words in (["config", "show"], ["config", "show", "--json"], ["doctor"])
    ]
    said = [ended.said for ended in (good, bad, wrong, stopped, *told)]
    where = [text for text in said if CANARY in text]
    where += [str(path) for path in files_with(home, CANARY)]
    if where:
        raise TornError(f"a secret was told: {where}")
    return len(secrets)
