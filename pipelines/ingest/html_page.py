"""An HTML file: one page, one document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode_page
from pipelines.ingest.model import Draft, Item, Page
from pipelines.settings import Settings


def read_html_page(content: Content, settings: Settings) -> Iterator[Item]:
    """One page, or one rejection (`document_too_large`, `binary_file`)."""
    source = content.source
    if content.size > settings.max_document_bytes:
        detail = f"a page of {content.size} bytes"
        yield source.refuse("document_too_large", detail, content.whole())
        return
    data = content.read()
    decoded = decode_page(data)
    if decoded is None:
        yield source.refuse("binary_file", "not a page in any known encoding", content.whole())
        return
    draft = Draft(
        source_uri=source.uri,
        source_locator=None,
        source_format="html",
        site=source.site,
        url=None,
        retrieved_at=source.retrieved_at,
        content_sha256=hashlib.sha256(data).hexdigest(),
        raw_text="",
        flags=decoded.flags,
    )
    yield Page(draft, decoded.text, content.whole(), content.file.byte_count)
