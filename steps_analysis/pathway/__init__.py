"""
Follow families from referral to analysis.

Who may join the trial and who is sent where, rule by rule; the diary of the forum and
of the follow-up visits; the flow of a trial by CONSORT 2025, which reconciles or
refuses; what departed from the protocol, and what a research assistant must ask about.
"""

from steps_analysis.pathway.deviations.deviations import deviation_rules, deviations
from steps_analysis.pathway.deviations.factor_levels import with_levels_by_referral
from steps_analysis.pathway.deviations.rule import DeviationRule
from steps_analysis.pathway.eligibility.screening import Screening, Verdict
from steps_analysis.pathway.eligibility.stepping_stones import screen_stepping_stones
from steps_analysis.pathway.eligibility.trial import screen_trial
from steps_analysis.pathway.flow.boxes import ArmFlow, Flow
from steps_analysis.pathway.flow.enrolment import screened_families
from steps_analysis.pathway.flow.flow import flow
from steps_analysis.pathway.flow.identities import broken_identities
from steps_analysis.pathway.flow.screening_log import screening_log
from steps_analysis.pathway.forum.diary import ForumDiary, forum_diary
from steps_analysis.pathway.queries.data_queries import data_queries, unasked_queries
from steps_analysis.pathway.routes.assessment import (
    AssessmentPlan,
    AssessmentReport,
    Recommendation,
    plan_assessment,
)
from steps_analysis.pathway.routes.next_step import NextRoute, next_route
from steps_analysis.pathway.routes.routes import routes
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
