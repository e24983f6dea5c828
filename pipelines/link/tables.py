"""The Arrow schemas of the lake tables that the link verb writes, each field described.

A *text* is a distinct clean body: documents with the very same `article_body` share their
`text_id`, and everything that is compared is compared once per text. That keeps a body that was
delivered 20,000 times as cheap as one, and makes every score a function of two texts, whatever
the order in which their documents arrived.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa


def _field(name: str, kind: pa.DataType, description: str, *, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"description": description})


def _score(name: str, description: str) -> pa.Field:
    return _field(name, pa.float32(), description)


_DOCUMENT_ID: Final = _field("document_id", pa.string(), "Document, as in `documents`.")
_TEXT_ID: Final = _field("text_id", pa.int64(), "Distinct body: 63 bits of its SHA-256.")
_PAIR_ID: Final = _field("pair_id", pa.int64(), "Hash of the two texts.")
_RUN_ID: Final = _field("run_id", pa.string(), "The run whose rows no longer count.")
_PAIR: Final = (
    _field("text_id", pa.int64(), "The smaller text_id of the pair."),
    _field("other_text_id", pa.int64(), "The larger text_id of the pair."),
)

FINGERPRINTS: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _TEXT_ID,
        _field("normal_id", pa.string(), "Hash of the normalised body: its folded words in order."),
        _field("site", pa.string(), "Site of the document.", null=True),
        _field("day", pa.int32(), "Days since 1970-01-01 of the date; null if unknown.", null=True),
        _field("has_credit", pa.bool_(), "Whether the document credits a wire agency."),
        _field("is_dated", pa.bool_(), "Whether the day is the publication date."),
        _field("word_count", pa.int32(), "Words of the body."),
        _field("night", pa.date32(), "Night of the document: when it was fetched or arrived."),
    ]
)
"""One row per document: what linkage needs to know of it, besides its text."""

SHINGLES: Final = pa.schema(
    [
        _TEXT_ID,
        _field("shingle", pa.int64(), "Hash of five successive words, sampled by hash."),
    ]
)
"""One row per sampled shingle of a text."""

TERMS: Final = pa.schema(
    [
        _TEXT_ID,
        _field("term", pa.int32(), "Hash of one of the rarest, most used words of the text."),
    ]
)
"""One row per rare term of a text."""

SENTENCES: Final = pa.schema(
    [
        _TEXT_ID,
        _field("sentence", pa.int64(), "Hash of the words of one of its sentences."),
        _field("context", pa.int64(), "Smallest shingle of the text: versions mostly share it."),
    ]
)
"""One row per sentence of a text: what finds the lines a site repeats."""

RETIRED_TEXTS: Final = pa.schema([_TEXT_ID, _RUN_ID])
"""One row per text that no document carries any more: its index rows of that run are not read."""

CANDIDATES: Final = pa.schema([*_PAIR])
"""One row per pair of texts worth comparing."""

PAIRS: Final = pa.schema(
    [
        _PAIR_ID,
        *_PAIR,
        _score("containment", "Share of the text's 5-word shingles found in the other."),
        _score("other_containment", "Share of the other's 5-word shingles found in the text."),
        _score("jaccard", "Shared shingles ÷ shingles of both."),
        _score("plain_containment", "As containment, without quoted words."),
        _score("other_plain_containment", "As other_containment, without quoted words."),
        _score("alignment", "Rarity-weighted share of the text said by the other's sentences."),
        _score("other_alignment", "The same of the other, said by the text's sentences."),
        _score("plain_alignment", "As alignment, without quoted words."),
        _score("other_plain_alignment", "As other_alignment, without quoted words."),
        _score("coverage", "Rarity mass of the text in sentences that align with 0.5 or more."),
        _score("other_coverage", "The same of the other."),
        _score("cosine", "Cosine of the two texts' tf-idf vectors."),
        _score("lead_cosine", "Cosine of the two leads (first 60 words)."),
        _score("name_overlap", "Rarity mass of shared names ÷ that of the text with fewer."),
        _score("number_overlap", "Shared numbers ÷ numbers of the text with fewer."),
        _score("quote_overlap", "Shared quoted shingles ÷ those of the text with fewer."),
        _score("order", "How far the aligned sentences keep their order, 0–1."),
        _score("mass", "Rarity mass of the text."),
        _score("other_mass", "Rarity mass of the other."),
        _field("shared_name_count", pa.int32(), "Names in both."),
        _field("shared_number_count", pa.int32(), "Numbers in both."),
        _field("number_count", pa.int32(), "Numbers of the text with fewer."),
        _field("word_count", pa.int32(), "Words of the text that count, site's own lines aside."),
        _field("other_word_count", pa.int32(), "The same of the other."),
        _score("shared_rarity", "Rarity of the words in both, beyond that of common words."),
        _field("shared_full_name_count", pa.int32(), "Runs of two capitalised words in both."),
        _score("shared_full_name_rarity", "Rarity of those, beyond that of common words."),
        _score("full_name_overlap", "Their number ÷ that of the text with fewer."),
        _field("name_count", pa.int32(), "Names of the text with fewer."),
    ]
)
"""One row per compared pair of texts that says something: scores; SQL decides what they mean."""

RETIRED_PAIRS: Final = pa.schema([_PAIR_ID, _RUN_ID])
"""One row per pair that was compared anew or is no candidate any more: see RETIRED_TEXTS."""

CLUSTERS: Final = pa.schema(
    [
        _DOCUMENT_ID,
        _field("article_id", pa.string(), "Its article: the first of its documents to arrive."),
        _field("leader_document_id", pa.string(), "Representative of the article."),
        _field("copy_relation", pa.string(), "representative, exact, near or wholly_derived."),
        _score("copy_score", "Score of its pair with the representative; 1 if exact."),
        _field(
            "copy_of_document_id",
            pa.string(),
            "The representative it has its own verified pair with; null for itself.",
            null=True,
        ),
    ]
)
"""One row per document: replaced every night."""

BODY_PAIRS: Final = pa.schema(
    [
        _field("body_id", pa.string(), "The body earlier in the order of survivorship."),
        _field("other_body_id", pa.string(), "The body later in the order."),
        _field("relation", pa.string(), "near, wholly_derived, contains or partially_derived."),
        _score("score", "Of the strongest pair of their texts, 0–1."),
        *_PAIR,
        _field("is_text_first", pa.bool_(), "Whether the smaller text is of the earlier body."),
        _field("is_first_covered", pa.bool_(), "Whether the earlier is in the other.", null=True),
    ]
)
"""One row per related pair of bodies, as `linkage.body_pairs`: replaced every night."""

STORY_MEMBERS: Final = pa.schema(
    [
        _field("article_id", pa.string(), "Article."),
        _field("story_id", pa.string(), "Its story: the first of its articles to arrive."),
    ]
)
"""One row per article: replaced every night."""

STORY_CHANGES: Final = pa.schema(
    [
        _field("article_id", pa.string(), "Article that changed its story."),
        _field("story_id_before", pa.string(), "Its story the night before."),
        _field("story_id", pa.string(), "Its story now."),
        _field("change", pa.string(), "`merge`: the old story is gone; `split`: it goes on."),
    ]
)
"""One row per article that moved to another story, per night."""

MASKED_SENTENCES: Final = pa.schema(
    [_field("sentence", pa.int64(), "Hash of the words of a sentence that a site repeats.")]
)
"""One row per sentence left out of all comparison: replaced every night."""

EVIDENCE: Final = pa.schema(
    [
        _PAIR_ID,
        *_PAIR,
        _field("evidence", pa.string(), "JSON: what links the two, seen from the text."),
        _field("other_evidence", pa.string(), "JSON: the same, seen from the other."),
    ]
)
"""One row per related pair of texts."""

LAKE_TABLES: Final[dict[str, pa.Schema]] = {
    "fingerprints": FINGERPRINTS,
    "shingles": SHINGLES,
    "terms": TERMS,
    "sentences": SENTENCES,
    "retired_texts": RETIRED_TEXTS,
    "retired_pairs": RETIRED_PAIRS,
    "pairs": PAIRS,
    "masked_sentences": MASKED_SENTENCES,
    "evidence": EVIDENCE,
    "body_pairs": BODY_PAIRS,
    "clusters": CLUSTERS,
    "story_members": STORY_MEMBERS,
    "story_changes": STORY_CHANGES,
}
"""Every table of the lake that the link verb writes, by name."""
