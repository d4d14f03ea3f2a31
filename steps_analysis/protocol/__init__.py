"""
Say what a trial's protocol says.

A protocol is one TOML file with every public fact of a trial, each with the mark of
its source, read into frozen values. STEPS-B ships with the package; any other
multi-site trial is another file. The allocation key is never in it.
"""

from steps_analysis.protocol.consistency import mark_of
from steps_analysis.protocol.forum import Forum
from steps_analysis.protocol.labels import in_sentence
from steps_analysis.protocol.loader import (
    is_shipped,
    line_of,
    load_protocol,
    parse_protocol,
    unmarked,
)
from steps_analysis.protocol.model import Analysis, Conflict, Disclosure, Protocol
from steps_analysis.protocol.months import DAYS_PER_MONTH, days_in
from steps_analysis.protocol.questions import (
    Criterion,
    Estimand,
    IntercurrentEvent,
    Outcome,
)
from steps_analysis.protocol.trial_facts import (
    Arm,
    Eligibility,
    EligibilityRule,
    Factor,
    Score,
    Sites,
    TrialFacts,
    Visits,
)

__all__ = [
    "DAYS_PER_MONTH",
    "Analysis",
    "Arm",
    "Conflict",
    "Criterion",
    "Disclosure",
    "Eligibility",
    "EligibilityRule",
    "Estimand",
    "Factor",
    "Forum",
    "IntercurrentEvent",
    "Outcome",
    "Protocol",
    "Score",
    "Sites",
    "TrialFacts",
    "Visits",
    "days_in",
    "in_sentence",
    "is_shipped",
    "line_of",
    "load_protocol",
    "mark_of",
    "parse_protocol",
    "unmarked",
]
