"""The first sentence of the page, and of an alert: is last night good, and what changed.

A finding is one thing out of the ordinary; it names its site. All texts are plain: the page
escapes them, an alert sends them as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.dashboard.shown import number, plural, share, words
from pipelines.visible import plain_line

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing out of the ordinary; level 1 watch, 2 fault.

    `what` follows the site's name; `more` goes on where there is room for it. A failed critical
    check stops publishing.
    """

    site: str | None
    level: int
    what: str
    anchor: str
    more: str = ""
    is_stop: bool = False

    @property
    def text(self) -> str:
        """What happened, and what is usual or which checks it is."""
        return self.what + self.more

    @property
    def sentence(self) -> str:
        """The finding as one plain sentence that names its site."""
        return f"{plain_line(self.site)} {self.text}" if self.site else self.text


@dataclass(frozen=True, slots=True)
class Verdict:
    """How last night was (`good`, `look`, `stopped` or `empty`), and what is off, worst first."""

    state: str
    lead: str
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Finding | None:
        """What stopped the night; else the worst thing at a site; failing that, the worst thing."""
        if self.state == "stopped" and any(it.is_stop for it in self.findings):
            return self.findings[0]
        at_sites = [it for it in self.findings if it.site]
        return next(iter(at_sites or self.findings), None)

    @property
    def other_sites(self) -> int:
        """How many more sites are off."""
        told = self.worst.site if self.worst else None
        return len({it.site for it in self.findings if it.site} - {told})

    @property
    def sentence(self) -> str:
        """The first sentence, plain."""
        worst = self.worst
        if worst is None:
            return f"{self.lead}."
        site = f"{plain_line(worst.site)} " if worst.site else ""
        return f"{self.lead}: {site}{worst.what}."


_PHRASES: Final = {
    "document_count": ("delivered {value}", "{usual} documents"),
    "removed_share": ("lost {value} of its text to cleaning", "{usual}"),
    "copy_share": ("delivered {value} copies of other documents", "{usual}"),
    "repeated_share": ("delivered {value} of its documents a second time", "{usual}"),
    "median_word_count": ("delivers texts of {value} words", "{usual}"),
    "undated_share": ("left {value} of its documents undated", "{usual}"),
    "other_language_share": ("wrote {value} of its documents in another language", "{usual}"),
    "rejected_count": ("had {value} inputs refused", "{usual}"),
}
_IS_SHARE: Final = frozenset(name for name in _PHRASES if name.endswith("_share"))


def finding(row: Row, night: date) -> Finding:
    """A row of `sql/dashboard/findings.sql` in words."""
    return _failed(row) if row["measure"] == "check" else _drift(row, night)


_AUDITS: Final = {
    "audit.documents_site_empty": "has {share} of its documents without a word",
    "audit.documents_site_language_unknown": "has {share} of its documents in no known language",
    "audit.documents_site_lost_a_field": "lost what nine of ten of its documents had: {ids}",
    "audit.documents_site_lost_its_text": "lost {share} of its text or more in every document",
    "audit.rejected_documents_site_fields": "had {inputs} refused: a field lost or of another type",
}
"""What a site does that fails a check, after its name."""


def _failed(row: Row) -> Finding:
    count, names = int(row["value"]), [words_of_check(it) for it in row["detail"]]
    if row["site"] and count == 1 and _of_site(row["detail"][0]):
        return Finding(row["site"], row["level"], names[0], "checks", is_stop=row["level"] == 2)
    is_stop = row["level"] == 2
    critical = "critical " if is_stop else ""
    checks = f"a {critical}check" if count == 1 else f"{number(count)} {critical}checks"
    what = f"fails {checks}" if row["site"] else f"{checks} failed"
    more = f" and {number(count - len(names))} more" if count > len(names) else ""
    more = f": {', '.join(names)}{more}"
    return Finding(row["site"], row["level"], what, "checks", more, is_stop)


