"""The command line: `copydesk …`. Data on stdout, narration on stderr.

Every command imports what it needs when it is called, so that `--help`, `sql` and `explain` start
without Prefect and Great Expectations. Exit codes: 0 ok, 1 run failed, 2 usage or configuration,
3 quality gate failed (nothing published), 4 another run holds the home folder, 130 interrupted.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pipelines.exits import guarded
from pipelines.places import AsJson, Places, Quiet, Work
from pipelines.places import settings as _settings
from pipelines.settings import SettingsError


def installed_version() -> str:
    """Version of the installed package, or `source`."""
    from pipelines import ledger

    return ledger.installed_version()


app = App(
    name="copydesk",
    help="Raw news-article text into deduplicated, validated tables; nothing vanishes.",
    help_format="plaintext",
    version=installed_version,
    default_parameter=Parameter(negative=()),
)
config = App(name="config", help="Settings and where each comes from.")
app.command(config)
app.register_install_completion_command(add_to_startup=False)


@app.command
def run(
    *,
    places: Work | None = None,
    date: Annotated[
        date | None, Parameter(help="The night the run stands for; today (UTC) if not given.")
    ] = None,
    dry_run: Annotated[bool, Parameter(help="Only say what would be read; write nothing.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Run a night: ingest, clean, link, build, validate, publish."""
    from pipelines import arrivals, narration, night, progress

    settings = _settings(places)
    narrate = narration.silent if quiet or as_json else narration.say
    if dry_run:
        narration.show_plan(arrivals.plan(settings), as_json=as_json)
        return 0
    with progress.shown(is_wanted=narrate is narration.say) as watch:
        outcome = night.run_night(settings, date, narrate=narrate, watch=watch)
    narration.show_outcome(outcome, settings, as_json=as_json, quiet=quiet)
    return outcome.exit_code


