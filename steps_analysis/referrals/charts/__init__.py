"""
Did the number of referrals change over time, or is it chance.

`suited_chart` says which chart suits a volume: `control_chart` (XmR), `count_chart` (c,
u and Laney's u'), `time_between_chart` and `number_between_chart` (T and G),
`cusum_chart`, `ewma_chart`, `farrington_limits`. All end in a `ChartedSeries`. No
direction is called better: more referrals may mean better identification.
"""

from steps_analysis.referrals.charts.charted_series import ChartedSeries
from steps_analysis.referrals.charts.count_charts import count_chart
from steps_analysis.referrals.charts.cumulative_sums import cusum_chart
from steps_analysis.referrals.charts.individuals import control_chart
from steps_analysis.referrals.charts.moving_averages import (
    ewma_chart,
    ewma_run_length,
)
from steps_analysis.referrals.charts.outbreaks import farrington_limits
from steps_analysis.referrals.charts.rare_events import (
    number_between_chart,
    time_between_chart,
)
from steps_analysis.referrals.charts.run_lengths import (
    CusumDesign,
    cusum_design,
    cusum_run_length,
)
from steps_analysis.referrals.charts.signals import HIGH_FLAGS, LOW_FLAGS
from steps_analysis.referrals.charts.suiting import ChartChoice, suited_chart

__all__ = [
    "HIGH_FLAGS",
    "LOW_FLAGS",
    "ChartChoice",
    "ChartedSeries",
    "CusumDesign",
    "control_chart",
    "count_chart",
    "cusum_chart",
    "cusum_design",
    "cusum_run_length",
    "ewma_chart",
    "ewma_run_length",
    "farrington_limits",
    "number_between_chart",
    "suited_chart",
    "time_between_chart",
]
