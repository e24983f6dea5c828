/*
description = "One row per site."
grain = ["site"]

[columns]
site = "The site; unknown where the input does not say."
document_count = "Documents accepted from it."
article_count = "Distinct articles among them."
copy_count = "Documents that are a copy of another."
removed_share = "Share of the raw characters that were removed, 0–1."
first_seen_at = "Earliest retrieval (UTC), or acceptance where that is unknown."
last_seen_at = "Latest retrieval (UTC), or acceptance where that is unknown."
repeated_lines = "Lines removed from two of its articles or more, those of most articles first, up to 20."

[[expect]]
type = "expect_column_values_to_be_unique"
column = "site"
severity = "critical"
why = "The grain."

[[expect]]
type = "expect_column_values_to_be_between"
column = "removed_share"
max_value = 0.9
severity = "warning"
why = "A site that loses nine tenths of its text is read wrongly, or is no news site."
*/
with seen as (
    select
        coalesce(site, 'unknown') as site,
        count(*) as document_count,
        count(distinct article_id) as article_count,
        count(*) filter (where copy_relation <> 'representative') as copy_count,
        sum(removed_chars) / greatest(sum(raw_chars), 1) as removed_share,
        min(coalesce(retrieved_at, cleaned_at)) as first_seen_at,
        max(coalesce(retrieved_at, cleaned_at)) as last_seen_at,
    from marts.documents
    group by coalesce(site, 'unknown')
),

repeated as (
    select
        coalesce(documents.site, 'unknown') as site,
        removed_lines.line_text,
        count(distinct documents.article_id) as article_count,
    from marts.removed_lines as removed_lines
    inner join marts.documents as documents using (document_id)
    where length(removed_lines.line_text) <= 300
    group by coalesce(documents.site, 'unknown'), removed_lines.line_text
    having count(distinct documents.article_id) >= 2
    qualify row_number() over (
        partition by coalesce(documents.site, 'unknown')
        order by count(distinct documents.article_id) desc, removed_lines.line_text
    ) <= 20
),

repeated_per_site as (
    select
        site,
        list(line_text order by article_count desc, line_text) as repeated_lines,
    from repeated
    group by site
)

select
    seen.site,
    seen.document_count,
    seen.article_count,
    seen.copy_count,
    seen.removed_share,
    seen.first_seen_at,
    seen.last_seen_at,
    coalesce(repeated_per_site.repeated_lines, []) as repeated_lines
from seen
left join repeated_per_site using (site)
