/*
description = "One row per linked pair of documents, without its evidence: bodies among one another, and each copy with its representative."
grain = ["document_id", "other_document_id"]

[columns]
document_id = "The smaller document_id of the pair."
other_document_id = "The larger document_id of the pair."
relation = "exact, near, wholly_derived, contains or partially_derived."
score = "How much of the one is in the other, 0–1."
derived_from_document_id = "The source of the two by date, credit or containment; null if none tells."
gap_days = "Days between the two, of publication or else of retrieval; null if one has neither."
text_id = "Text of the one, the smaller id; null for an exact copy. An equal body's, if the two's own were never linked."
other_text_id = "Text of the other, the larger id; null for an exact copy."
is_text_smaller = "Whether text_id is the text of document_id."
*/
with linked as (
    select
        body_id as one_id,
        other_body_id as two_id,
        relation,
        score,
        text_id,
        other_text_id,
        is_text_first,
        is_first_covered,
    from lake.body_pairs
    union all
    select
        body_id as one_id,
        document_id as two_id,
        'exact' as relation,
        1 as score,
        null as text_id,
        null as other_text_id,
        null as is_text_first,
        null as is_first_covered,
    from linkage.exact_duplicates
    union all
    -- an exact copy of a copy: its pair with the representative is that of its body
    select
        clusters.copy_of_document_id as one_id,
        clusters.document_id as two_id,
        body_pairs.relation,
        body_pairs.score,
        body_pairs.text_id,
        body_pairs.other_text_id,
        body_pairs.is_text_first,
        body_pairs.is_first_covered,
    from lake.clusters as clusters
    inner join linkage.exact_duplicates as exact_duplicates
        on exact_duplicates.document_id = clusters.document_id
    inner join lake.body_pairs as body_pairs
        on body_pairs.body_id = clusters.copy_of_document_id
        and body_pairs.other_body_id = exact_duplicates.body_id
),

described as (
    select
        linked.* replace (
            coalesce(own.text_id, linked.text_id) as text_id,
            coalesce(own.other_text_id, linked.other_text_id) as other_text_id
        ),
        two.day - one.day as days_later,
        two.has_credit as two_has_credit,
        one.has_credit as one_has_credit,
        one.word_count as one_word_count,
        two.word_count as two_word_count,
        case
            when own.text_id is null then linked.is_text_first
            else own.text_id = one.text_id
        end = (linked.one_id < linked.two_id) as is_text_smaller,
    from linked
    inner join lake.fingerprints as one
        on one.document_id = linked.one_id
    inner join lake.fingerprints as two
        on two.document_id = linked.two_id
    -- bodies of the same words may differ in white space, and evidence tells places: of the two's own
    left join lake.evidence as own
        on linked.text_id is not null
        and own.text_id = least(one.text_id, two.text_id)
        and own.other_text_id = greatest(one.text_id, two.text_id)
)

select
    least(one_id, two_id) as document_id,
    greatest(one_id, two_id) as other_document_id,
    relation,
    score::float as score,
    case
        when days_later > 0 then one_id
        when days_later < 0 then two_id
        when one_has_credit and not two_has_credit then one_id
        when two_has_credit and not one_has_credit then two_id
        when relation = 'wholly_derived' and is_first_covered
            and one_word_count < 0.8 * two_word_count then two_id
        when relation = 'wholly_derived' and not is_first_covered
            and two_word_count < 0.8 * one_word_count then one_id
    end as derived_from_document_id,
    abs(days_later) as gap_days,
    text_id,
    other_text_id,
    is_text_smaller,
from described
