/*
description = "One row per compared pair of texts: the figures every verdict is taken from."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
gap_days = "Days between the nearest two dates of the two texts; null where one has none."
containment = "Larger of the two containments (5-word shingles)."
other_containment = "Smaller of the two containments."
plain_containment = "Larger of the two containments without quoted words."
alignment = "Larger of the two alignments without quoted words."
other_alignment = "Smaller of the two alignments without quoted words."
coverage = "Larger of the two coverages: share of the text that aligned sentences account for."
other_coverage = "Smaller of the two coverages."
number_overlap = "Shared numbers as a share of those of the text with fewer."
number_count = "Numbers of the text with fewer."
shared_rarity = "Rarity of shared words, beyond that of common ones."
is_of_one_case = "Whether names and numbers agree as in a copy; those of two texts in one mould do not."
story_score = "Chance that both report one event: logistic regression; 0 for two texts in one mould."
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

figures as (
    select
        pairs.text_id,
        pairs.other_text_id,
        gaps.gap_days,
        greatest(pairs.containment, pairs.other_containment) as containment,
        least(pairs.containment, pairs.other_containment) as other_containment,
        greatest(pairs.plain_containment, pairs.other_plain_containment) as plain_containment,
        greatest(pairs.plain_alignment, pairs.other_plain_alignment) as alignment,
        least(pairs.plain_alignment, pairs.other_plain_alignment) as other_alignment,
        greatest(pairs.coverage, pairs.other_coverage) as coverage,
        least(pairs.coverage, pairs.other_coverage) as other_coverage,
        pairs.coverage >= pairs.other_coverage as is_text_covered,
        pairs.number_overlap,
        pairs.number_count,
        pairs.name_count,
        pairs.shared_name_count,
        pairs.shared_rarity,
        ln(1 + coalesce(gaps.gap_days, 0)) as log_gap,
        ln(1 + least(pairs.word_count, pairs.other_word_count)) as log_words,
        pairs.shared_full_name_rarity,
        pairs.cosine,
        pairs.lead_cosine,
        pairs.name_overlap,
        pairs.full_name_overlap,
    from lake.pairs as pairs
    left join gaps
        on gaps.text_id = pairs.text_id
        and gaps.other_text_id = pairs.other_text_id
),

-- weights: logistic regression, benchmarks/story_model.py
logits as (
    select
        *,
        case
            when gap_days is null
                then
                    -2.90 + 0.40 * ln(1 + shared_rarity) + 15.08 * cosine - 0.67 * log_words
                    + 6.16 * lead_cosine + 1.55 * number_overlap + 1.91 * name_overlap
            else
                4.33 + 0.75 * ln(1 + shared_rarity) + 2.89 * ln(cosine + 0.05)
                + 5.55 * lead_cosine + 2.17 * number_overlap + 1.99 * name_overlap
                + 0.84 * ln(1 + shared_name_count) + 0.42 * ln(1 + shared_full_name_rarity)
                - 0.98 * full_name_overlap - 4.19 * coverage - 0.66 * log_gap - 0.72 * log_words
        end as story_logit,
    from figures
),

judged as (
    select
        *,
        -- The more alike the wording, the more must agree: a copy keeps names and numbers, a mould
        -- (weather, results, notices) is filled with others. Many of the ones outweigh some of the
        -- others.
        (
            name_count < 3
            or name_overlap >= 0.60
            or (
                name_overlap >= 0.50
                and (other_alignment < 0.50 or (number_count >= 8 and number_overlap >= 0.75))
            )
        )
        and (
            number_count < 2
            or number_overlap >= 0.50
            or (number_count < 4 and name_count >= 10 and name_overlap >= 0.75)
            or (
                other_alignment < 0.45
                and (
                    (number_count < 4 and number_overlap > 0)
                    or number_overlap >= 0.34
                    or (name_count >= 3 and name_overlap >= 0.75)
                )
            )
        ) as is_of_one_case,
    from logits
),

scores as (
    select
        *,
        -- alike in wording throughout, yet of other people and figures: two texts in one mould, if not
        -- nearly all of many names stand in both (a toll that rises). Less alike, they must differ in
        -- names and numbers.
        case
            when
                not is_of_one_case
                and other_alignment >= 0.45
                and (name_count < 10 or name_overlap < 0.90)
                then 0
            when
                other_alignment >= 0.30
                and name_count >= 3
                and name_overlap < 0.50
                and number_count >= 4
                and number_overlap < 0.20
                then 0
            else 1 / (1 + exp(-greatest(-50, least(50, story_logit))))
        end as story_score,
    from judged
)

select
    text_id,
    other_text_id,
    gap_days,
    containment,
    other_containment,
    plain_containment,
    alignment,
    other_alignment,
    coverage,
    other_coverage,
    number_overlap,
    number_count,
    shared_rarity,
    is_of_one_case,
    story_score,
    is_text_covered,
from scores
