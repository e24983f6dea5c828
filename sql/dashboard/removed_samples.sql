/*
description = "One row per sampled document of tonight: its clean text with every removed line and repair, so that the raw text can be shown around it. The most heavily cut of each site first."

[columns]
document_id = "The document."
site = "Its site."
headline = "Its headline."
source_uri = "Where it came from."
removed_share = "Share of its characters removed."
article_body = "The clean text."
removed_lines = "Structs: start_char, end_char, line_text, line_break, kind, rule_id, score."
repairs = "Structs: start_char, before, after, repair_id."
*/
with latest as (
    select max(logical_date) as night from runs
),

candidates as (
    select
        documents.document_id,
        coalesce(documents.site, 'unknown') as site,
        documents.removed_chars / greatest(documents.raw_chars, 1) as removed_share,
    from documents
    inner join runs using (run_id)
    inner join latest on latest.night = runs.logical_date
    -- Longer texts would fill the page; any document can be had with `copydesk explain ID`.
    where documents.raw_chars <= 12000 and documents.removed_line_count > 0
),

-- Texts are fetched for the documents that are shown only: they are most of the table.
chosen as (
    select * from candidates
    qualify row_number() over (
        partition by site order by removed_share desc, document_id
    ) <= if((select count(distinct site) from candidates) > 3, 1, 4)
    order by removed_share desc, document_id
    limit 6
),

taken as (
    select
        removed_lines.document_id,
        list({
            'start_char': removed_lines.start_char,
            'end_char': removed_lines.end_char,
            'line_text': removed_lines.line_text,
            'line_break': removed_lines.line_break,
            'kind': removed_lines.kind,
            'rule_id': removed_lines.rule_id,
            'score': removed_lines.score
        } order by removed_lines.start_char) as removed_lines,
    from removed_lines
    inner join chosen using (document_id)
    group by removed_lines.document_id
),

mended as (
    select
        repairs.document_id,
        list({
            'start_char': repairs.start_char,
            'before': repairs.before,
            'after': repairs.after,
            'repair_id': repairs.repair_id
        } order by repairs.start_char) as repairs,
    from repairs
    inner join chosen using (document_id)
    group by repairs.document_id
)

select
    chosen.document_id,
    chosen.site,
    documents.headline,
    documents.source_uri,
    chosen.removed_share,
    documents.article_body,
    coalesce(taken.removed_lines, []) as removed_lines,
    coalesce(mended.repairs, []) as repairs
from chosen
inner join documents using (document_id)
left join taken using (document_id)
left join mended using (document_id)
order by chosen.removed_share desc, chosen.document_id
