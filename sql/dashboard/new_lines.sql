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

seen as (
    select
        coalesce(documents.site, 'unknown') as site,
        md5(removed_lines.line_text) as line_key,
        min(runs.logical_date) as first_night,
        any_value(left(removed_lines.line_text, 300)) as line_text,
        count(distinct documents.article_id) as article_count,
        any_value(removed_lines.kind) as kind,
        any_value(removed_lines.rule_id) as rule_id,
        min(documents.document_id) as document_id,
    from removed_lines
    inner join documents using (document_id)
    inner join runs using (run_id)
    where removed_lines.kind <> 'repeated_headline'
    group by 1, 2
),

known_sites as (
    select site from site_nights
    where document_count > 0
    group by site
    having count(*) > 7
)

select
    seen.site,
    seen.line_text,
    seen.article_count,
    seen.kind,
    seen.rule_id,
    seen.document_id
from seen
inner join latest on latest.night = seen.first_night
inner join known_sites using (site)
where seen.article_count >= 2
order by seen.article_count desc, seen.site, seen.line_text
limit 20
