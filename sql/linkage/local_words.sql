/*
description = "One row per site and word that the site uses in text after text, of unlike news: a place, a club, a beat."
grain = ["site", "term"]
stage = "link"

[columns]
site = "The site."
term = "Hash of the word."
*/
-- Eight texts and a tenth of the site: from four texts on, the names of one large story count as
-- local, and the stories of GVA fall apart (docs/decisions/0014).
-- Versions of one text mostly share a context, so that an article updated six times counts once.
with texts as (
    select
        fingerprints.site,
        fingerprints.text_id,
        min(sentences.context) as context,
    from lake.fingerprints as fingerprints
    inner join lake.sentences as sentences
        on sentences.text_id = fingerprints.text_id
    where fingerprints.site is not null
    group by fingerprints.site, fingerprints.text_id
),

sites as (
    select
        site,
        count(distinct context) as context_count,
    from texts
    group by site
    having count(distinct context) >= 8
)

select
    texts.site,
    terms.term,
from texts
inner join sites
    on sites.site = texts.site
inner join lake.terms as terms
    on terms.text_id = texts.text_id
group by texts.site, terms.term
having
    count(distinct texts.context) >= 8
    and count(distinct texts.context) >= 0.1 * any_value(sites.context_count)
