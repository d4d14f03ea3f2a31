"""
Follow families from referral to analysis.

Who may join the trial and who is sent where, rule by rule; the diary of the forum and
of the follow-up visits; the flow of a trial by CONSORT 2025, which reconciles or
refuses; what departed from the protocol, and what a research assistant must ask about.
"""

from steps_analysis.pathway.assessment import (
    AssessmentPlan,
    AssessmentReport,
    Recommendation,
    plan_assessment,
)
from steps_analysis.pathway.boxes import ArmFlow, Flow
from steps_analysis.pathway.data_queries import data_queries, unasked_queries
from steps_analysis.pathway.deviation_rules import DeviationRule
from steps_analysis.pathway.deviations import deviation_rules, deviations
from steps_analysis.pathway.enrolment import screened_families
from steps_analysis.pathway.factor_levels import with_levels_by_referral
from steps_analysis.pathway.flow import flow
from steps_analysis.pathway.forum import ForumDiary, forum_diary
from steps_analysis.pathway.identities import broken_identities
from steps_analysis.pathway.next_step import NextRoute, next_route
from steps_analysis.pathway.routes import routes
from steps_analysis.pathway.screening import Screening, Verdict
from steps_analysis.pathway.screening_log import screening_log
from steps_analysis.pathway.stepping_stones import screen_stepping_stones
from steps_analysis.pathway.trial_eligibility import screen_trial
from steps_analysis.pathway.visits import retention, visit_schedule

__all__ = [
    "ArmFlow",
    "AssessmentPlan",
    "AssessmentReport",
    "DeviationRule",
    "Flow",
    "ForumDiary",
    "NextRoute",
    "Recommendation",
    "Screening",
    "Verdict",
    "broken_identities",
    "data_queries",
    "deviation_rules",
    "deviations",
    "flow",
    "forum_diary",
    "next_route",
    "plan_assessment",
    "retention",
    "routes",
    "screen_stepping_stones",
    "screen_trial",
    "screened_families",
    "screening_log",
    "unasked_queries",
    "visit_schedule",
    "with_levels_by_referral",
]
