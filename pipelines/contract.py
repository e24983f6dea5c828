"""The Arrow schemas of every Parquet table in the lake, each field described.

These are the tables that Python writes. The tables that SQL writes (the public ones) carry their
contract in the front matter of their model. Field descriptions travel into the Parquet metadata,
the DuckDB column comments and the data dictionary; they are typed nowhere else.

Conventions: ids are lower-case hexadecimal text; `_at` is UTC; `_chars` and offsets count Unicode
code points; `start_char`/`end_char` are half-open ranges into `documents.raw_text`.
"""

from __future__ import annotations

import hashlib
from typing import Final

import pyarrow as pa

TIMESTAMP: Final = pa.timestamp("us", tz="UTC")

KINDS: Final[tuple[str, ...]] = (
    "comment_prompt",
    "comment_form",
    "comment_count",
    "reader_comment",
    "share_prompt",
    "newsletter_signup",
    "subscription_prompt",
    "related_links",
    "navigation",
    "section_label",
    "reading_time",
    "byline",
    "dateline",
    "repeated_headline",
    "caption",
    "image_credit",
    "source_credit",
    "disclaimer",
    "copyright_notice",
    "about_publisher",
    "advertisement",
    "cookie_notice",
    "back_to_top",
    "site_template",
    "other_boilerplate",
)
"""The closed list of kinds of removed line."""

COPY_RELATIONS: Final[tuple[str, ...]] = ("representative", "exact", "near", "wholly_derived")

LANGUAGES: Final[tuple[str, ...]] = ("en", "de", "fr", "es", "pt", "it", "nl", "ru", "pl")
"""Languages with a rule file of their own; `any` always applies."""


def _field(name: str, kind: pa.DataType, description: str, *, null: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"description": description})


def _text(name: str, description: str, *, null: bool = True) -> pa.Field:
    return _field(name, pa.string(), description, null=null)


def _id(name: str, description: str) -> pa.Field:
    return _text(name, description, null=False)


def _count(name: str, description: str) -> pa.Field:
    return _field(name, pa.int64(), description, null=False)


_DOCUMENT_ID: Final = _id("document_id", "Hash of source and content; stable from run to run.")
_RUN_ID: Final = _id("run_id", "The run that wrote the row.")

DOCUMENTS: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _text("source_uri", "Path of the input below the landing zone, or its URI.", null=False),
        _text("source_locator", "Place in the input: `line 12`, `row 3`, `entry 4`, `record 5`."),
        _text("source_format", "txt, html, jsonl, parquet, feed or warc.", null=False),
        _text("site", "Site the document comes from: registrable host, or the folder's name."),
        _text("url", "Address of the document, as delivered."),
        _field("retrieved_at", TIMESTAMP, "When the scraper fetched it, if known."),
        _text("content_sha256", "SHA-256 of the document's bytes as delivered.", null=False),
        _text("raw_text", "The text before cleaning; every offset points into it.", null=False),
        _text("given_headline", "Headline from the input's own fields or page metadata."),
        _text("given_byline", "Author from the input's own fields or page metadata."),
        _field("given_published", TIMESTAMP, "Publication date from the input, if any."),
        _text("given_published_precision", "`day` or `second`."),
        _text("given_section", "Section from the input's own fields or page metadata."),
        _text("given_language", "Language tag (BCP 47) from the input."),
        _text("extra", "Fields of the input that have no column, as a JSON object."),
        _text("text_flags", "Comma-separated oddities: mojibake, bidi, zero_width, control …"),
        _RUN_ID,
        _field("ingested_at", TIMESTAMP, "Start of the run that accepted it.", null=False),
    ]
)
"""One row per document accepted, raw."""

INPUTS: Final = pa.schema(
    [
        _text("source_uri", "Path of the input below the landing zone, or its URI.", null=False),
        _count("byte_count", "Size of the file."),
        _field("modified_ns", pa.int64(), "Modification time of the file, ns.", null=False),
        _text("content_sha256", "SHA-256 of the file as it lies there.", null=False),
        _count("document_count", "Documents read from it (accepted or already known)."),
        _count("rejected_count", "Documents of it that were refused."),
        _RUN_ID,
    ]
)
"""One row per input file read; what lets an unchanged file be skipped."""

REJECTED_DOCUMENTS: Final = pa.schema(
    [
        _id("rejection_id", "Hash of source, place and content."),
        _text("source_uri", "Path of the input below the landing zone, or its URI.", null=False),
        _text("source_locator", "Place inside the input; null when the whole file was refused."),
        _text("reason", "Short machine-readable reason, e.g. `truncated_gzip`.", null=False),
        _text("detail", "What was wrong and what to do about it.", null=False),
        _count("byte_count", "Size of what was refused."),
        _text("quarantine_path", "Where the bytes are kept, below the home folder."),
        _RUN_ID,
        _field("rejected_at", TIMESTAMP, "Start of the run that refused it.", null=False),
    ]
)
"""One row per input refused."""

ARTICLES: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _text("headline", "Headline, moved out of the body."),
        _text("byline", "Author line, without its `By`."),
        _field("date_published", TIMESTAMP, "Publication date (UTC midnight if only a day)."),
        _text("date_published_precision", "`day` or `second`; null when there is no date."),
        _text("in_language", "BCP 47 language tag; `und` when it cannot be told.", null=False),
        _text("article_section", "Section label, moved out of the body."),
        _text("info_source", "The wire agency credited: Reuters, AFP, AP …"),
        _text("credit_text", "Credit line of the text or its pictures, as printed."),
        _text("copyright_notice", "Copyright line, moved out of the body."),
        _field("captions", pa.list_(pa.string()), "Picture captions, in order.", null=False),
        _text("article_body", "The clean text: kept lines, repaired.", null=False),
        _count("word_count", "Words of the clean text."),
        _count("raw_chars", "Length of the raw text."),
        _count("removed_chars", "Characters in removed lines."),
        _count("removed_line_count", "Lines removed."),
        _text("rules_version", "Digest of rule book, line model and repairs.", null=False),
        _RUN_ID,
        _field("cleaned_at", TIMESTAMP, "Start of the run that cleaned it.", null=False),
    ]
)
"""One row per document, clean."""

