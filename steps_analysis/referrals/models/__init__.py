"""
Models of referral counts: shrunken rates, volumes, and series that a forum interrupts.

`shrunken_rates` pulls uncertain rates towards the common one, `volume_model` relates
counts to season, source and place, `interrupted_series` asks what changed where a forum
began, and `common_effect` averages effects that may differ between places. More
referrals may mean better identification, in every one of them.
"""

from steps_analysis.referrals.models.common_effect import CommonEffect, common_effect
from steps_analysis.referrals.models.interrupted import (
    InterruptedSeries,
    interrupted_series,
)
from steps_analysis.referrals.models.seasons import Season, seasonal_columns
from steps_analysis.referrals.models.shrunken import ShrunkenRates, shrunken_rates
from steps_analysis.referrals.models.volume import volume_model
from steps_analysis.referrals.models.volume_fit import VolumeFit

__all__ = [
    "CommonEffect",
    "InterruptedSeries",
    "Season",
    "ShrunkenRates",
    "VolumeFit",
    "common_effect",
    "interrupted_series",
    "seasonal_columns",
    "shrunken_rates",
    "volume_model",
]
