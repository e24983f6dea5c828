/*
description = "One row per compared pair that says something: the two are related, or may report one event."
stage = "link"
grain = ["pair_id"]

[columns]
pair_id = "Hash of the pair."
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
is_related = "Whether one is a copy of the other or derived from it, or both from a third."
*/
select
    pairs.pair_id,
    scored.text_id,
    scored.other_text_id,
    relations.text_id is not null as is_related,
from linkage.scored_pairs as scored
inner join lake.pairs as pairs
    on pairs.text_id = scored.text_id
    and pairs.other_text_id = scored.other_text_id
left join linkage.text_relations as relations
    on relations.text_id = scored.text_id
    and relations.other_text_id = scored.other_text_id
-- the only condition: in the lake there are no other pairs
where
    scored.story_score >= 0.05
    or relations.text_id is not null
