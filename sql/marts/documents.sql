/*
description = "One row per document accepted, ever."
grain = ["document_id"]
grows = "document_id"

[columns]
document_id = "Hash of source and content; stable from run to run."
source_uri = "Path of the input below the landing zone, or its URI."
source_locator = "Place in the input: line 12, row 3, entry 4, record 5."
site = "Site the document comes from."
url = "Address of the document, as delivered."
retrieved_at = "When the scraper fetched it (UTC), if known."
content_sha256 = "SHA-256 of the document's bytes as delivered."
headline = "Headline."
byline = "Author line, without its By."
date_published = "Publication date (UTC midnight if only a day is known)."
date_published_precision = "day or second; null when there is no date."
in_language = "BCP 47 language tag; und when it cannot be told."
article_section = "Section of the site."
info_source = "The wire agency credited: Reuters, AFP, AP …"
credit_text = "Credit line of the text or its pictures, as printed."
copyright_notice = "Copyright line."
captions = "Picture captions, in order."
article_body = "The clean text."
word_count = "Words of the clean text."
raw_chars = "Characters of the raw text."
removed_chars = "Characters in removed lines."
removed_line_count = "Lines removed."
article_id = "The article of which it is the representative or a copy."
copy_relation = "representative, exact, near or wholly_derived."
copy_score = "Score of the pair that makes it a copy, 0–1; null for a representative."
copy_of_document_id = "The document of which it is a copy; null for a representative."
story_id = "The story its article belongs to."
text_flags = "Oddities of the text: bidi, zero_width, mojibake, control …"
extra = "Fields of the input that have no column, as JSON."
run_id = "The run that accepted it."
cleaned_at = "Start of the run that cleaned it (UTC)."
rules_version = "Digest of rule book, line model and repairs."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "document_id"
severity = "critical"
why = "The grain: a second row would double every count downstream."

[[expect]]
type = "expect_column_values_to_not_be_null"
column = "article_id"
severity = "critical"
why = "Each document is a representative or a copy; a null one vanished from the articles."

[[expect]]
type = "expect_column_values_to_be_in_set"
column = "copy_relation"
value_set = ["representative", "exact", "near", "wholly_derived"]
severity = "critical"
why = "The ledger counts these four; a fifth would not balance."

[[expect]]
type = "expect_column_values_to_be_between"
column = "word_count"
min_value = 1
mostly = 0.98
severity = "warning"
why = "A document without words says that cleaning took everything; 2 % allows for picture pages. Critical from 50 documents on: audit documents_without_words."

[[expect]]
type = "expect_column_values_to_be_between"
column = "word_count"
max_value = 20_000
mostly = 0.999
severity = "warning"
why = "News articles beyond 20,000 words are lists or several pages in one file."

[[expect]]
type = "expect_column_values_to_be_between"
column = "copy_score"
min_value = 0
max_value = 1
severity = "critical"
why = "Scores are shares."

[[expect]]
type = "expect_column_values_to_not_be_null"
column = "site"
mostly = 0.5
severity = "warning"
why = "Without sites nothing can be learned of what a site repeats."
*/
select
    documents.document_id,
    documents.source_uri,
    documents.source_locator,
    documents.site,
    documents.url,
    documents.retrieved_at,
    documents.content_sha256,
    articles.headline,
    articles.byline,
    articles.date_published,
    articles.date_published_precision,
    articles.in_language,
    articles.article_section,
    articles.info_source,
    articles.credit_text,
    articles.copyright_notice,
    articles.captions,
    articles.article_body,
    articles.word_count,
    articles.raw_chars,
    articles.removed_chars,
    articles.removed_line_count,
    clusters.article_id,
    clusters.copy_relation,
    clusters.copy_score,
    clusters.copy_of_document_id,
    story_members.story_id,
    documents.text_flags,
    documents.extra,
    documents.run_id,
    articles.cleaned_at,
    articles.rules_version
from staging.documents as documents
inner join staging.articles as articles using (document_id)
left join linkage.clusters as clusters using (document_id)
left join linkage.story_members as story_members using (article_id)
