"""Pages to documents, in order, by a pool of processes that may be killed.

The pool starts with the first page. A page has `html_timeout` seconds of processor time, of which
the last third is kept for the fallback in a fresh worker, and `html_memory` bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pipelines.ingest.fields import language_tag, web_address
from pipelines.ingest.model import Draft, Extracted, Item, Page, Rejection, Source
from pipelines.ingest.moments import moment
from pipelines.ingest.page_process import LostError, PageProcess
from pipelines.ingest.sites import site_of_url
from pipelines.settings import Settings

_PAGES_PER_PROCESS: Final = 5000
_FIRST_SHARE: Final = 2 / 3
_MOST_WAITING: Final = 256
_MOST_WAITING_CHARS: Final = 32_000_000


class PagePool:
    """`settings.workers` processes, each started when it is first needed.

    Raises SettingsError for an extractor that is unknown or not installed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._extractor = settings.page_extractor
        self._threads = ThreadPoolExecutor(max(1, settings.workers))
        self._idle: deque[PageProcess] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        while self._idle:
            self._idle.pop().close()

    def submit(self, page: Page) -> Future[Draft | Rejection]:
        """The document of a page, later; only a broken installation raises."""
        return self._threads.submit(self._document, page)

    def _document(self, page: Page) -> Draft | Rejection:
        limit = self._settings.html_timeout
        try:
            answer = self._ask(page.html, is_fallback=False, seconds=limit * _FIRST_SHARE)
        except LostError:
            try:
                answer = self._ask(page.html, is_fallback=True, seconds=limit * (1 - _FIRST_SHARE))
            except LostError as lost:
                return _refuse(page, lost.reason, f"no text within {limit} s")
        if not answer["text"].strip():
            return _refuse(page, "html_no_text", "a page without visible text")
        return _with_answer(page.draft, answer)

    def _ask(self, page: str, *, is_fallback: bool, seconds: float) -> Extracted:
        process = self._process()
        answer: Extracted = process.ask(page, is_fallback=is_fallback, seconds=seconds)
        if process.answered < _PAGES_PER_PROCESS:
            self._idle.append(process)
        else:
            process.close()
        return answer

    def _process(self) -> PageProcess:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            process.close()
        return PageProcess(self._settings.html_memory, self._extractor)


def read_pages(items: Iterable[Item], pool: PagePool) -> Iterator[Item]:
    """The items in their order, each page replaced by its document or rejection.

    At most 256 items or 32 million characters of pages wait for a page in front of them.
    """
    waiting: deque[Item | Future[Draft | Rejection]] = deque()
    sizes: deque[int] = deque()
    for item in items:
        if type(item) is not Page and not waiting:
            yield item
            continue
        waiting.append(pool.submit(item) if isinstance(item, Page) else item)
        sizes.append(len(item.html) if isinstance(item, Page) else 1)
        while len(waiting) > _MOST_WAITING or sum(sizes) > _MOST_WAITING_CHARS:
            sizes.popleft()
            yield _finished(waiting.popleft())
    yield from map(_finished, waiting)


def _finished(item: Item | Future[Draft | Rejection]) -> Item:
    return item.result() if isinstance(item, Future) else item


def _refuse(page: Page, reason: str, detail: str) -> Rejection:
    draft = page.draft
    source = Source(draft.source_uri, Path())
    return source.refuse(reason, detail, page.payload, draft.source_locator, page.byte_count)


def _with_answer(draft: Draft, answer: Extracted) -> Draft:
    """What the delivery said stands; the page fills what it left open."""
    facts = answer["facts"]
    published = moment(facts.get("published"))
    if draft.given_published is not None or published is None:
        at, precision = draft.given_published, draft.given_published_precision
    else:
        at, precision = published
    url = draft.url or web_address(facts.get("url", ""))
    return draft._replace(
        raw_text=answer["text"],
        url=url,
        site=draft.site or (site_of_url(url) if url else None),
        given_headline=draft.given_headline or facts.get("headline"),
        given_byline=draft.given_byline or facts.get("byline"),
        given_published=at,
        given_published_precision=precision,
        given_section=draft.given_section or facts.get("section"),
        given_language=draft.given_language or language_tag(facts.get("language", "")),
        flags=(*draft.flags, *answer["flags"]),
    )
