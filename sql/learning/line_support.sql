/*
description = "One row per line and night on which the site had it: how many articles repeat it, seen from that night."
grain = ["site", "line_hash", "night"]

[columns]
site = "The site."
line_hash = "Hash of the line."
night = "The night it is judged for."
level_before = "Articles that had it, as far as was known before tonight; rounded to a level."
level = "Articles that had it, with tonight's."
*/
-- An article counts on the first night it was seen, and half as much 30 nights away, either way:
-- a template that is gone is forgotten within a season, and what came late tells of what came
-- before. Levels, and nothing between, so that few documents are cleaned anew.
with articles as (
    select
        line,
        article_key,
        min(night) as night,
        min(night) filter (where not is_new) as night_before,
    from learning.known_lines
    group by line, article_key
),

counts as (
    select
        line,
        night,
        sum(is_now) as now_count,
        sum(is_before) as before_count,
    from (
        select line, night, 1 as is_now, 0 as is_before,
        from articles
        union all
        select line, night_before, 0, 1,
        from articles
        where night_before is not null
    )
    group by line, night
),

judged as (
    select
        line,
        night,
        any_value(site) as site,
        any_value(line_hash) as line_hash,
    from learning.known_lines
    group by line, night
),

-- 26 articles within 30 nights weigh 13 or more, beyond the highest level: no need to weigh them
near as (
    select
        judged.line,
        judged.site,
        judged.line_hash,
        judged.night,
        sum(counts.now_count) over thirty_nights as now_count,
        sum(counts.before_count) over thirty_nights as before_count,
    from judged
    left join counts using (line, night)
    window thirty_nights as (
        partition by judged.line
        order by judged.night
        range between interval 30 days preceding and interval 30 days following
    )
),

weighed as (
    select
        near.line,
        near.night,
        sum(counts.now_count * pow(0.5, abs(near.night - counts.night) / 30.0)) as now_weight,
        sum(counts.before_count * pow(0.5, abs(near.night - counts.night) / 30.0)) as before_weight,
    from near
    inner join counts
        on counts.line = near.line
        and counts.night between near.night - 90 and near.night + 90
    where least(near.now_count, near.before_count) < 26
    group by near.line, near.night
),

weights as (
    select
        near.site,
        near.line_hash,
        near.night,
        round(coalesce(weighed.before_weight, 26), 6) as before_weight,
        round(coalesce(weighed.now_weight, 26), 6) as now_weight,
    from near
    left join weighed using (line, night)
)

select
    site,
    line_hash,
    night,
    case
        when before_weight >= 11 then 13
        when before_weight >= 6.5 then 8
        when before_weight >= 4 then 5
        when before_weight >= 2.5 then 3
        when before_weight >= 1.5 then 2
        else 0
    end as level_before,
    case
        when now_weight >= 11 then 13
        when now_weight >= 6.5 then 8
        when now_weight >= 4 then 5
        when now_weight >= 2.5 then 3
        when now_weight >= 1.5 then 2
        else 0
    end as level,
from weights
