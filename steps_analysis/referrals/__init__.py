"""
How many children were referred, from where, and whether chance explains it.

Count (`volumes`, `exposure`), relate (`rate`, `rates`, `standardised_ratio`,
`directly_standardised_rate`), compare without ranking (`funnel`, `proportion_funnel`),
follow over time (`suited_chart` names the chart),
model (`shrunken_rates`, `volume_model`, `interrupted_series`).
A referral here is an identification, eligible for the trial or not; more referrals may
mean better identification, never simply more harm. Ahead: will recruitment reach its
target (`recruitment_forecast`), is there room (`caseload`, `forum_load`), and how long
is the wait (`median_wait`).
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
from steps_analysis.referrals.means import mean_interval
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
from steps_analysis.referrals.recruitment.caseload import (
    Caseload,
    caseload,
    caseload_capacity,
)
from steps_analysis.referrals.recruitment.forecast import (
    RecruitmentForecast,
    recruitment_forecast,
)
from steps_analysis.referrals.recruitment.forum_load import ForumLoad, forum_load
from steps_analysis.referrals.recruitment.site_rates import (
    RecruitmentRates,
    recruitment_rates,
)
from steps_analysis.referrals.recruitment.trial_sites import (
    RecruitmentData,
    site_recruitment,
    trial_recruitment_forecast,
)
from steps_analysis.referrals.recruitment.waits import median_wait
from steps_analysis.referrals.referral_data import ReferralData
from steps_analysis.referrals.standardisation import (
    directly_standardised_rate,
    standardised_ratio,
)

__all__ = [
    "HIGH_FLAGS",
    "LOW_FLAGS",
    "Caseload",
    "ChartChoice",
    "ChartedSeries",
    "CusumDesign",
    "Dispersion",
    "ForumLoad",
    "Funnel",
    "InterruptedSeries",
    "RecruitmentData",
    "RecruitmentForecast",
    "RecruitmentRates",
    "ReferralData",
    "Season",
    "ShrunkenRates",
    "VolumeFit",
    "caseload",
    "caseload_capacity",
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
    "forum_load",
    "funnel",
    "funnel_limits",
    "interrupted_series",
    "mean_interval",
    "median_wait",
    "number_between_chart",
    "proportion_funnel",
    "rate",
    "rates",
    "recruitment_forecast",
    "recruitment_rates",
    "shrunken_rates",
    "site_recruitment",
    "standardised_ratio",
    "suited_chart",
    "time_between_chart",
    "trial_recruitment_forecast",
    "volume_model",
    "volumes",
]
