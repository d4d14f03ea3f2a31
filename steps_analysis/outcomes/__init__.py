"""
What happened to the participants, and did the arms differ?

Statistics of arrays (or of a formula and its table): proportions and two-by-two tables,
standardised risks, survival, competing risks, the Cox model. Each returns an
`Estimate`, a `TestResult` or a `Curve`, and says why where there is no number.
"""

from __future__ import annotations

from steps_analysis.outcomes.bayesian.beta_binomial import (
    RiskComparison,
    beta_binomial,
)
from steps_analysis.outcomes.bayesian.mixture_prior import (
    MixturePosterior,
    robust_mixture_prior,
)
from steps_analysis.outcomes.bayesian.predictive_success import predictive_success
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
from steps_analysis.outcomes.costs.cost_difference import (
    cost_difference,
    cost_difference_by_sector,
)
from steps_analysis.outcomes.costs.cost_effectiveness import (
    CostEffectiveness,
    acceptability_curve,
    cost_effectiveness,
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
from steps_analysis.outcomes.missing_data.delta_adjustment import (
    delta_adjustment,
    tipping_delta,
)
from steps_analysis.outcomes.missing_data.imputation import Imputations, impute_by_arm
from steps_analysis.outcomes.missing_data.pooling import (
    PooledVariance,
    pool_imputations,
    rubin_rules,
)
from steps_analysis.outcomes.missing_data.tipping_point import (
    TippingPoint,
    extreme_cases,
    tipping_point,
)
from steps_analysis.outcomes.scores.analysis_of_covariance import ancova
from steps_analysis.outcomes.scores.effect_size import hedges_g
from steps_analysis.outcomes.scores.gee import gee
from steps_analysis.outcomes.scores.model_fit import ModelFit
from steps_analysis.outcomes.scores.partially_nested import (
    PartiallyNested,
    partially_nested_difference,
)
from steps_analysis.outcomes.scores.random_intercept import random_intercept_logistic
from steps_analysis.outcomes.scores.repeated_scores import (
    RepeatedScores,
    repeated_scores,
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
    "CostEffectiveness",
    "CoxFit",
    "Imputations",
    "MixturePosterior",
    "ModelFit",
    "PartiallyNested",
    "PooledVariance",
    "RepeatedScores",
    "RiskComparison",
    "TippingPoint",
    "acceptability_curve",
    "analysis_status",
    "ancova",
    "answer",
    "beta_binomial",
    "complier_placement",
    "cost_difference",
    "cost_difference_by_sector",
    "cost_effectiveness",
    "cox",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "delta_adjustment",
    "exact_test",
    "extreme_cases",
    "gee",
    "hedges_g",
    "impute_by_arm",
    "kaplan_meier",
    "log_rank",
    "numbers_at_risk",
    "odds_ratio",
    "partially_nested_difference",
    "pool_imputations",
    "predictive_success",
    "primary_placement",
    "proportion_interval",
    "proven_reoffence",
    "random_intercept_logistic",
    "repeated_scores",
    "reported_recurrence",
    "risk_difference",
    "risk_ratio",
    "risk_ratio_at",
    "robust_mixture_prior",
    "rubin_rules",
    "score_sdq",
    "spells",
    "standardised_risk",
    "standardised_risks",
    "strengths_and_difficulties",
    "survival_difference",
    "survival_difference_test",
    "survival_quantile",
    "tipping_delta",
    "tipping_point",
    "unanswerable",
    "unobserved",
]
