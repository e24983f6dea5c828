"""How invented sites lay out their stories: as text with boilerplate around it, or as a page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from html import escape
from random import Random
from typing import TYPE_CHECKING, Any, Final

from pipelines.clean.rulebook import load_rules

if TYPE_CHECKING:
    from speed_corpus import Story

SITES: Final = 240
_SPREAD: Final = 40.0
"""How unequal sites are: the largest has some six times the documents of the median."""

_BY: Final = {"en": "By", "de": "Von", "fr": "Par", "es": "Por", "it": "di", "ru": "Автор:"}
_SECTIONS: Final = ("World", "Local", "Business", "Sport", "Culture")
_NAV: Final = ("Home", "News", *_SECTIONS, "Weather", "Puzzles", "Obituaries", "Video", "Podcasts")
_PLACES: Final = ("North", "South", "East", "West", "Harbour", "Old Town", "Archive")
_SCRIPT: Final = "window.dataLayer=window.dataLayer||[];function track(a,b){dataLayer.push([a,b])}"


_SRCSET: Final = ", ".join(
    f"/image/crop/16x9/{width}/photo.jpg {width}w" for width in range(240, 1441, 120)
)


@dataclass(frozen=True)
class Site:
    """A site and its habits."""

    host: str
    name: str
    gap: str
    """What parts its paragraphs."""
    gives_title: bool
    """Whether its scraper delivers the headline in a field."""
    shows_head: bool
    above: tuple[str, ...]
    below: tuple[str, ...]
    """Lines it may set above and below an article."""
    shown: float
    """Share of those lines that a document has."""
    container: str


@cache
def _boilerplate() -> dict[str, dict[str, list[str]]]:
    """Examples from the rule files: by language, then by where their rule holds."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for rule in load_rules():
        tongue = rule.id.split(".")[0]
        if rule.moves is None and rule.opens is None:
            found[tongue][rule.zone] += [text for text in rule.removes if len(text) < 160]
    return found


@cache
def _sites(language: str) -> tuple[Site, ...]:
    return tuple(_site(language, number) for number in range(SITES // len(_BY)))


def _site(language: str, number: int) -> Site:
    rng = Random(f"site {language} {number}")
    lines = _boilerplate()[language]
    name = f"{rng.choice(('Daily', 'Evening', 'Morning', 'Weekly'))} {language.upper()} {number}"
    above = rng.sample(lines["head"] + lines["edges"], k=min(2, len(lines["head"])))
    anywhere = lines["tail"] + lines["edges"] + lines["any"]
    below = rng.sample(anywhere, k=min(rng.randint(3, 7), len(anywhere)))
    below.append(f"{name} | {rng.randint(1, 90)} Harbour Street | Printed since {1850 + number}")
    return Site(
        host=f"{name.lower().replace(' ', '-')}.example",
        name=name,
        gap=rng.choice(("\n", "\n\n")),
        gives_title=rng.random() < 0.5,
        shows_head=rng.random() < 0.8,
        above=tuple(above),
        below=tuple(below),
        shown=rng.choice((0.0, 0.5, 0.8, 0.95)),
        container=rng.choice(("article-body", "story__text", "entry-content", "post-body")),
    )


def site(number: int, language: str) -> Site:
    """The site of a document."""
    rng = Random(f"place {number}")
    sites = _sites(language)
    return rng.choices(sites, [1 / (rank + len(sites) / 5) for rank in range(len(sites))])[0]


def as_text(story: Story, where: Site, rng: Random) -> str:
    """The story as a scraper stores it: blocks on lines, boilerplate between and around them."""
    lines = [line for line in where.above if rng.random() < where.shown]
    if where.shows_head:
        lines += [story.headline, f"{_BY[story.language]} {story.cast[0]}"]
        lines += [f"{story.published:%d.%m.%Y}"] if rng.random() < 0.5 else []
    lines += paragraphs(story, rng)
    if rng.random() < where.shown * 0.3:
        lines.insert(rng.randint(len(lines) // 2, len(lines)), rng.choice(where.below))
    lines += [line for line in where.below if rng.random() < where.shown]
    return where.gap.join(lines)


def paragraphs(story: Story, rng: Random) -> list[str]:
    """The paragraphs of a story, the first with a dateline where an agency wrote it."""
    lines = [" ".join(sentences) for sentences in story.paragraphs]
    if story.agency:
        lines[0] = f"{story.cast[-1].upper()} ({story.agency}) - {lines[0]}"
    if rng.random() < 0.03:
        at = rng.randrange(len(lines))
        lines[at] = lines[at].replace(" ", "\u00a0", 1)
    return lines


def as_page(story: Story, where: Site, url: str, rng: Random) -> str:
    """The story as a page of its site, as heavy as the median of 236 real ones.

    Those have 197 kB, of it 54 kB of script and style, 980 elements and 174 links.
    """
    body = "\n".join(f"<p>{escape(line)}</p>" for line in paragraphs(story, rng))
    related = "".join(_related(story, rng) for _ in range(75))
    menu = (f"{name} {place}" for name in _NAV for place in ("", *_PLACES))
    below = "".join(f'<div class="foot-{i}">{escape(t)}</div>' for i, t in enumerate(where.below))
    return _PAGE.format(
        language=story.language,
        headline=escape(story.headline),
        url=escape(url),
        site=escape(where.name),
        published=story.published,
        author=escape(story.cast[0]),
        by=_BY[story.language],
        nav="".join(f'<li class="nav__item"><a href="/{n.lower()}">{n}</a></li>' for n in menu),
        script=f"<script>{_SCRIPT * 250}</script>",
        style=f"<style>{'.card{display:flex;margin:0 auto 1rem}' * 400}</style>",
        container=where.container,
        body=body,
        related=related,
        below=below,
    )


def _related(story: Story, rng: Random) -> str:
    title = " ".join(rng.choices(story.headline.split() + list(story.cast), k=7))
    icon = f'<svg viewBox="0 0 24 24"><path d="{"M12 2 2 22h20z" * 60}"/></svg>'
    return (
        f'<div class="card" style="{"--gap:1rem;" * 12}">'
        f'<a class="card__link" href="/{rng.randint(1, 10**6)}.html">{icon}'
        f'<picture class="card__picture"><img class="card__image" alt="" srcset="{_SRCSET}">'
        f'</picture><h3 class="card__title"><span>{escape(title)}</span></h3></a>'
        f'<div class="card__time"><span>{rng.randint(1, 23)} h</span></div></div>'
    )


_PAGE: Final[Any] = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{headline} | {site}</title>
<meta property="og:title" content="{headline}"><meta property="og:url" content="{url}">
<meta property="article:published_time" content="{published}T06:00:00Z">
<meta name="author" content="{author}">{style}{script}</head>
<body><header class="top"><a href="/">{site}</a><nav><ul class="nav">{nav}</ul></nav></header>
<div class="layout"><main><article><h1>{headline}</h1>
<div class="meta"><span class="byline">{by} {author}</span> <time>{published}</time></div>
<div class="{container}">{body}</div></article></main>
<aside class="related"><h2>More</h2>{related}</aside></div>
<footer>{below}</footer>{script}</body></html>
"""