@app.command
def backfill(
    *,
    from_: Annotated[date, Parameter(name="--from", help="First night, YYYY-MM-DD.")],
    to: Annotated[date, Parameter(help="Last night, YYYY-MM-DD.")],
    places: Work | None = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Run one night for each date of a range, in order; each takes the files up to its date."""
    from pipelines import narration, night, progress

    settings = _settings(places)
    if to < from_:
        raise SettingsError(f"--to {to} is before --from {from_}")
    worst = 0
    narrate = narration.silent if quiet or as_json else narration.say
    for number in range((to - from_).days + 1):
        day = from_ + timedelta(days=number)
        with progress.shown(is_wanted=narrate is narration.say) as watch:
            outcome = night.run_night(settings, day, narrate=narrate, watch=watch)
        narration.show_outcome(outcome, settings, as_json=as_json, quiet=quiet)
        worst = max(worst, outcome.exit_code)
    return worst


@app.command
def demo(
    *,
    home: Annotated[
        Path | None, Parameter(help="Folder to work in; a temporary one if not given.")
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Run a night on the samples that come with copydesk."""
    from pipelines.night import SAMPLES

    folder = home or Path(tempfile.mkdtemp(prefix="copydesk-demo-"))
    return run(places=Work(SAMPLES, folder), quiet=quiet)


@app.command
def clean(
    files: Annotated[list[Path] | None, Parameter(help="Files of any input format.")] = None,
    /,
    *,
    compare: Annotated[
        Path | None,
        Parameter(help="Rule file or folder: what it gains and loses, on last night's input too."),
    ] = None,
    as_json: AsJson = False,
    places: Places | None = None,
) -> int:
    """Print the clean text of files, or what a change of rules would do; the lake stays as is."""
    from pipelines import explained

    settings = _settings(places)
    if compare:
        return explained.show_changes(compare, files or [], settings, as_json=as_json)
    if not files:
        raise SettingsError(
            "nothing to clean: name files, or --compare RULES for last night's input"
        )
    return explained.show_clean(files, settings, as_json=as_json)


@app.command
def explain(
    what: Annotated[str, Parameter(help="A file, or a document_id of the lake.")],
    /,
    *,
    places: Places | None = None,
) -> int:
    """Print the proof of a file or document: each line kept, removed or repaired, and why."""
    from pipelines import explained

    return explained.explain(what, _settings(places))


@app.command
def pairs(
    document_id: Annotated[str, Parameter(help="A document_id; the first digits are enough.")],
    /,
    *,
    places: Places | None = None,
    as_json: AsJson = False,
) -> int:
    """Print the documents linked to one, side by side with the sentences that prove it."""
    from pipelines import linked

    return linked.show_pairs(_settings(places), document_id, as_json=as_json)


@app.command
def takedown(
    document_ids: Annotated[
        list[str], Parameter(help="Ids of documents; the first digits are enough.")
    ],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why; kept with the tombstone.")],
    places: Places | None = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Take documents out of every table, index, page and kept version; a tombstone stays."""
    from pipelines import narration, night

    settings = _settings(places)
    narrate = narration.silent if quiet or as_json else narration.say
    outcome = night.take_down(settings, document_ids, reason, narrate=narrate)
    narration.show_outcome(outcome, settings, as_json=as_json, quiet=quiet)
    return outcome.exit_code


@app.command
def export(
    folder: Annotated[Path, Parameter(help="A new or empty folder.")],
    /,
    *,
    places: Places | None = None,
) -> int:
    """Copy the published tables as a Hugging Face-style Parquet dataset with a card."""
    from pipelines import dictionary

    print(dictionary.export_dataset(_settings(places).published, folder))
    return 0


@app.command
def sql(
    statement: Annotated[str | None, Parameter(help="One SELECT.")] = None,
    /,
    *,
    places: Places | None = None,
    csv: Annotated[bool, Parameter(help="Print CSV.")] = False,
    as_json: AsJson = False,
    parquet: Annotated[Path | None, Parameter(help="Write the result to this file.")] = None,
) -> int:
    """Query the published tables; a small shell if no statement is given."""
    from pipelines import adhoc

    if csv + as_json + (parquet is not None) > 1:
        raise SettingsError("--csv, --json and --parquet exclude each other; choose one")
    form: Literal["table", "csv", "json"] = "csv" if csv else "json" if as_json else "table"
    return adhoc.main_query(_settings(places), statement, form, parquet=parquet)


@app.command
def dashboard(
    *,
    places: Places | None = None,
    out: Annotated[
        Path | None, Parameter(help="Render the page from the published tables into this file.")
    ] = None,
    open: Annotated[bool, Parameter(help="Show it in the web browser.")] = False,
) -> int:
    """Print the path of the dashboard page, or render it anew."""
    from pipelines import desk

    page = desk.dashboard_page(_settings(places), out)
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0


@app.command
def check(
    database: Annotated[
        Path | None, Parameter(help="The file to judge; the published one if not given.")
    ] = None,
    /,
    *,
    places: Places | None = None,
    as_json: AsJson = False,
) -> int:
    """Run the expectations and audits over a published or candidate database."""
    from pipelines import desk

    return desk.check_database(_settings(places), database, as_json=as_json)


@app.command
def docs(
    topic: Annotated[
        Literal["tables", "models", "rules"], Parameter(help="What to print.")
    ] = "tables",
    /,
) -> int:
    """Print documentation as Markdown: the data dictionary, the models, or the rules."""
    from pipelines import dictionary

    print(dictionary.document(topic))
    return 0


@config.command
def show(*, places: Places | None = None, as_json: AsJson = False) -> int:
    """Print every setting, its value and where it came from."""
    from pipelines import narration

    narration.show_settings(_settings(places), as_json=as_json)
    return 0


@app.command
def doctor(*, places: Places | None = None, as_json: AsJson = False) -> int:
    """Examine the home folder: versions, disk, lease, last run, damage; and say what to do."""
    from pipelines import desk

    return desk.examine(_settings(places), as_json=as_json)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(guarded(lambda: app(arguments, exit_on_error=False, result_action="return_value")))


if __name__ == "__main__":
    main()
