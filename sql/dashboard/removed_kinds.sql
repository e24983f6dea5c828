/*
description = "One row per kind and rule that removed lines tonight, with its usual per document; most lines first, up to 60."

[columns]
kind = "What the lines were."
rule_id = "The rule, model or site evidence."
line_count = "Lines removed tonight."
document_count = "Documents they were removed from."
site_count = "Sites of those documents."
per_100_documents = "Lines per 100 documents tonight."
usual_per_100_documents = "The same over the 28 nights before; null where there are fewer than 7."
example = "The line removed most often."
*/
with latest as (
    select max(logical_date) as night from runs
),

accepted as (
    select
        documents.document_id,
        row_number() over () as document_number,  -- counted faster than ids
        coalesce(documents.site, 'unknown') as site,
        runs.logical_date as night,
        latest.night as last_night,
    from documents
    inner join runs using (run_id)
    cross join latest
    where runs.logical_date >= latest.night - 28
),

sizes as (
    select
        count(*) filter (where night = last_night) as tonight_count,
        count(*) filter (where night < last_night) as before_count,
        count(distinct night) filter (where night < last_night) as night_count,
    from accepted
),

lines_before as (
    select
        removed_lines.kind,
        removed_lines.rule_id,
        count(*) as line_count,
    from removed_lines
    semi join (select document_id from accepted where night < last_night) as accepted
        using (document_id)
    group by removed_lines.kind, removed_lines.rule_id
),

tonights as (
    select
        removed_lines.kind,
        removed_lines.rule_id,
        removed_lines.line_text,
        accepted.document_number,
        accepted.site,
    from removed_lines
    inner join accepted using (document_id)
    where accepted.night = accepted.last_night
),

-- a count for each text: lists of them would not spill
texts as (
    select
        kind,
        rule_id,
        line_text,
        count(*) as line_count,
    from tonights
    group by kind, rule_id, line_text
),

examples as (
    select
        kind,
        rule_id,
        min_by(line_text, (-line_count, line_text)) as example,
    from texts
    group by kind, rule_id
),

lines as (
    select
        tonights.kind,
        tonights.rule_id,
        any_value(examples.example) as example,
        count(*) as line_count,
        count(distinct tonights.document_number) as document_count,
        count(distinct tonights.site) as site_count,
    from tonights
    inner join examples using (kind, rule_id)
    group by tonights.kind, tonights.rule_id
)

select
    lines.kind,
    lines.rule_id,
    lines.line_count,
    lines.document_count,
    lines.site_count,
    100.0 * lines.line_count / greatest(sizes.tonight_count, 1) as per_100_documents,
    if(
        sizes.night_count >= 7,
        100.0 * coalesce(lines_before.line_count, 0) / greatest(sizes.before_count, 1),
        null
    ) as usual_per_100_documents,
    left(lines.example, 200) as example
from lines
cross join sizes
left join lines_before using (kind, rule_id)
order by lines.line_count desc, lines.kind, lines.rule_id
limit 60
