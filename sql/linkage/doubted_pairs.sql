/*
description = "One row per known pair of old texts that share a shingle or term which supports less than before."
stage = "link"
grain = ["pair_id"]

[columns]
pair_id = "Hash of the pair."
text_id = "The smaller text_id of the pair."
other_text_id = "The larger text_id of the pair."
*/
with turned as (
    select
        shingle as word,
        text_id,
        has_lost,
    from linkage.turned_shingles
    union all
    select
        term::bigint - 2147483648 as word,
        text_id,
        has_lost,
    from linkage.turned_terms
)

select distinct
    pairs.pair_id,
    pairs.text_id,
    pairs.other_text_id,
from lake.pairs_before as pairs
inner join turned as one
    on one.text_id = pairs.text_id
inner join turned as other
    on other.text_id = pairs.other_text_id
    and other.word = one.word
where
    (one.has_lost or other.has_lost)
    and pairs.text_id not in (select text_id from linkage.fresh_texts)
    and pairs.other_text_id not in (select text_id from linkage.fresh_texts)
