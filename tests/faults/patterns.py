"""Regular-expression bombs in a rule file: refused when it is loaded, or harmless in RE2."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.clean.rulebook import RuleError, load_rules

from .crashes import TornError
from .runs import ROOT

REFUSED = (
    r"(a)\1", r"(?P<x>a)(?P=x)", "a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(?>a+)b", "a++b",
    "(?(1)a|b)", "((a{100}){100}){100}", "a{100000}", "(a", "[a", "*a", r"\p{Nonsense}",
)  # fmt: skip
"""What RE2 will not compile: what needs backtracking, is too large, or is broken."""

LINEAR = (
    "(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}$", "([a-zA-Z]+)*$", "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){25}a{25}",
)  # fmt: skip
"""Bombs for a backtracking engine, which RE2 takes and runs in linear time."""

_MEASURE = """
import json, sys, time
from pathlib import Path
from pipelines.clean.article import clean_text, load_cleaner
from pipelines.settings import Settings
cleaner = load_cleaner(Settings(), rules=Path(sys.argv[1]))
clean_text("A first text, so that everything is compiled.", cleaner)
longest = 0.0
for text in json.load(sys.stdin):
    begun = time.process_time()
    clean_text(text, cleaner)
    longest = max(longest, time.process_time() - begun)
print(longest)
"""
MOST_SECONDS = 2.0


def _rule(pattern: str) -> str:
    return (
        f"[[rule]]\nid = 'any.bomb.one'\nkind = 'navigation'\npattern = '''{pattern}'''\n"
        "removes = ['Home | News']\nkeeps = ['The home of the news.']\n"
    )


def bombs(folder: Path) -> str:
    """Each refusal names file, rule and reason; a page of bombs is cleaned in bounded time."""
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    for pattern in REFUSED:
        (rules / "any.toml").write_text(_rule(pattern), "utf-8")
        try:
            load_rules(rules)
        except RuleError as error:
            if not all(it in str(error) for it in ("any.toml", "any.bomb.one", "RE2")):
                raise TornError(f"{pattern}: no clear word: {error}") from error
        else:
            raise TornError(f"{pattern}: not refused")
    _through_the_command_line(folder)
    seconds = _longest(rules)
    if seconds > MOST_SECONDS:
        raise TornError(f"a document took {seconds:.2f} CPU-s")
    return (
        f"{len(REFUSED)} refused with file, rule and reason; {len(LINEAR)} run in linear time: "
        f"p100 {seconds:.3f} CPU-s a document"
    )


def _through_the_command_line(folder: Path) -> None:
    """A bomb in the installed package ends a real run with exit code 1 and the rule's name."""
    tree = folder / "tree"
    shutil.copytree(ROOT / "pipelines", tree / "pipelines", dirs_exist_ok=True)
    shutil.copytree(ROOT / "sql", tree / "sql", dirs_exist_ok=True)
    rules = tree / "pipelines" / "clean" / "rules" / "any.toml"
    rules.write_text(rules.read_text("utf-8") + _rule(REFUSED[0]), "utf-8")
    (folder / "bomb.txt").write_text("A text.\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "clean", str(folder / "bomb.txt")],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1 or "any.toml: rule 'any.bomb.one'" not in done.stderr:
        raise TornError(f"exit {done.returncode}: {done.stderr[-500:]}")


def _longest(rules: Path) -> float:
    """CPU seconds of the dearest of texts made to defeat the linear patterns."""
    records = [_rule(pattern).replace(".one", f".n{n}") for n, pattern in enumerate(LINEAR)]
    (rules / "any.toml").write_text("\n".join(records), "utf-8")
    lines = ["a" * 50, "a" * 5000 + "!", "x" * 5000, "ab " * 2000, "a" * 100_000 + "b", "A" * 30]
    texts = ["\n".join([line] * 50 + ["The river rose."]) for line in lines]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(rules)],
        input=json.dumps(texts),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
