"""Invented news for tests: stories, and their texts as sites deliver them, offset-exact.

A delivered text is a list of pieces: kept, removed, or repaired. The raw text, the clean body, the
removed lines and the repairs all follow from that one list, so that offsets cannot disagree.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

PLACES = ("Port Halven", "Skerrin", "Brackwater", "Kelmar", "Tarnfoot", "Merivia", "Sallow Bay")
_PEOPLE = ("Ilse Varga", "Tobias Renn", "Petra Lindqvist", "Aldous Merrow", "Noor Haddad")
_EVENTS = ("ferry grounding", "warehouse fire", "mayoral run-off", "harbour strike", "river flood")
_CLAIMS = (
    "{person} told reporters in {place} that {n} people had been brought to safety by dawn.",
    "Officials in {place} put the damage at {n} million crowns and opened an inquiry.",
    "“We owe it to the crews who went out that night,” {person} said after the {event}.",
    "The {event} is the most serious incident in {place} since 19{n}, records show.",
    "Insurers expect {n} claims from {place} alone, according to {person}.",
    "Schools in {place} stayed closed on Monday while engineers checked {n} buildings.",
    "{person} declined to comment on the causes of the {event} before the report is out.",
    "By evening the road to {place} had reopened to light traffic, the council said.",
)
_REWRITES = (
    ("told reporters", "said"),
    ("had been brought to safety", "were safe"),
    ("opened an inquiry", "began an investigation"),
    ("according to", "says"),
    ("the council said", "city hall announced"),
    ("stayed closed", "did not open"),
)
FOOTERS = (
    ("comment_prompt", "any.comment.join", "Join the conversation (12 comments)"),
    ("newsletter_signup", "en.newsletter.inbox", "Get {site} in your inbox every morning."),
    ("copyright_notice", "any.copyright.line", "Copyright 2026 {site}. All rights reserved."),
    ("share_prompt", "en.share.this", "Share this article"),
    ("related_links", "site.repeats", "Read more: the harbour in pictures"),
)
NEW_FOOTER = ("other_boilerplate", "line-model", "Scan the code below to claim your prize")


@dataclass(frozen=True)
class Piece:
    """A stretch of raw text: `rule` is (kind, rule_id) if removed, `repair` (id, after) if so."""

    raw: str
    rule: tuple[str, str] | None = None
    line_break: str = ""
    repair: tuple[str, str] | None = None


@dataclass(frozen=True)
class Story:
    """An invented event."""

    headline: str
    sentences: tuple[str, ...]


def invent(chance: random.Random, size: int) -> Story:
    """A story of `size` sentences."""
    event, place = chance.choice(_EVENTS), chance.choice(PLACES)
    given = {"event": event, "place": place, "person": chance.choice(_PEOPLE)}
    claims = chance.sample(_CLAIMS, size)
    sentences = tuple(it.format(n=chance.randint(12, 90), **given) for it in claims)
    return Story(f"{event.capitalize()} in {place}: {chance.randint(2, 90)} hurt", sentences)


def rewrite(story: Story) -> Story:
    """The same story in other words."""
    text = "\n".join(story.sentences)
    for before, after in _REWRITES:
        text = text.replace(before, after)
    return Story(f"Latest: {story.headline}", tuple(text.split("\n")))


def deliver(chance: random.Random, story: Story, site: str, fault: str = "") -> list[Piece]:
    """The pieces of a story as a site prints it; `fault` is `stripped`, `footer` or empty."""
    headline = ("repeated_headline", "any.headline.moved")
    pieces = [Piece(story.headline, headline, "\n\n")]
    for number, sentence in enumerate(story.sentences):
        if number:
            pieces.append(Piece("\n\n"))
        if fault == "stripped" and number:
            pieces[-1] = Piece(sentence, ("site_template", "site.repeats"), "\n\n")
            continue
        place, _, rest = sentence.partition(" ")
        glued = chance.random() < 0.1
        pieces.append(Piece(place))
        pieces.append(Piece("", repair=("any.space.lost", " ")) if glued else Piece(" "))
        pieces.append(Piece(rest))
    footers = [it for it in FOOTERS if chance.random() < 0.8]
    if fault == "footer":
        footers.append(NEW_FOOTER)
    if footers:
        pieces.append(Piece("\n\n", repair=("any.edge.space", "")))
    for kind, rule_id, text in footers:
        pieces.append(Piece(text.format(site=site), (kind, rule_id), "\n\n"))
    return pieces


def rendered(chance: random.Random, pieces: list[Piece]) -> dict[str, Any]:
    """`raw`, `body`, `removed` and `repairs` of a list of pieces."""
    raw, body = "", ""
    removed: list[dict[str, Any]] = []
    repairs: list[dict[str, Any]] = []
    for piece in pieces:
        start = len(raw)
        raw += piece.raw + piece.line_break
        if piece.rule:
            removed.append(
                {
                    "line_number": raw[:start].count("\n") + 1,
                    "start_char": start,
                    "end_char": start + len(piece.raw),
                    "line_text": piece.raw,
                    "line_break": piece.line_break,
                    "kind": piece.rule[0],
                    "rule_id": piece.rule[1],
                    "score": round(0.6 + 0.39 * chance.random(), 3),
                }
            )
        elif piece.repair:
            name, after = piece.repair
            repairs.append(
                {"repair_id": name, "start_char": start, "before": piece.raw, "after": after}
            )
            body += after
        else:
            body += piece.raw
    return {"raw": raw, "body": body, "removed": removed, "repairs": repairs}
