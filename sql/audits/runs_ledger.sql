/*
description = "Runs whose ledger does not balance."
severity = "critical"
stage = "publish"
why = "document_count_in = accepted + known + rejected; accepted = representatives + exact + near + wholly derived: every document delivered is accounted for."
*/
select run_id
from runs
where
    document_count_in <> accepted_count + known_count + rejected_count
    or (
        status = 'published'
        and accepted_count
        <> representative_count + exact_count + near_count + wholly_derived_count
    )
