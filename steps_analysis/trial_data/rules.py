"""
What must agree between the cells of a row, the rows of a table, and the tables.

A rule whose columns are absent, or closed to the reader's role, is not applied. Refused
is what contradicts itself. What can honestly happen is not: that an ineligible child
was randomised, or a family while its site was closed, or that a carer who consented did
not join in the end, is no fault of the data. Departures from the protocol are told by
`steps_analysis.pathway.deviations`, and other oddities asked about by its data queries.
"""

from __future__ import annotations

from steps_analysis.trial_data.allocation_rules import ALLOCATION_RULES
from steps_analysis.trial_data.follow_up_rules import FOLLOW_UP_RULES
from steps_analysis.trial_data.pathway_rules import PATHWAY_RULES

RULES = (*PATHWAY_RULES, *ALLOCATION_RULES, *FOLLOW_UP_RULES)
