"""Which figures of the scales and of treatment must the world give back?"""

from __future__ import annotations

from functools import partial

import numpy as np

from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.simulation.anchors.anchor import Anchor, Count, mean, share
from steps_analysis.simulation.anchors.groups import Group, everybody, treated
from steps_analysis.simulation.choices import FloatArray
from steps_analysis.simulation.draw import TrialArrays


def _total(one: TrialArrays, month: int) -> FloatArray:
    return one.visits.scores["sdq_total"][:, (0, 8, 14, 20).index(month)]


def _score(one: TrialArrays, *, month: int, among: Group) -> Count:
    return mean(_total(one, month)[among(one)])


def _score_variance(one: TrialArrays) -> Count:
    return mean((_total(one, 0) - 18.0) ** 2)


def _score_covariance(one: TrialArrays) -> Count:
    """Multiply what two visits depart from their means, in variances."""
    drift = 0.08 * 40 * 8 / 20
    return mean((_total(one, 0) - 18.0) * (_total(one, 8) - 18.0 + drift) / 36.0)


def _missing_at_20(one: TrialArrays) -> Count:
    return share(np.isnan(_total(one, 20)), everybody(one))


def _course(one: TrialArrays) -> Count:
    """Give the months of treatment of those who stayed to its end."""
    treatment = one.treatment
    stayed = (treatment.received == "mst_psb") & np.isnan(treatment.withdrew)
    return mean((treatment.end - treatment.start)[stayed] / DAYS_PER_MONTH)


SCORES = (
    Anchor(
        says="SDQ total at randomisation, points",
        mark="A",
        expected=18.0,
        precision=0.05,
        counted=partial(_score, month=0, among=everybody),
    ),
    Anchor(
        says="its variance (6 points squared)",
        mark="A",
        expected=36.0,
        precision=0.5,
        counted=_score_variance,
    ),
    Anchor(
        says="correlation of two visits",
        mark="A",
        expected=0.6,
        precision=0.01,
        counted=_score_covariance,
    ),
    Anchor(
        says="SDQ total at 20 months, points: 3.2 lower in both arms",
        mark="A",
        expected=14.8,
        precision=0.1,
        counted=partial(_score, month=20, among=everybody),
    ),
)
"""Anchors of the scales where nobody is lost."""

UNDER_TREATMENT = (
    Anchor(
        says="scales missing at 20 months (20 to 30 %)",
        mark="A",
        expected=0.25,
        precision=0.05,
        counted=_missing_at_20,
    ),
    Anchor(
        says="months of MST-PSB, of those who stayed (five to seven)",
        mark="P",
        expected=6.0,
        precision=0.05,
        counted=_course,
    ),
)
"""Anchors of what is missing, and of the length of treatment."""

BETTER = Anchor(
    says="SDQ total at 20 months, points, treatment arm: 0.3 SD better",
    mark="A",
    expected=13.0,
    precision=0.15,
    counted=partial(_score, month=20, among=treated),
)
"""What a modest effect must give."""
