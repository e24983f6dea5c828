/*
description = "One row per compared pair of texts: the figures every verdict is taken from."
grain = ["text_id", "other_text_id"]

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
gap_days = "Days between the nearest two dates of the two texts; null where one has none."
containment = "Larger of the two containments (5-word shingles)."
plain_containment = "Larger of the two containments without quoted words."
alignment = "Larger of the two alignments without quoted words."
other_alignment = "Smaller of the two alignments without quoted words."
coverage = "Larger of the two coverages: share of the text that aligned sentences account for."
other_coverage = "Smaller of the two coverages."
covered_word_count = "Words of the text that is covered more."
number_overlap = "Shared numbers as a share of those of the text with fewer."
number_count = "Numbers of the text with fewer."
shared_rarity = "Rarity of shared words, beyond that of common ones."
story_score = "Probability that both report the same event: logistic regression, see docs/linkage.md."
is_text_covered = "Whether the covered text is the one with the smaller id."
*/
with days as (
    select distinct
        text_id,
        day,
    from lake.fingerprints
    where day is not null
),

gaps as (
    select
        pairs.text_id,
        pairs.other_text_id,
        min(abs(days.day - other_days.day)) as gap_days,
    from lake.pairs as pairs
    inner join days
        on days.text_id = pairs.text_id
    inner join days as other_days
        on other_days.text_id = pairs.other_text_id
    group by pairs.text_id, pairs.other_text_id
),

-- a pair without dates is judged as if a few days apart: neither helped nor harmed much
figures as (
    select
        pairs.*,
        gaps.gap_days,
        ln(1 + coalesce(gaps.gap_days, 3)) as log_gap,
        ln(1 + pairs.shared_rarity) as log_rarity,
    from lake.pairs as pairs
    left join gaps
        on gaps.text_id = pairs.text_id
        and gaps.other_text_id = pairs.other_text_id
)

select
    text_id,
    other_text_id,
    gap_days,
    greatest(containment, other_containment) as containment,
    greatest(plain_containment, other_plain_containment) as plain_containment,
    greatest(plain_alignment, other_plain_alignment) as alignment,
    least(plain_alignment, other_plain_alignment) as other_alignment,
    greatest(coverage, other_coverage) as coverage,
    least(coverage, other_coverage) as other_coverage,
    case when coverage >= other_coverage then word_count else other_word_count end
        as covered_word_count,
    number_overlap,
    number_count,
    shared_rarity,
    1 / (1 + exp(-(
        -7.0 + 1.8 * log_rarity + 9.0 * cosine - 0.8 * log_gap
    ))) as story_score,
    coverage >= other_coverage as is_text_covered,
from figures
