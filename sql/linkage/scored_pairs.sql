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
is_of_one_case = "Whether names and numbers agree as in a copy; those of two briefs in one mould do not."
story_score = "Chance that both report one event: logistic regression; 0 for two briefs in one mould."
event_score = "The same without the words that are local to both sites."
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

-- words that both sites use in text after text do not tell two of their stories apart
local_terms as (
    select
        fingerprints.text_id,
        list(distinct terms.term) as terms,
    from lake.fingerprints as fingerprints
    inner join lake.terms as terms
        on terms.text_id = fingerprints.text_id
    inner join linkage.local_words as local_words
        on local_words.site = fingerprints.site
        and local_words.term = terms.term
    group by fingerprints.text_id
),

shared_local as (
    select
        pairs.text_id,
        pairs.other_text_id,
        len(list_intersect(one.terms, other.terms)) as term_count,
    from lake.pairs as pairs
    inner join local_terms as one
        on one.text_id = pairs.text_id
    inner join local_terms as other
        on other.text_id = pairs.other_text_id
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
        pairs.shared_rarity,
        ln(1 + coalesce(gaps.gap_days, 0)) as log_gap,
        ln(1 + least(pairs.word_count, pairs.other_word_count)) as log_words,
        pairs.shared_full_name_rarity,
        pairs.cosine,
        pairs.lead_cosine,
        pairs.name_overlap,
        pairs.full_name_overlap,
        shared_local.term_count as local_count,
    from lake.pairs as pairs
    left join gaps
        on gaps.text_id = pairs.text_id
        and gaps.other_text_id = pairs.other_text_id
    left join shared_local
        on shared_local.text_id = pairs.text_id
        and shared_local.other_text_id = pairs.other_text_id
),

-- a local word takes with it the most a word can weigh: rarity 8.5, less the 4.0 of common ones
parts as (
    select
        *,
        true as is_whole,
        1 as part,
    from figures
    union all
    select
        *,
        false as is_whole,
        greatest(0, 1 - 4.5 * local_count / shared_rarity) as part,
    from figures
    where local_count > 0 and shared_rarity > 0
),

-- weights: logistic regression, benchmarks/story_model.py
logits as (
    select
        *,
        case
            when gap_days is null
                then
                    -2.63 + 0.34 * ln(1 + part * shared_rarity) + 15.64 * part * cosine
                    - 0.66 * log_words + 6.20 * part * lead_cosine + 1.49 * number_overlap
                    + 1.19 * part * name_overlap
            else
                5.12 + 0.80 * ln(1 + part * shared_rarity) + 3.43 * part * cosine
                + 2.88 * ln(part * cosine + 0.05) + 5.32 * part * lead_cosine
                + 1.91 * number_overlap + 2.07 * part * name_overlap
                + 0.45 * ln(1 + part * shared_full_name_rarity) - 0.71 * full_name_overlap
                - 4.65 * other_alignment - 3.54 * coverage - 0.73 * log_gap - 0.47 * log_words
        end as story_logit,
    from parts
),

judged as (
    select
        *,
        (name_count < 3 or name_overlap >= 0.50)
        and (
            number_count < 2
            or (number_count < 4 and number_overlap > 0)
            or number_overlap >= 0.34
            or (name_count >= 3 and name_overlap >= 0.75)
        ) as is_of_one_case,
    from logits
),

scores as (
    select
        *,
        -- alike in wording throughout, yet of other people and figures: two briefs in one mould
        case
            when is_of_one_case or other_alignment < 0.45
                then 1 / (1 + exp(-greatest(-50, least(50, story_logit))))
            else 0
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
    min(story_score) over (partition by text_id, other_text_id) as event_score,
    is_text_covered,
from scores
qualify is_whole
