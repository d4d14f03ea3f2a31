"""
Follow families from referral to analysis.

The flow of a trial by CONSORT 2025, which reconciles or refuses; the diary of the
forum; the follow-up visits; and what a research assistant must ask about.
"""

from steps_analysis.pathway.boxes import ArmFlow, Flow, broken_identities
from steps_analysis.pathway.data_queries import data_queries, unasked_queries
from steps_analysis.pathway.flow import flow, screened_families
from steps_analysis.pathway.forum import ForumDiary, forum_diary
from steps_analysis.pathway.screening_log import screening_log
from steps_analysis.pathway.visits import retention, visit_schedule

__all__ = [
    "ArmFlow",
    "Flow",
    "ForumDiary",
    "broken_identities",
    "data_queries",
    "flow",
    "forum_diary",
    "retention",
    "screened_families",
    "screening_log",
    "unasked_queries",
    "visit_schedule",
]
