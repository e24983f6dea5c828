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

dated as (
    select
        documents.document_id,
        documents.article_id,
        known_sites.site,
        runs.logical_date = latest.night as is_tonight,
        runs.logical_date between latest.night - 7 and latest.night - 1 as is_recent,
    from documents
    inner join runs using (run_id)
    inner join known_sites on known_sites.site = coalesce(documents.site, 'unknown')
    cross join latest
),

fresh as (
    select
        dated.site,
        removed_lines.line_text,
        count(distinct dated.article_id) as article_count,
        any_value(removed_lines.kind) as kind,
        any_value(removed_lines.rule_id) as rule_id,
        min(dated.document_id) as document_id,
    from removed_lines
    inner join dated using (document_id)
    where dated.is_tonight and removed_lines.kind <> 'repeated_headline'
    group by dated.site, removed_lines.line_text
    having count(distinct dated.article_id) >= 2
),

-- Nearly all was there last week already; only what is left is looked for in all nights.
rare as (
    select * from fresh
    anti join (
        select
            dated.site,
            removed_lines.line_text,
        from removed_lines
        inner join dated using (document_id)
        where dated.is_recent
    ) as recent using (site, line_text)
),

seen_before as (
    select
        dated.site,
        removed_lines.line_text,
    from removed_lines
    semi join rare using (line_text)
    inner join dated using (document_id)
    where not dated.is_tonight
)

select
    rare.site,
    left(rare.line_text, 300) as line_text,
    rare.article_count,
    rare.kind,
    rare.rule_id,
    rare.document_id
from rare
anti join seen_before using (site, line_text)
order by rare.article_count desc, rare.site, rare.line_text
limit 20
