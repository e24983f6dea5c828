/*
description = "Checks with a severity that is not known."
severity = "critical"
stage = "publish"
why = "A check that is neither critical nor warning would stop nothing and show nowhere."
*/
select expectation_type
from checks
where severity not in ('critical', 'warning')
