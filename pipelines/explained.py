"""`copydesk explain` and `copydesk clean`: what cleaning makes of a file or a document, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipelines.clean.article import CleanedText, Cleaner, clean_text, load_cleaner
from pipelines.clean.compare import compare, report, rules_with
from pipelines.clean.edits import RemovedLine, Repair
from pipelines.clean.explain import reasons, render
from pipelines.ingest import SkippedInput, read_landing
from pipelines.settings import Settings

_DIGITS: Final = frozenset("0123456789abcdef")
"""What ids are made of."""


def explain(what: str, settings: Settings) -> int:
    """Print the proof of a file, or of a document of the lake as it was cleaned that night.

    Returns 0. Raises NoSuchDocumentError when it is neither, or FileNotFoundError where it cannot
    be an id.
    """
    path = Path(what)
    cleaner = load_cleaner(settings)
    if not path.is_file() and not set(what.strip()) <= _DIGITS:
        raise _no_file(path)
    found = _of_file(path, cleaner, settings) if path.is_file() else [_of_lake(what, settings)]
    for name, cleaned in found:
        print(f"# {name}", render(cleaned), *reasons(cleaned, cleaner), sep="\n")
    return 0


def _no_file(path: Path) -> FileNotFoundError:
    what = "a folder; name its files" if path.is_dir() else "no such file"
    return FileNotFoundError(f"{path}: {what}")


def show_clean(files: Iterable[Path], settings: Settings, *, as_json: bool) -> int:
    """Print the clean text of every document in files. Returns 0, or 1 if one was refused."""
    code = 0
    cleaner = load_cleaner(settings)
    for path in files:
        if not path.is_file():
            raise _no_file(path)
        shown = list(_of_file(path, cleaner, settings))
        code = code if shown else 1
        for name, cleaned in shown:
            print(
                json.dumps(_as_dict(name, cleaned), default=str)
                if as_json
                else cleaned.article_body
            )
    return code


def show_changes(rules: Path, files: Iterable[Path], settings: Settings, *, as_json: bool) -> int:
    """Print which lines a change of rules gains and loses: of files, or of last night's input.

    What sites repeat is left out on both sides. Returns 0. Raises RuleError for a rule that cannot
    be used, FileNotFoundError for a file that is not there or an empty lake.
    """
    today = load_cleaner(settings)
    with rules_with(rules) as folder:
        tomorrow = load_cleaner(settings, rules=folder)
    changes: list[dict[str, Any]] = []
    documents = 0
    for batch in _arrived(list(files), settings):
        documents += batch.num_rows
        changes += compare(batch, today, tomorrow).to_pylist()
    if as_json:
        print(*(json.dumps(row) for row in changes), sep="\n")
    else:
        print(*report(changes, documents), sep="\n")
    return 0


def _arrived(files: list[Path], settings: Settings) -> Iterator[pa.RecordBatch]:
    """Documents of files, or those that the last run read."""
    now = datetime.now(UTC)
    for path in files:
        if not path.is_file():
            raise _no_file(path)
        for read in read_landing(path, {}, settings, run_id="compare", started_at=now):
            if not isinstance(read, SkippedInput) and read.documents.num_rows:
                yield read.documents
    if not files:
        from pipelines import tonight

        lake = tonight.open_lake(settings)
        ingests = [it for it in lake.commits() if it.verb == "ingest"]
        runs = [it.run_id for it in ingests if any(f.table == "documents" for f in it.files)]
        if not runs:
            raise FileNotFoundError(f"{settings.lake}: no document yet; run: copydesk run")
        yield from lake.batches("documents", max(runs), settings.batch_documents)


def _of_file(path: Path, cleaner: Cleaner, settings: Settings) -> Iterator[tuple[str, CleanedText]]:
    """Documents of a file, clean; what is refused is told on stderr."""
    now = datetime.now(UTC)
    for batch in read_landing(path, {}, settings, run_id="explain", started_at=now):
        if isinstance(batch, SkippedInput):
            continue
        for refused in batch.rejections:
            place = ", ".join(filter(None, (refused.source_uri, refused.source_locator)))
            print(f"{place}: refused, {refused.reason}: {refused.detail}", file=sys.stderr)
        for row in batch.documents.to_pylist():
            name = ", ".join(filter(None, (row["source_uri"], row["source_locator"])))
            text = row.pop("raw_text")
            yield name, clean_text(text, cleaner, **row)


def _of_lake(beginning: str, settings: Settings) -> tuple[str, CleanedText]:
    from pipelines import takedown, tonight  # with the linker behind them: not for a file

    lake = tonight.open_lake(settings)
    name = takedown.find(lake, beginning)
    only = pa.array([name])
    rows = {
        table: [row for it in lake.matching(table, "document_id", only) for row in it.to_pylist()]
        for table in ("documents", "articles", "removed_lines", "repairs")
    }
    removed = (RemovedLine(**_only(row, RemovedLine)) for row in rows["removed_lines"])
    repairs = (Repair(**_only(row, Repair)) for row in rows["repairs"])
    raw_text = rows["documents"][0]["raw_text"]
    return name, CleanedText(raw_text, rows["articles"][0], tuple(removed), tuple(repairs))


def _only(row: dict[str, Any], kind: type[tuple[Any, ...]]) -> dict[str, Any]:
    return {name: row[name] for name in kind._fields}  # type: ignore[attr-defined]


def _as_dict(name: str, cleaned: CleanedText) -> dict[str, Any]:
    return {
        "source": name,
        **cleaned.article,
        "removed_lines": [row._asdict() for row in cleaned.removed_lines],
        "repairs": [row._asdict() for row in cleaned.repairs],
    }
