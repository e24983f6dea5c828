"""A text file: the whole file is one document, its site and date come from its path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pipelines.ingest.contents import Content
from pipelines.ingest.encoding import decode
from pipelines.ingest.model import Draft, Item
from pipelines.settings import Settings


def read_plain_text(content: Content, settings: Settings) -> Iterator[Item]:
    """One draft, or one rejection (`document_too_large`, `binary_file`, `empty_text`)."""
    source = content.source
    if content.size > settings.max_document_bytes:
        detail = f"a text of {content.size} bytes"
        yield source.refuse("document_too_large", detail, content.whole())
        return
    data = content.read()
    decoded = decode(data)
    if decoded is None:
        yield source.refuse("binary_file", "not a text in any known encoding", content.whole())
    elif not decoded.text.strip():
        yield source.refuse("empty_text", "only white space", content.whole())
    else:
        yield Draft(
            source_uri=source.uri,
            source_locator=None,
            source_format="txt",
            site=source.site,
            url=None,
            retrieved_at=source.retrieved_at,
            content_sha256=hashlib.sha256(data).hexdigest(),
            raw_text=decoded.text,
            flags=decoded.flags,
        )
