"""
What happened to the participants, and did the arms differ?

Statistics of arrays (or of a formula and its table): proportions and two-by-two tables,
standardised risks, survival, competing risks, the Cox model. Each returns an
`Estimate`, a `TestResult` or a `Curve`, and says why where there is no number.
"""

from __future__ import annotations

from steps_analysis.outcomes.batched.trial_statistics import TrialStatistics
from steps_analysis.outcomes.batched.trials import analyse_trials
from steps_analysis.outcomes.bayesian.beta_binomial import RiskComparison, beta_binomial
from steps_analysis.outcomes.bayesian.mixture_prior import (
    MixturePosterior,
    robust_mixture_prior,
)
from steps_analysis.outcomes.bayesian.predictive_success import predictive_success
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
from steps_analysis.outcomes.competing.fine_gray import fine_gray
from steps_analysis.outcomes.competing.fine_gray_fit import FineGrayFit
from steps_analysis.outcomes.competing.gray import gray_test
from steps_analysis.outcomes.competing.incidence import cumulative_incidence
from steps_analysis.outcomes.competing.incidence_contrasts import (
    cumulative_incidence_difference,
    cumulative_incidence_ratio,
)
from steps_analysis.outcomes.competing.time_lost import (
    mean_time_lost,
    mean_time_lost_difference,
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
from steps_analysis.outcomes.estimands.planned import PlannedAnalysis, planned_analyses
from steps_analysis.outcomes.estimands.sensitivity.analyses import sensitivity_analyses
from steps_analysis.outcomes.estimands.sensitivity.leaving_out import leave_one_site_out
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.events.status import analysis_status
from steps_analysis.outcomes.events.visit_intervals import (
    event_intervals,
    score_intervals,
)
from steps_analysis.outcomes.hazards.adjusted_curves import predicted_survival
from steps_analysis.outcomes.hazards.adjusted_risks import (
    standardised_risk_at,
    standardised_risks_at,
)
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.frailty import gamma_frailty, gaussian_frailty
from steps_analysis.outcomes.hazards.frailty_fit import FrailtyFit
from steps_analysis.outcomes.hazards.proportional_hazards import (
    ProportionalHazardsTest,
    proportional_hazards_test,
)
from steps_analysis.outcomes.interval_censored.grouped_hazard import (
    GroupedHazardFit,
    grouped_hazard_ratio,
)
from steps_analysis.outcomes.interval_censored.interval_fit import IntervalFit
from steps_analysis.outcomes.interval_censored.interval_log_rank import (
    interval_log_rank,
)
from steps_analysis.outcomes.interval_censored.interval_parametric import (
    interval_parametric_survival,
)
from steps_analysis.outcomes.interval_censored.interval_regression import (
    interval_hazard_ratio,
    interval_regression,
)
from steps_analysis.outcomes.interval_censored.interval_survival import (
    IntervalSurvival,
    interval_survival,
)
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
from steps_analysis.outcomes.survival.adjusted_log_rank import (
    adjusted_hazard_ratio,
    adjusted_log_rank,
)
from steps_analysis.outcomes.survival.asymptotic_permutation import (
    asymptotic_permutation_log_rank,
)
from steps_analysis.outcomes.survival.cumulative_hazard import (
    cumulative_hazard,
    fleming_harrington,
)
from steps_analysis.outcomes.survival.event_weights import (
    ModestWeighting,
    event_weights,
)
from steps_analysis.outcomes.survival.kaplan_meier import (
    kaplan_meier,
    numbers_at_risk,
    survival_quantile,
)
from steps_analysis.outcomes.survival.log_rank import log_rank, modest_log_rank
from steps_analysis.outcomes.survival.log_rank_scores import log_rank_scores
from steps_analysis.outcomes.survival.max_combo import max_combo
from steps_analysis.outcomes.survival.mixture_cure import MixtureCureFit, mixture_cure
from steps_analysis.outcomes.survival.parametric_fit import ParametricFit
from steps_analysis.outcomes.survival.parametric_survival import parametric_survival
from steps_analysis.outcomes.survival.permutation_log_rank import permutation_log_rank
from steps_analysis.outcomes.survival.permutation_restricted_mean import (
    permutation_restricted_mean,
)
from steps_analysis.outcomes.survival.pseudo_values import pseudo_values
from steps_analysis.outcomes.survival.restricted_mean import (
    restricted_mean,
    restricted_means,
)
from steps_analysis.outcomes.survival.restricted_mean_model import (
    RestrictedMeanFit,
    restricted_mean_model,
)
from steps_analysis.outcomes.survival.survival_contrasts import (
    risk_ratio_at,
    survival_difference,
    survival_difference_test,
)
from steps_analysis.outcomes.survival.trend_log_rank import trend_log_rank

__all__ = [
    "Answer",
    "ArmSummary",
    "AverageEffect",
    "CostEffectiveness",
    "CoxFit",
    "FineGrayFit",
    "FrailtyFit",
    "GroupedHazardFit",
    "Imputations",
    "IntervalFit",
    "IntervalSurvival",
    "LogisticFit",
    "MixtureCureFit",
    "MixturePosterior",
    "ModelFit",
    "ModestWeighting",
    "ParametricFit",
    "PartiallyNested",
    "PlannedAnalysis",
    "PooledVariance",
    "ProportionalHazardsTest",
    "RecurrentFit",
    "RepeatedScores",
    "RestrictedMeanFit",
    "RiskComparison",
    "RiskFit",
    "Sensitivity",
    "TippingPoint",
    "TrialStatistics",
    "Variation",
    "acceptability_curve",
    "adjusted_hazard_ratio",
    "adjusted_log_rank",
    "analyse_trials",
    "analysis_status",
    "ancova",
    "answer",
    "asymptotic_permutation_log_rank",
    "beta_binomial",
    "breslow_day",
    "cochran_mantel_haenszel",
    "complier_average_effect",
    "complier_placement",
    "cost_difference",
    "cost_difference_by_sector",
    "cost_effectiveness",
    "count_rate_ratio",
    "cox",
    "cumulative_hazard",
    "cumulative_incidence",
    "cumulative_incidence_difference",
    "cumulative_incidence_ratio",
    "delta_adjustment",
    "event_intervals",
    "event_weights",
    "exact_rate",
    "exact_rate_ratio",
    "exact_test",
    "extreme_cases",
    "fine_gray",
    "firth_logistic",
    "flac_logistic",
    "fleming_harrington",
    "flic_logistic",
    "gamma_frailty",
    "gaussian_frailty",
    "gee",
    "ghosh_lin",
    "ghosh_lin_rate_ratio",
    "gray_test",
    "grouped_hazard_ratio",
    "hedges_g",
    "identity_binomial",
    "impute_by_arm",
    "interval_hazard_ratio",
    "interval_log_rank",
    "interval_parametric_survival",
    "interval_regression",
    "interval_survival",
    "kaplan_meier",
    "leave_one_site_out",
    "linear_probability",
    "log_rank",
    "log_rank_scores",
    "mantel_haenszel",
    "max_combo",
    "mean_cumulative_difference",
    "mean_cumulative_difference_at",
    "mean_cumulative_function",
    "mean_cumulative_test",
    "mean_time_lost",
    "mean_time_lost_difference",
    "median_unbiased_logistic",
    "mixture_cure",
    "modest_log_rank",
    "modified_poisson",
    "numbers_at_risk",
    "odds_ratio",
    "parametric_survival",
    "partially_nested_difference",
    "permutation_log_rank",
    "permutation_restricted_mean",
    "planned_analyses",
    "pool_imputations",
    "predicted_survival",
    "predictive_success",
    "primary_placement",
    "proportion_interval",
    "proportional_hazards_test",
    "proven_reoffence",
    "pseudo_values",
    "random_intercept_logistic",
    "recurrent_rate_ratio",
    "repeated_scores",
    "reported_recurrence",
    "restricted_mean",
    "restricted_mean_model",
    "restricted_means",
    "risk_difference",
    "risk_ratio",
    "risk_ratio_at",
    "robust_mixture_prior",
    "rubin_rules",
    "score_intervals",
    "score_sdq",
    "sensitivity_analyses",
    "spells",
    "standardised_risk",
    "standardised_risk_at",
    "standardised_risks",
    "standardised_risks_at",
    "strengths_and_difficulties",
    "survival_difference",
    "survival_difference_test",
    "survival_quantile",
    "tipping_delta",
    "tipping_point",
    "trend_log_rank",
    "unanswerable",
    "unobserved",
    "while_alive_rate",
    "while_alive_rate_ratio",
]
