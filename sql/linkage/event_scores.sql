/*
description = "One row per pair of texts that may report one event: the chance of it, as far as their shared words tell."
grain = ["text_id", "other_text_id"]
stage = "link"

[columns]
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
event_score = "story_score drawn to that of an unrelated pair as far as the shared words tell nothing; .9 at least if derived."
*/
with candidates as (
    select
        scored.text_id,
        scored.other_text_id,
        ln(greatest(scored.story_score, 1e-9) / (1 - least(scored.story_score, 1 - 1e-9)))
            as story_logit,
        coalesce(relations.relation <> 'contains', false) as is_derived,
    from linkage.scored_pairs as scored
    left join linkage.text_relations as relations
        on relations.text_id = scored.text_id
        and relations.other_text_id = scored.other_text_id
),

common_words as (
    select
        text_id,
        other_text_id,
        unnest(terms) as term,
    from linkage.common_terms
),

-- what two texts share tells of an event as far as the shared words do
tales as (
    select
        common_words.text_id,
        common_words.other_text_id,
        avg(coalesce(telling_words.telling_share, 1)) as telling_share,
    from common_words
    left join linkage.telling_words as telling_words
        on telling_words.term = common_words.term
    group by common_words.text_id, common_words.other_text_id
)

-- with words that tell nothing the logit is −3.5, a chance of one in thirty. A roundup that holds a
-- brief reports other events too: only what is derived is of one event for that.
select
    candidates.text_id,
    candidates.other_text_id,
    greatest(
        1 / (1 + exp(3.5 - coalesce(tales.telling_share, 1) * (candidates.story_logit + 3.5))),
        case when candidates.is_derived then 0.9 else 0 end
    ) as event_score,
from candidates
left join tales
    on tales.text_id = candidates.text_id
    and tales.other_text_id = candidates.other_text_id
