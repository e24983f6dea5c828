"""One page to text and facts; runs in a worker that may be killed at any moment.

First an extractor of main text; where it finds nothing, or the page defeats the parser, every
visible line of the page (`block_text`), which the cleaning then judges line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lxml import html
from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser
from trafilatura import bare_extraction
from trafilatura.utils import repair_faulty_html

from pipelines.ingest.block_text import block_text
from pipelines.ingest.markup import is_markup
from pipelines.ingest.model import Extracted
from pipelines.ingest.page_facts import page_facts, saved_from
from pipelines.ingest.page_shape import shallow
from pipelines.settings import HTML_EXTRACTORS

MOST_TAGS: Final = 150_000
"""Beyond this trafilatura needs minutes; the fallback takes a second."""

_SHORT: Final = 250
"""Characters below which trafilatura itself doubts a text (its MIN_EXTRACTED_SIZE)."""


def extract(
    page: str, extractor: str = HTML_EXTRACTORS[0], *, is_fallback: bool = False
) -> Extracted:
    """The article of a page, by one of EXTRACTORS; raises MemoryError under the worker's limit."""
    if is_fallback or page.count("<") > MOST_TAGS:
        return Extracted(text=block_text(page), facts={}, flags=["html_fallback"])
    tree, markup, flags = _tree(page)
    if tree is None:
        return Extracted(text=block_text(page), facts={}, flags=["html_fallback"])
    facts = page_facts(tree)
    if "url" not in facts and (address := saved_from(page)):
        facts["url"] = address
    text, stated = EXTRACTORS[extractor](tree, markup), facts.pop("body", "")
    if len(text) < _SHORT <= len(stated) or (stated and text.split() == stated.split()):
        # Pages drawn by script hold their article in the linked data only. trafilatura finds it
        # there too, but runs its paragraphs together.
        text, flags = stated, [*flags, "linked_data"]
    if is_markup(text):
        text = block_text(text)
    if not text.strip():
        text, flags = block_text(page), [*flags, "html_fallback"]
    return Extracted(text=text, facts=facts, flags=flags)


def _tree(page: str) -> tuple[HtmlElement | None, str, list[str]]:
    """The page parsed whole, and what was parsed; None where the parser drops part all the same."""
    repaired = repair_faulty_html(page, page[:50].lower())
    tree = _parsed(repaired, is_huge=False)
    if tree is not None:
        return tree, repaired, []
    flat = shallow(repaired)
    return _parsed(flat, is_huge=True), flat, ["html_deep"]


def _parsed(page: str, *, is_huge: bool) -> HtmlElement | None:
    parser = HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
        huge_tree=is_huge,
    )
    try:
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except ParserError:
        return None
    return None if parser.error_log.filter_from_fatals() else tree


def _trafilatura(tree: HtmlElement, _markup: str) -> str:
    try:
        found = bare_extraction(tree, include_comments=False, favor_recall=True)
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        # A page that trips the extractor up is not lost: its visible lines are taken.
        return ""
    return (found.text or "") if found is not None else ""


def _resiliparse(_tree: HtmlElement, markup: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(
        markup, main_content=True, list_bullets=False, links=False, alt_texts=False
    )
    return text


EXTRACTORS: Final[Mapping[str, Callable[[HtmlElement, str], str]]] = {
    "trafilatura": _trafilatura,
    "resiliparse": _resiliparse,
}
"""A page, parsed and as markup, to its main text; by name (`settings.HTML_EXTRACTORS`)."""
