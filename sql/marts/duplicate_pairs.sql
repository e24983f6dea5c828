/*
description = "One row per linked pair of documents, with the evidence that links them."
grain = ["document_id", "other_document_id"]
grows = "document_id"
as_written = true

[columns]
document_id = "The smaller id of the pair."
other_document_id = "The larger id of the pair."
relation = "exact, near, wholly_derived, partially_derived or contains."
score = "Strength of the link, 0–1."
derived_from_document_id = "The source of the two; null where it cannot be told."
evidence = "JSON: gap_days, the days between the two; but for exact copies also sentences (those aligned: score, places in the article_body of each, its first 400 characters), and up to 12 quotations, names and numbers that both have."

[[expect]]
type = "expect_compound_columns_to_be_unique"
column_list = ["document_id", "other_document_id"]
severity = "critical"
why = "The grain."

[[expect]]
type = "expect_column_values_to_be_in_set"
column = "relation"
value_set = ["exact", "near", "wholly_derived", "partially_derived", "contains"]
severity = "critical"
why = "The relations that docs/linkage.md explains."

[[expect]]
type = "expect_column_values_to_be_between"
column = "score"
min_value = 0
max_value = 1
severity = "critical"
why = "Scores are shares."
*/
select
    pairs.document_id,
    pairs.other_document_id,
    pairs.relation,
    pairs.score,
    pairs.derived_from_document_id,
    pairs.evidence
from linkage.pairs as pairs