REMOVED_LINES: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _field("line_number", pa.int32(), "Line of the raw text, from 1.", null=False),
        _field("start_char", pa.int32(), "Offset of the line's first character.", null=False),
        _field("end_char", pa.int32(), "Offset after the line's last character.", null=False),
        _text("line_text", "The line as it stood.", null=False),
        _text("line_break", "White space up to the next line, removed with it.", null=False),
        _text("kind", "What it was; one of the closed list of kinds.", null=False),
        _text("rule_id", "The rule, model or site evidence that carried the verdict.", null=False),
        _field("score", pa.float32(), "Confidence that it is boilerplate, 0–1.", null=False),
    ]
)
"""One row per line taken out."""

REPAIRS: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _text("repair_id", "The repair's name.", null=False),
        _field("start_char", pa.int32(), "Offset into the raw text.", null=False),
        _text("before", "What stood there.", null=False),
        _text("after", "What stands in the clean text instead.", null=False),
    ]
)
"""One row per change inside a kept line; none overlaps another or a removed line."""


SITE_LINES: Final = pa.schema(
    [
        _text("site", "The site.", null=False),
        _field("line_hash", pa.uint64(), "Hash of the line.", null=False),
        _field("article_key", pa.uint64(), "Key that copies of one article share.", null=False),
        _field("night", pa.date32(), "The document's night (`sightings.nights`).", null=False),
        _DOCUMENT_ID,
    ]
)
"""One row per line of a document that has a site: what a site repeats is learned from these."""

SUPERSEDED: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _text("run_id", "The run whose rows of the document no longer count.", null=False),
    ]
)
"""One row per document that was cleaned anew: its former rows are no longer read."""

TOMBSTONES: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _text("reason", "Why it was taken down.", null=False),
        _RUN_ID,
        _field("taken_down_at", TIMESTAMP, "When.", null=False),
    ]
)
"""One row per document taken down: all that is left of it."""

CHECKS: Final = pa.schema(
    [
        _RUN_ID,
        _field("checked_at", TIMESTAMP, "Start of the run that checked.", null=False),
        _text("table_name", "Table that was judged.", null=False),
        _text("column_name", "Column that was judged; null for the whole table."),
        _text("expectation_type", "Great Expectations' own name, or `audit.<name>`.", null=False),
        _text("severity", "`critical` stops publishing, `warning` does not.", null=False),
        _text("site", "Site, where the check is judged per site."),
        _field("success", pa.bool_(), "Whether the expectation was met.", null=False),
        _field("observed_value", pa.float64(), "What was measured, where it is a number."),
        _field("unexpected_count", pa.int64(), "Rows that broke it."),
        _field("row_count", pa.int64(), "Rows judged."),
        _field("unexpected_ids", pa.list_(pa.string()), "Ids of up to 20 rows that broke it."),
        _text("why", "Why the expectation is there and its threshold is what it is."),
    ]
)
"""One row per check per run."""

RUNS: Final = pa.schema(
    [
        _RUN_ID,
        _field("logical_date", pa.date32(), "The night the run stands for.", null=False),
        _field("started_at", TIMESTAMP, "When it began.", null=False),
        _field("ended_at", TIMESTAMP, "When it ended.", null=False),
        _text("status", "published, unchanged, or quality_gate_failed.", null=False),
        _count("document_count_in", "Documents delivered: accepted + known + rejected."),
        _count("accepted_count", "New documents."),
        _count("known_count", "Documents delivered before: same source, same bytes."),
        _count("rejected_count", "Inputs refused."),
        _count("representative_count", "Accepted documents that represent an article."),
        _count("exact_count", "Accepted documents that are exact copies."),
        _count("near_count", "Accepted documents that are near copies."),
        _count("wholly_derived_count", "Accepted documents that are rewrites of another."),
        _text("durations", "Seconds per verb, as a JSON object."),
        _text("version", "Version of copydesk that ran.", null=False),
    ]
)
"""One row per run: the ledger."""


LAKE_TABLES: Final[dict[str, pa.Schema]] = {
    "documents": DOCUMENTS,
    "inputs": INPUTS,
    "rejected_documents": REJECTED_DOCUMENTS,
    "articles": ARTICLES,
    "removed_lines": REMOVED_LINES,
    "repairs": REPAIRS,
    "site_lines": SITE_LINES,
    "superseded": SUPERSEDED,
    "tombstones": TOMBSTONES,
    "checks": CHECKS,
    "runs": RUNS,
}
"""The lake tables of ingest, clean, validate and publish; link has its own (`link/tables.py`)."""


def text_id(*parts: str | None) -> str:
    """Stable id of an ordered tuple of texts: the first 128 bits of SHA-256, as 32 hex digits.

    Parts are length-prefixed, so that ("ab", "c") and ("a", "bc") differ; None differs from "".
    """
    digest = hashlib.sha256()
    for part in parts:
        data = b"" if part is None else part.encode("utf-8", "surrogatepass")
        digest.update(f"{'-' if part is None else len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()[:32]


def document_id(source: str, content_sha256: str) -> str:
    """Id of a document: its source (`url` where known, else `source_uri`) and its content."""
    return text_id(source, content_sha256)
