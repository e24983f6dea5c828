/*
description = "One row per related pair of bodies, by the strongest relation of their texts."
grain = ["body_id", "other_body_id"]
stage = "link"

[columns]
body_id = "The body earlier in the order of survivorship."
other_body_id = "The body later in the order."
relation = "near, wholly_derived, contains or partially_derived."
score = "Of the strongest pair of their texts, 0–1."
text_id = "The smaller text_id of that pair."
other_text_id = "The larger text_id of that pair."
is_text_first = "Whether the smaller text_id belongs to the earlier body."
is_first_covered = "Whether it is the earlier body that is found in the other; null for near."
*/
with text_bodies as (
    select
        bodies.text_id,
        bodies.body_id,
        min(centres.place) as place,
    from linkage.bodies as bodies
    inner join linkage.bodies as centres
        on centres.document_id = bodies.body_id
    where
        bodies.text_id in (
            select text_id from linkage.text_relations
            union
            select other_text_id from linkage.text_relations
        )
    group by bodies.text_id, bodies.body_id
),

-- one end after the other: a planner may compare all bodies with each other first
one_end as materialized (
    select
        text_bodies.body_id,
        text_bodies.place,
        relations.relation,
        relations.score,
        relations.text_id,
        relations.other_text_id,
        relations.is_text_covered,
        case relations.relation
            when 'near' then 1
            when 'wholly_derived' then 2
            when 'contains' then 3
            else 4
        end as strength,
    from linkage.text_relations as relations
    inner join text_bodies
        on text_bodies.text_id = relations.text_id
),

joined as (
    select
        one.body_id as one_id,
        other.body_id as two_id,
        one.place < other.place as is_text_first,
        one.relation,
        one.score,
        one.text_id,
        one.other_text_id,
        one.is_text_covered,
        one.strength,
    from one_end as one
    inner join text_bodies as other
        on other.text_id = one.other_text_id
    where one.body_id <> other.body_id
),

ordered as (
    select
        case when is_text_first then one_id else two_id end as body_id,
        case when is_text_first then two_id else one_id end as other_body_id,
        relation,
        score,
        text_id,
        other_text_id,
        is_text_first,
        is_text_covered = is_text_first as is_first_covered,
        strength,
    from joined
),

ranked as (
    select
        *,
        row_number() over (
            partition by body_id, other_body_id
            order by strength asc, score desc, text_id asc, other_text_id asc
        ) as place,
    from ordered
)

select
    body_id,
    other_body_id,
    relation,
    score,
    text_id,
    other_text_id,
    is_text_first,
    is_first_covered,
from ranked
where place = 1
