"""
Follow families from referral to analysis.

The flow of a trial by CONSORT 2025, which reconciles or refuses, and the departures
from its protocol.
"""

from steps_analysis.pathway.boxes import ArmFlow, Flow
from steps_analysis.pathway.deviation_rules import DeviationRule
from steps_analysis.pathway.deviations import deviation_rules, deviations
from steps_analysis.pathway.enrolment import screened_families
from steps_analysis.pathway.factor_levels import with_levels_by_referral
from steps_analysis.pathway.flow import flow
from steps_analysis.pathway.identities import broken_identities

__all__ = [
    "ArmFlow",
    "DeviationRule",
    "Flow",
    "broken_identities",
    "deviation_rules",
    "deviations",
    "flow",
    "screened_families",
    "with_levels_by_referral",
]
