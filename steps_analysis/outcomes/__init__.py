"""
What happened to the participants, and did the arms differ?

Statistics of arrays (or of a formula and its table): proportions and two-by-two tables,
standardised risks, survival, competing risks, the Cox model. Each returns an
`Estimate`, a `TestResult` or a `Curve`, and says why where there is no number.
"""

from __future__ import annotations

from steps_analysis.outcomes.binary.compliers import complier_average_effect
from steps_analysis.outcomes.binary.exact_tests import exact_test
from steps_analysis.outcomes.binary.firth import (
    firth_logistic,
    flac_logistic,
    flic_logistic,
)
from steps_analysis.outcomes.binary.homogeneity import (
    breslow_day,
    cochran_mantel_haenszel,
)
from steps_analysis.outcomes.binary.logistic_fit import LogisticFit
from steps_analysis.outcomes.binary.mantel_haenszel import mantel_haenszel
from steps_analysis.outcomes.binary.median_bias import median_unbiased_logistic
from steps_analysis.outcomes.binary.proportions import proportion_interval
from steps_analysis.outcomes.binary.rates import exact_rate, exact_rate_ratio
from steps_analysis.outcomes.binary.risk_fit import RiskFit
from steps_analysis.outcomes.binary.risk_models import (
    identity_binomial,
    linear_probability,
    modified_poisson,
)
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
    "CoxFit",
    "LogisticFit",
    "RiskFit",
    "analysis_status",
    "answer",
    "breslow_day",
    "cochran_mantel_haenszel",
    "complier_average_effect",
    "complier_placement",
    "cox",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "exact_rate",
    "exact_rate_ratio",
    "exact_test",
    "firth_logistic",
    "flac_logistic",
    "flic_logistic",
    "identity_binomial",
    "kaplan_meier",
    "linear_probability",
    "log_rank",
    "mantel_haenszel",
    "median_unbiased_logistic",
    "modified_poisson",
    "numbers_at_risk",
    "odds_ratio",
    "primary_placement",
    "proportion_interval",
    "proven_reoffence",
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
]
