/*
description = "One row per distinct article: the representative of all its exact, near and wholly derived copies."
grain = ["article_id"]
grows = "article_id"

[columns]
article_id = "Stable id of the article."
document_id = "The representative document."
story_id = "The story it belongs to."
site = "Site of the representative."
url = "Address of the representative."
headline = "Headline."
byline = "Author line, without its By."
date_published = "Publication date (UTC midnight if only a day is known)."
date_published_precision = "day or second; null when there is no date."
in_language = "BCP 47 language tag."
article_section = "Section of the site."
info_source = "The wire agency credited."
credit_text = "Credit line, as printed."
copyright_notice = "Copyright line."
captions = "Picture captions, in order."
article_body = "The clean text."
word_count = "Words of the clean text."
copy_count = "Documents that are this article, the representative included."
site_count = "Known sites that carried it; 0 where none is known."
first_retrieved_at = "Earliest retrieval of any copy (UTC)."
first_published_at = "Earliest publication date of any copy (UTC)."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "article_id"
severity = "critical"
why = "The grain."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "document_id"
severity = "critical"
why = "A document represents one article only."

[[expect]]
type = "expect_column_values_to_not_be_null"
column = "story_id"
severity = "critical"
why = "Each article is in a story, be it alone."

[[expect]]
type = "expect_column_values_to_be_between"
column = "copy_count"
min_value = 1
severity = "critical"
why = "The representative counts."

[[expect]]
type = "expect_column_values_to_be_between"
column = "copy_count"
max_value = 2_000
severity = "warning"
why = "The widest wire copy has about a thousand takers; beyond that a template was taken for an article."

[[expect]]
type = "expect_table_row_count_to_be_between"
min_value = 1
severity = "critical"
why = "An empty table would replace a full one, unless all documents were taken down."
*/
with copies as (
    select
        article_id,
        count(*) as copy_count,
        count(distinct site) as site_count,
        min(retrieved_at) as first_retrieved_at,
        min(date_published) as first_published_at,
    from marts.documents
    group by article_id
)

select
    representative.article_id,
    representative.document_id,
    representative.story_id,
    representative.site,
    representative.url,
    representative.headline,
    representative.byline,
    representative.date_published,
    representative.date_published_precision,
    representative.in_language,
    representative.article_section,
    representative.info_source,
    representative.credit_text,
    representative.copyright_notice,
    representative.captions,
    representative.article_body,
    representative.word_count,
    copies.copy_count,
    copies.site_count,
    copies.first_retrieved_at,
    copies.first_published_at
from marts.documents as representative
inner join copies using (article_id)
where representative.copy_relation = 'representative'
