/*
description = "One row per site, night and measure: the value against the site's own usual, and whether it is out of the ordinary. Usual is the median of the same weekday in the 8 weeks before (4 nights at least), else of the 28 nights before (7 at least); the night itself never counts."
grain = ["site", "night", "measure"]
stage = "publish"
why = "mad() and range frames over dates are DuckDB's; elsewhere the same medians need a self join."

[columns]
site = "The site, as in site_nights."
night = "The night."
measure = "Which column of site_nights is judged."
value = "What was measured."
usual = "Median of the nights compared with; null where there are too few."
spread = "Scaled median absolute deviation of those nights, but not below the measure's noise floor."
compared_count = "Nights compared with."
is_same_weekday = "Whether only nights of the same weekday were compared with."
score = "(value - usual) / spread."
verdict = "calm, watch, fault, or new (too few nights to judge). More documents than usual are judged a night, where nights were missed."
why = "Why the thresholds of the measure are what they are."
*/
with rules(measure, low, high, share_floor, count_floor, why) as (
    -- low and high: how many spreads below and above the usual are out of the ordinary (watch);
    -- half as many again are a fault.
    -- share_floor: spread is at least this share of the usual; count_floor: at least this much.
    values
        ('document_count', 4.0, 6.0, 0.10, 1.0, 'Deliveries scatter at least as counts do (square root of the usual); 4 spreads below is a broken scraper or feed; a busy news day may bring much more, hence 6 above.'),
        ('removed_share', 5.0, 5.0, 0.10, 0.03, 'A redesign moves this by tens of percentage points; nights without a cause stayed within 15.'),
        ('copy_share', 6.0, 6.0, 0.10, 0.08, 'Depends on the news of the day; only a jump says that a template is taken for an article.'),
        ('repeated_share', null, 5.0, 0.10, 0.08, 'Sites deliver few articles twice in a night; half of them is a feed read twice or addresses that change.'),
        ('median_word_count', 3.5, 6.0, 0.20, 15.0, 'Less than a third of the usual length says that only teasers arrive; more than double, that pages run together.'),
        ('undated_share', null, 5.0, 0.10, 0.08, 'A lost date format shows as most documents undated at once.'),
        ('other_language_share', null, 5.0, 0.10, 0.10, 'A site that changes language is another site, or its text is mojibake.'),
        ('rejected_count', null, 5.0, 0.25, 1.0, 'Single bad files are daily bread; a burst is a broken delivery.')
),

measured as (
    select site, night, 'document_count' as measure, document_count::double as value, 1 as n,
    from marts.site_nights
    union all
    select site, night, 'removed_share', removed_share, document_count from marts.site_nights
    union all
    select site, night, 'copy_share', copy_share, document_count from marts.site_nights
    union all
    select site, night, 'repeated_share', repeated_share, document_count from marts.site_nights
    union all
    select site, night, 'median_word_count', median_word_count, document_count
    from marts.site_nights
    union all
    select site, night, 'undated_share', undated_share, document_count from marts.site_nights
    union all
    select site, night, 'other_language_share', other_language_share, document_count
    from marts.site_nights
    union all
    select site, night, 'rejected_count', rejected_count::double, 1 from marts.site_nights
),

windowed as (
    select
        site,
        night,
        measure,
        value,
        n,
        count(value) over weekday as weekday_count,
        median(value) over weekday as weekday_median,
        mad(value) over weekday as weekday_mad,
        count(value) over lately as recent_count,
        median(value) over lately as recent_median,
        mad(value) over lately as recent_mad,
        list(night) filter (where value = 0) over lately as silent_nights,
        list(isodow(night)) filter (where value > 0) over lately as busy_weekdays,
        max(night) filter (where value > 0) over lately as last_delivery,
        median(value) filter (where value > 0) over lately as busy_median,
        date_diff('day', lag(night) over each, night) as gap_days,
    from measured
    window
        each as (partition by site, measure order by night),
        weekday as (
            partition by site, measure, isodow(night) order by night
            range between interval 56 days preceding and interval 1 day preceding
        ),
        lately as (
            partition by site, measure order by night
            range between interval 28 days preceding and interval 1 day preceding
        )
),

compared as (
    select
        site,
        night,
        measure,
        value,
        n,
        -- Of nights whose weekday brings something, which two weeks show; a silence that is not
        -- over is no excuse.
        list_contains(busy_weekdays, isodow(night)) and coalesce(
            len(list_filter(
                silent_nights,
                lambda it: it < last_delivery
                and (recent_count < 14 or list_contains(busy_weekdays, isodow(it)))
            )),
            0
        ) * 10 <= len(busy_weekdays) as is_rarely_silent,
        weekday_count >= 4 as is_same_weekday,
        if(weekday_count >= 4, weekday_count, recent_count) as compared_count,
        case
            when weekday_count >= 4 then weekday_median
            when recent_count >= 7 then recent_median
        end as usual,
        recent_median,
        busy_median,
        -- One run takes what waited while nights were missed: more than usual is meant a night.
        if(measure = 'document_count' and gap_days > 1, value / gap_days, value) as night_value,
        -- Four weekdays alone may agree by chance: the spread is never below that of all nights.
        1.4826 * greatest(if(weekday_count >= 4, weekday_mad, 0), recent_mad) as scaled_mad,
    from windowed
    where value is not null
),

scored as (
    select
        compared.*,
        rules.low,
        rules.high,
        rules.why,
        greatest(
            coalesce(scaled_mad, 0),
            rules.share_floor * abs(usual),
            rules.count_floor,
            case
                when measure in ('document_count', 'rejected_count')
                    then sqrt(usual + greatest(recent_median - usual, 0))
                when measure = 'median_word_count' then 0.5 * usual / sqrt(n)
                -- A share of characters scatters less than a share of documents.
                when measure = 'removed_share' then 0.3 * sqrt(usual * (1 - usual) / n)
                -- One document more than usual (Agresti–Coull): of three, one is no news.
                else sqrt((usual * n + 1) * (n + 1 - usual * n)) / ((n + 2) * sqrt(n))
            end
        ) as spread,
    from compared
    inner join rules using (measure)
)

select
    site,
    night,
    measure,
    value,
    usual,
    spread,
    compared_count,
    is_same_weekday,
    (value - usual) / spread as score,
    case
        when usual is null then 'new'
        -- Silence of a site that is silent in one of ten nights at most: no spread can say it as
        -- clearly. Below five documents a night it happens by chance (a Poisson count of 5 is 0
        -- in 0.7 % of nights).
        when measure = 'document_count' and value = 0 and is_rarely_silent
            and least(usual, busy_median) >= 5
            then 'fault'
        when (night_value - usual) / spread >= 1.5 * high or (usual - value) / spread >= 1.5 * low
            then 'fault'
        when (night_value - usual) / spread >= high or (usual - value) / spread >= low
            then 'watch'
        else 'calm'
    end as verdict,
    why
from scored