def words_of_check(failed: Row) -> str:
    """`documents.site expect_column_values_to_not_be_null` without its `expect_`.

    What is known of a site's audit in words; another audit's name says what it is about.
    """
    table, _, expectation = failed["name"].partition(" ")
    if expectation.startswith("audit."):
        return _of_site(failed) or words(expectation)
    return f"{table} {words(expectation)}"


def _of_site(failed: Row) -> str:
    observed = failed["observed"] or 0.0
    return _AUDITS.get(failed["name"].partition(" ")[2], "").format(
        share=share(observed),
        inputs=plural(observed, "input"),
        ids=", ".join(plain_line(it, 60) for it in failed["ids"] or ()),
    )


def _drift(row: Row, night: date) -> Finding:
    measure = row["measure"]
    form = share if measure in _IS_SHARE else number
    what, usual = _PHRASES[measure]
    value = form(row["value"])
    if measure == "document_count":
        value = plural(row["value"], "document") if row["value"] else _nothing(row)
    on = f"on a usual {night:%A}" if row["is_same_weekday"] else "usually"
    compared = f"; {on} {usual.format(usual=form(row['usual']))}"
    return Finding(row["site"], row["level"], what.format(value=value), "sites", compared)


def new_line_finding(row: Row) -> Finding:
    """A row of `sql/dashboard/new_lines.sql` in words."""
    line = plain_line(row["line_text"], 60)
    count = plural(row["article_count"], "article")
    return Finding(
        row["site"], 1, f"shows a line never seen there, in {count}: “{line}”", "new-lines"
    )


def verdict(tonight: Row, findings: Sequence[Finding]) -> Verdict:
    """The judgement of the night. Faults before what is only worth a look, worst site first.

    What stopped the night comes before all.
    """
    ordered = tuple(sorted(findings, key=lambda it: -it.level))
    if tonight["status"] == "quality_gate_failed":
        ordered = tuple(sorted(ordered, key=lambda it: not it.is_stop))
        return Verdict("stopped", "Last night was not published", ordered)
    if any(it.level == 2 for it in ordered):
        return Verdict("look", "Last night needs a look", ordered)
    if tonight["status"] == "unchanged":
        return Verdict("empty", "Last night brought nothing new", ordered)
    return Verdict(
        "good", "Last night is mostly good" if ordered else "Last night is good", ordered
    )


def _nothing(row: Row) -> str:
    """How much of nothing a site delivered."""
    if row["refused_count"]:
        return f"nothing but {plural(row['refused_count'], 'input')} that had to be refused"
    nights = row["silent_nights"] or 1
    return "nothing" if nights == 1 else f"nothing for {plural(nights, 'night')}"


def what_changed(tonight: Row) -> str:
    """The night's numbers against those of a usual night of its weekday, as one sentence."""
    accepted, usual = tonight["accepted_count"], tonight["usual_accepted"]
    text = (
        f"{plural(accepted, 'new document')} became {plural(tonight['article_count'], 'article')}"
    )
    text += f" and {plural(tonight['copy_count'], 'copy', 'copies')}"
    if tonight["known_count"]:
        text += f"; {number(tonight['known_count'])} had been delivered before"
    if tonight["rejected_count"]:
        text += f"; {plural(tonight['rejected_count'], 'input')} refused"
    if usual:
        change = accepted / usual - 1
        how = "as many as" if abs(change) < 0.05 else f"{share(abs(change))} "
        how += "" if abs(change) < 0.05 else "more than" if change > 0 else "fewer than"
        text += f". That is {how} on a usual {tonight['night']:%A}"
    if tonight["status"] == "quality_gate_failed":
        text += ". Readers still see what was published before"
    return text + "."


def all_findings(rows: Iterable[Row], new_lines: Iterable[Row], night: date) -> list[Finding]:
    """Findings of a night, the worst first, lines never seen after them."""
    return [finding(row, night) for row in rows] + [new_line_finding(row) for row in new_lines]
