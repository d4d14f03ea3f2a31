"""
Follow families from referral to analysis.

The flow of a trial by CONSORT 2025, which reconciles or refuses.
"""

from steps_analysis.pathway.boxes import ArmFlow, Flow, broken_identities
from steps_analysis.pathway.enrolment import screened_families
from steps_analysis.pathway.flow import flow

__all__ = ["ArmFlow", "Flow", "broken_identities", "flow", "screened_families"]
