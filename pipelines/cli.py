"""The command line: `copydesk …`. Data on stdout, narration on stderr.

Every command imports what it needs when it is called, so that `--help`, `sql` and `explain` start
without Prefect and Great Expectations. Exit codes: 0 ok, 1 run failed, 2 usage or configuration,
3 quality gate failed (nothing published), 4 another run holds the home folder, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

from pipelines import settings as configuration
from pipelines.settings import Settings, SettingsError

app = App(
    name="copydesk",
    help="Raw news-article text into deduplicated, validated tables; nothing vanishes.",
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
)
config = App(name="config", help="Settings and where each comes from.")
app.command(config)


@Parameter(name="*")
@dataclass(frozen=True)
class Places:
    """Where to read and write; each may also come from the environment or copydesk.toml."""

    landing: Path | None = None
    "Folder (or file) with the raw articles."
    home: Path | None = None
    "Folder that holds lake, warehouse, published tables and quarantine."


def _settings(places: Places | None, **more: Any) -> Settings:
    places = places or Places()
    return configuration.load({"landing": places.landing, "home": places.home, **more})


@app.command
def run(
    *,
    places: Places | None = None,
    date: date | None = None,
    dry_run: bool = False,
    json: bool = False,
    quiet: bool = False,
) -> int:
    """Run a night: ingest, clean, link, build, validate, publish.

    Parameters
    ----------
    date
        The night the run stands for; today (UTC) if not given.
    dry_run
        Only say what would be read; write nothing.
    json
        Print the outcome as one JSON object on stdout.
    quiet
        No narration.
    """
    from pipelines import arrivals, narration, night

    settings = _settings(places)
    narrate = narration.silent if quiet or json else narration.say
    if dry_run:
        narration.show_plan(arrivals.plan(settings), as_json=json)
        return 0
    outcome = night.run_night(settings, date, narrate=narrate)
    narration.show_outcome(outcome, settings, as_json=json, quiet=quiet)
    return outcome.exit_code


@app.command
def backfill(
    *,
    from_: Annotated[date, Parameter(name="--from")],
    to: date,
    places: Places | None = None,
    json: bool = False,
    quiet: bool = False,
) -> int:
    """Run one night for each date of a range, in order; each takes the files up to its date.

    Parameters
    ----------
    from_
        First night, YYYY-MM-DD.
    to
        Last night, YYYY-MM-DD.
    json
        Print one JSON object per night on stdout.
    quiet
        No narration.
    """
    from pipelines import narration, night

    settings = _settings(places)
    if to < from_:
        raise SettingsError(f"--to {to} is before --from {from_}")
    worst = 0
    for number in range((to - from_).days + 1):
        narrate = narration.silent if quiet or json else narration.say
        outcome = night.run_night(settings, from_ + timedelta(days=number), narrate=narrate)
        narration.show_outcome(outcome, settings, as_json=json, quiet=quiet)
        worst = max(worst, outcome.exit_code)
    return worst


@app.command
def demo(*, home: Path | None = None, quiet: bool = False) -> int:
    """Run a night on the samples that come with copydesk.

    Parameters
    ----------
    home
        Folder to work in; a temporary one if not given.
    quiet
        No narration.
    """
    from pipelines.night import SAMPLES

    folder = home or Path(tempfile.mkdtemp(prefix="copydesk-demo-"))
    return run(places=Places(SAMPLES, folder), quiet=quiet)


@app.command
def clean(files: list[Path], /, *, json: bool = False, places: Places | None = None) -> int:
    """Print the clean text of files, without touching the lake.

    Parameters
    ----------
    files
        Files of any input format.
    json
        One JSON object per document: its columns, removed lines and repairs.
    """
    from pipelines import proofs

    for cleaned in proofs.clean_files(files, _settings(places)):
        print(cleaned.as_json() if json else cleaned.article_body)
    return 0


@app.command
def explain(what: str, /, *, places: Places | None = None) -> int:
    """Print the proof of a file or document: each line kept, removed or repaired, and why.

    Parameters
    ----------
    what
        A file, or a document_id of the lake.
    """
    from pipelines import proofs

    for proof in proofs.explain(what, _settings(places)):
        print(proof)
    return 0


@app.command
def pairs(document_id: str, /, *, places: Places | None = None, json: bool = False) -> int:
    """Print the documents linked to one, side by side with the sentences that prove it.

    Parameters
    ----------
    document_id
        A document_id; the first digits are enough.
    json
        One JSON object per pair.
    """
    from pipelines import proofs

    for text in proofs.pairs(document_id, _settings(places), as_json=json):
        print(text)
    return 0


@app.command
def takedown(
    document_ids: list[str],
    /,
    *,
    reason: str,
    places: Places | None = None,
    json: bool = False,
    quiet: bool = False,
) -> int:
    """Take documents out of every table, index, page and kept version; a tombstone stays.

    Parameters
    ----------
    document_ids
        Ids of documents; the first digits are enough.
    reason
        Why; kept with the tombstone.
    json
        Print the outcome as one JSON object on stdout.
    quiet
        No narration.
    """
    from pipelines import narration, night

    settings = _settings(places)
    narrate = narration.silent if quiet or json else narration.say
    outcome = night.take_down(settings, document_ids, reason, narrate=narrate)
    narration.show_outcome(outcome, settings, as_json=json, quiet=quiet)
    return outcome.exit_code


@app.command
def export(folder: Path, /, *, places: Places | None = None) -> int:
    """Copy the published tables as a Hugging Face-style Parquet dataset with a card.

    Parameters
    ----------
    folder
        A new or empty folder.
    """
    from pipelines import dictionary

    print(dictionary.export_dataset(_settings(places).published, folder))
    return 0


@app.command
def sql(
    statement: str | None = None,
    /,
    *,
    places: Places | None = None,
    csv: bool = False,
    json: bool = False,
    parquet: Path | None = None,
) -> int:
    """Query the published tables; a small shell if no statement is given.

    Parameters
    ----------
    statement
        One SELECT.
    csv
        Print CSV.
    json
        Print JSON lines.
    parquet
        Write the result to this file.
    """
    from pipelines import adhoc

    form = "csv" if csv else "json" if json else "table"
    published = _settings(places).published / "copydesk.duckdb"
    return adhoc.main_query(published, statement, form, parquet=parquet)


@app.command
def dashboard(*, places: Places | None = None, out: Path | None = None, open: bool = False) -> int:
    """Print the path of the dashboard page, or render it anew.

    Parameters
    ----------
    out
        Render the page from the published tables into this file.
    open
        Show it in the web browser.
    """
    from pipelines import desk

    page = desk.dashboard_page(_settings(places), out)
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0


@app.command
def check(
    database: Path | None = None, /, *, places: Places | None = None, json: bool = False
) -> int:
    """Run the expectations and audits over a published or candidate database.

    Parameters
    ----------
    database
        The file to judge; the published one if not given.
    json
        One JSON object per check.
    """
    from pipelines import desk

    return desk.check_database(_settings(places), database, as_json=json)


@app.command
def docs(topic: Literal["tables", "models", "rules"] = "tables", /) -> int:
    """Print documentation as Markdown: the data dictionary, the models, or the rules.

    Parameters
    ----------
    topic
        What to print.
    """
    from pipelines import dictionary

    print(dictionary.document(topic))
    return 0


@config.command
def show(*, places: Places | None = None, json: bool = False) -> int:
    """Print every setting, its value and where it came from.

    Parameters
    ----------
    json
        One JSON object.
    """
    from pipelines import narration

    narration.show_settings(_settings(places), as_json=json)
    return 0


@app.command
def doctor(*, places: Places | None = None, json: bool = False) -> int:
    """Examine the home folder: versions, disk, lease, last run, damage; and say what to do.

    Parameters
    ----------
    json
        One JSON object.
    """
    from pipelines import desk

    return desk.examine(_settings(places), as_json=json)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(_guarded(lambda: app(arguments, exit_on_error=False, result_action="return_value")))


def _guarded(command: Callable[[], Any]) -> int:
    """Exit code of a command; errors a user can meet become one clear line on stderr."""
    from pipelines.lease import LeaseHeldError

    codes: dict[type[BaseException], int] = {
        LeaseHeldError: 4,
        SettingsError: 2,
        FileNotFoundError: 2,
        OSError: 1,
        ValueError: 1,
        RuntimeError: 1,
        AssertionError: 1,
    }
    try:
        return int(command() or 0)
    except CycloptsError:
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _say("interrupted; run again to go on from the last commit", 130)
    except tuple(codes) as error:
        code = next(code for kind, code in codes.items() if isinstance(error, kind))
        return _say(f"{error}" if code != 1 else f"{type(error).__name__}: {error}", code)


def _say(error: object, code: int) -> int:
    print(f"copydesk: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
