/*
description = "One row per pair of texts one of which was written from the other, or both from a third."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
relation = "`wholly_derived`, `contains` (a roundup that holds a brief) or `partially_derived`."
score = "Alignment of the text that is covered more, quotations aside."
is_text_covered = "Whether the text found in the other is the one with the smaller id."
*/
with derived as (
    select
        text_id,
        other_text_id,
        alignment,
        other_alignment,
        coverage,
        other_coverage,
        is_of_one_case,
        is_text_covered,
    from linkage.scored_pairs
    where
        alignment >= 0.40
        and coverage >= 0.30
        and (other_alignment >= 0.20 or coverage >= 0.75)
        -- alike in wording throughout, yet of other people and figures: two briefs in one mould
        and (is_of_one_case or other_alignment < 0.45)
        and (
            (story_score >= 0.80 and coalesce(gap_days, 0) <= 30)
            or story_score >= 0.95
        )
)

select
    text_id,
    other_text_id,
    case
        when alignment >= 0.60 and other_alignment >= 0.45
            then 'wholly_derived'
        when alignment >= 0.45 and other_alignment >= 0.38 and coverage >= 0.37
            and other_coverage >= 0.33 and is_of_one_case
            then 'wholly_derived'
        when coverage >= 0.75 and other_coverage <= 0.30
            then 'contains'
        else 'partially_derived'
    end as relation,
    alignment as score,
    is_text_covered,
from derived
