"""
What happened to the participants, and did the arms differ?

Statistics of arrays (or of a formula and its table): proportions and two-by-two tables,
standardised risks, survival, competing risks, the Cox model. Each returns an
`Estimate`, a `TestResult` or a `Curve`, and says why where there is no number.
"""

from __future__ import annotations

from steps_analysis.outcomes.binary.exact_tests import exact_test
from steps_analysis.outcomes.binary.proportions import proportion_interval
from steps_analysis.outcomes.binary.standardisation import (
    standardised_risk,
    standardised_risks,
)
from steps_analysis.outcomes.binary.two_by_two import (
    odds_ratio,
    risk_difference,
    risk_ratio,
)
from steps_analysis.outcomes.competing.incidence import (
    cumulative_incidence,
    cumulative_incidence_difference,
)
from steps_analysis.outcomes.estimands.answering import (
    answer,
    complier_placement,
    primary_placement,
    proven_reoffence,
    reported_recurrence,
    strengths_and_difficulties,
    unanswerable,
    unobserved,
)
from steps_analysis.outcomes.estimands.answers import Answer, ArmSummary
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.events.status import analysis_status
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.repeated.count_rates import count_rate_ratio
from steps_analysis.outcomes.repeated.ghosh_lin import ghosh_lin
from steps_analysis.outcomes.repeated.ghosh_lin_ratio import ghosh_lin_rate_ratio
from steps_analysis.outcomes.repeated.mean_difference import (
    mean_cumulative_difference,
    mean_cumulative_difference_at,
)
from steps_analysis.outcomes.repeated.mean_function import mean_cumulative_function
from steps_analysis.outcomes.repeated.pseudo_score import mean_cumulative_test
from steps_analysis.outcomes.repeated.rate_ratios import recurrent_rate_ratio
from steps_analysis.outcomes.repeated.recurrent_fit import AverageEffect, RecurrentFit
from steps_analysis.outcomes.repeated.while_alive import (
    while_alive_rate,
    while_alive_rate_ratio,
)
from steps_analysis.outcomes.scores.strengths_difficulties import score_sdq
from steps_analysis.outcomes.survival.kaplan_meier import (
    kaplan_meier,
    numbers_at_risk,
    survival_quantile,
)
from steps_analysis.outcomes.survival.log_rank import log_rank
from steps_analysis.outcomes.survival.survival_contrasts import (
    risk_ratio_at,
    survival_difference,
    survival_difference_test,
)

__all__ = [
    "Answer",
    "ArmSummary",
    "AverageEffect",
    "CoxFit",
    "RecurrentFit",
    "analysis_status",
    "answer",
    "complier_placement",
    "count_rate_ratio",
    "cox",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "exact_test",
    "ghosh_lin",
    "ghosh_lin_rate_ratio",
    "kaplan_meier",
    "log_rank",
    "mean_cumulative_difference",
    "mean_cumulative_difference_at",
    "mean_cumulative_function",
    "mean_cumulative_test",
    "numbers_at_risk",
    "odds_ratio",
    "primary_placement",
    "proportion_interval",
    "proven_reoffence",
    "recurrent_rate_ratio",
    "reported_recurrence",
    "risk_difference",
    "risk_ratio",
    "risk_ratio_at",
    "score_sdq",
    "spells",
    "standardised_risk",
    "standardised_risks",
    "strengths_and_difficulties",
    "survival_difference",
    "survival_difference_test",
    "survival_quantile",
    "unanswerable",
    "unobserved",
    "while_alive_rate",
    "while_alive_rate_ratio",
]
