/*
description = "One row per line taken out of a document."
grain = ["document_id", "start_char"]
grows = "document_id"

[columns]
document_id = "The document."
line_number = "Line of the raw text, from 1."
start_char = "Offset of the line's first character in the raw text."
end_char = "Offset after the line's last character in the raw text."
line_text = "The line as it stood."
line_break = "White space up to the next line, removed with it."
kind = "What it was; one of the closed list of kinds."
rule_id = "The rule, model or site evidence that carried the verdict."
score = "Confidence that it is boilerplate, 0–1."

[[expect]]
type = "expect_compound_columns_to_be_unique"
column_list = ["document_id", "start_char"]
severity = "critical"
why = "A line is removed once."

[[expect]]
type = "expect_column_values_to_be_between"
column = "score"
min_value = 0
max_value = 1
severity = "critical"
why = "Scores are probabilities."

[[expect]]
type = "expect_column_values_to_be_in_set"
column = "kind"
value_set = [
    "comment_prompt", "comment_form", "comment_count", "reader_comment", "share_prompt",
    "newsletter_signup", "subscription_prompt", "related_links", "navigation", "section_label",
    "reading_time", "byline", "dateline", "repeated_headline", "caption", "image_credit",
    "source_credit", "disclaimer", "copyright_notice", "about_publisher", "advertisement",
    "cookie_notice", "back_to_top", "site_template", "other_boilerplate",
]
severity = "critical"
why = "The closed list of the contract; dashboards and docs know no other."
*/
select
    document_id,
    line_number,
    start_char,
    end_char,
    line_text,
    line_break,
    kind,
    rule_id,
    score
from staging.removed_lines
