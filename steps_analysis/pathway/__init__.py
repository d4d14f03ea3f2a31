"""
Follow families from referral to analysis.

Who may join the trial and who is sent where, rule by rule; and the flow of a trial by
CONSORT 2025, which reconciles or refuses.
"""

from steps_analysis.pathway.assessment import (
    AssessmentPlan,
    AssessmentReport,
    Recommendation,
    plan_assessment,
)
from steps_analysis.pathway.boxes import ArmFlow, Flow, broken_identities
from steps_analysis.pathway.flow import flow, screened_families
from steps_analysis.pathway.next_step import NextRoute, next_route
from steps_analysis.pathway.routes import routes
from steps_analysis.pathway.screening import Screening, Verdict
from steps_analysis.pathway.stepping_stones import screen_stepping_stones
from steps_analysis.pathway.trial_eligibility import screen_trial

__all__ = [
    "ArmFlow",
    "AssessmentPlan",
    "AssessmentReport",
    "Flow",
    "NextRoute",
    "Recommendation",
    "Screening",
    "Verdict",
    "broken_identities",
    "flow",
    "next_route",
    "plan_assessment",
    "routes",
    "screen_stepping_stones",
    "screen_trial",
    "screened_families",
]
