"""
How many children were referred, from where, and whether chance explains it.

Count (`volumes`, `exposure`), relate (`rate`, `rates`, `standardised_ratio`,
`directly_standardised_rate`), compare without ranking (`funnel`, `proportion_funnel`),
follow over time (`suited_chart` names the chart),
model (`shrunken_rates`, `volume_model`, `interrupted_series`).
A referral here is an identification, eligible for the trial or not; more referrals may
mean better identification, never simply more harm.
"""

from steps_analysis.referrals.charts import (
    HIGH_FLAGS,
    LOW_FLAGS,
    ChartChoice,
    ChartedSeries,
    CusumDesign,
    control_chart,
    count_chart,
    cusum_chart,
    cusum_design,
    cusum_run_length,
    ewma_chart,
    ewma_run_length,
    farrington_limits,
    number_between_chart,
    suited_chart,
    time_between_chart,
)
from steps_analysis.referrals.count_limits import count_limits, funnel_limits
from steps_analysis.referrals.counting import exposure, volumes
from steps_analysis.referrals.crude_rates import rate, rates
from steps_analysis.referrals.funnel_frames import Funnel
from steps_analysis.referrals.funnels import funnel, proportion_funnel
from steps_analysis.referrals.models import (
    InterruptedSeries,
    Season,
    ShrunkenRates,
    VolumeFit,
    interrupted_series,
    shrunken_rates,
    volume_model,
)
from steps_analysis.referrals.overdispersion import (
    Dispersion,
    dispersed_limits,
    dispersion,
)
from steps_analysis.referrals.referral_data import ReferralData
from steps_analysis.referrals.standardisation import (
    directly_standardised_rate,
    standardised_ratio,
)

__all__ = [
    "HIGH_FLAGS",
    "LOW_FLAGS",
    "ChartChoice",
    "ChartedSeries",
    "CusumDesign",
    "Dispersion",
    "Funnel",
    "InterruptedSeries",
    "ReferralData",
    "Season",
    "ShrunkenRates",
    "VolumeFit",
    "control_chart",
    "count_chart",
    "count_limits",
    "cusum_chart",
    "cusum_design",
    "cusum_run_length",
    "directly_standardised_rate",
    "dispersed_limits",
    "dispersion",
    "ewma_chart",
    "ewma_run_length",
    "exposure",
    "farrington_limits",
    "funnel",
    "funnel_limits",
    "interrupted_series",
    "number_between_chart",
    "proportion_funnel",
    "rate",
    "rates",
    "shrunken_rates",
    "standardised_ratio",
    "suited_chart",
    "time_between_chart",
    "volume_model",
    "volumes",
]
