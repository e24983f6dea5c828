"""Why an input was refused: the closed list, each reason with its remedy."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "not_a_regular_file": "deliver the file itself, not a link, folder, pipe or device",
    "unreadable": "check the permissions and the disk of the landing zone",
    "file_too_large": "split the file, or raise the setting max_file_bytes",
    "document_too_large": "split the document, or raise the setting max_document_bytes",
    "empty_file": "deliver the file again; it holds no byte",
    "empty_text": "deliver the text; there is only white space",
    "binary_file": "deliver text, HTML, JSON Lines, Parquet, a feed or WARC (plain, .gz or .zst)",
    "other_format": "deliver each article as text, HTML, JSON Lines, Parquet, a feed or WARC",
    "nested_archive": "compress the file once only",
    "truncated_gzip": "deliver the archive again; it ends too early, none of it was taken",
    "corrupt_gzip": "deliver the archive again; its check sum is wrong, none of it was taken",
    "truncated_zstd": "deliver the archive again; it ends too early, none of it was taken",
    "corrupt_zstd": "deliver the archive again; it is damaged, none of it was taken",
    "expansion_bomb": "deliver less per archive, or raise max_expansion_ratio / max_file_bytes",
    "invalid_json": "one complete JSON object a line",
    "not_an_object": "each line must be a JSON object with named fields",
    "lone_surrogate": "write characters beyond U+FFFF as a pair of \\u escapes or as UTF-8",
    "duplicate_key": "name each field once; it cannot be told which value holds",
    "line_too_long": "split the line, or raise the setting max_document_bytes",
    "no_text": "give the article as `text` or `html` (aliases: pipelines/ingest/fields.toml)",
    "field_type": "keep the field's type from delivery to delivery",
    "corrupt_parquet": "write the Parquet file again; it is damaged or cut off",
    "parquet_too_wide": "deliver fewer columns or smaller row groups",
    "invalid_xml": "deliver well-formed XML",
    "xml_entities": "deliver the feed without entity declarations; they are never expanded",
    "not_a_feed": "deliver RSS, Atom or RDF; other XML has no known article",
    "corrupt_warc": "write the WARC again; the record is damaged or cut off",
    "warc_digest": "fetch the page again; the record does not match its own digest",
    "http_status": "only pages fetched with success are articles",
    "html_timeout": "raise html_timeout, or deliver the text of the page",
    "html_memory": "raise html_memory, or deliver the text of the page",
    "html_no_text": "deliver the text of the page; no article was found in it",
}
"""Reason -> what to do about it."""

UNREAD: Final = frozenset({"not_a_regular_file", "unreadable", "file_too_large"})
"""Reasons for which nothing of a file was read: it stays in the landing zone."""
