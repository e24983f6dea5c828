/*
description = "One row per line that was removed tonight from two or more articles of a site, and never before from that site; sites of less than 7 nights are left out. A redesign, a new campaign, or a rule that went too far."

[columns]
site = "The site."
line_text = "The line, at most 300 characters of it."
article_count = "Distinct articles it was removed from tonight."
kind = "What it was taken for."
rule_id = "What carried the verdict."
document_id = "One of the documents."
*/
with latest as (
    select max(logical_date) as night from runs
),

known_sites as (
    select site from site_nights
    where document_count > 0
    group by site
    having count(*) > 7
),

recent_runs as (
    select
        runs.run_id,
        runs.logical_date = latest.night as is_tonight,
    from runs
    inner join latest on runs.logical_date between latest.night - 7 and latest.night
),

week as (
    select
        documents.document_id,
        documents.article_id,
        known_sites.site,
        recent_runs.is_tonight,
    from documents
    inner join recent_runs using (run_id)
    inner join known_sites on known_sites.site = coalesce(documents.site, 'unknown')
),

-- Nearly all was there last week already; only what is left is looked for in all nights.
rare as (
    select
        week.site,
        removed_lines.line_text,
    from removed_lines
    inner join week using (document_id)
    where not week.is_tonight or removed_lines.kind <> 'repeated_headline'
    group by week.site, removed_lines.line_text
    having bool_and(week.is_tonight) and min(week.article_id) < max(week.article_id)
),

occurrences as (
    select
        rare.site,
        removed_lines.line_text,
        documents.document_id,
        documents.article_id,
        runs.logical_date = latest.night as is_tonight,
        removed_lines.kind,
        removed_lines.rule_id,
    from removed_lines
    inner join rare using (line_text)
    inner join documents on
        documents.document_id = removed_lines.document_id
        and coalesce(documents.site, 'unknown') = rare.site
    inner join runs using (run_id)
    cross join latest
)

select
    site,
    left(line_text, 300) as line_text,
    count(distinct article_id) as article_count,
    arg_min(kind, document_id) as kind,
    arg_min(rule_id, document_id) as rule_id,
    min(document_id) as document_id,
from occurrences
where not is_tonight or kind <> 'repeated_headline'
group by site, occurrences.line_text
having bool_and(is_tonight)
order by article_count desc, site, occurrences.line_text
limit 20
