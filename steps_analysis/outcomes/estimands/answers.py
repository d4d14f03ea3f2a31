"""What the analysis of one estimand gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from steps_analysis.estimates import Curve, Estimate, FloatArray, TestResult
from steps_analysis.protocol import Estimand, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """
    One arm's part of an answer.

    Attributes
    ----------
    arm
        Its code.
    randomised
        How many families were allocated to it.
    analysed
        How many the analysis used.
    events
        How many of those had the outcome; None for a score.
    summary
        The arm's own risk, incidence, mean or rate.
    """

    arm: str
    randomised: int
    analysed: int
    events: int | None
    summary: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What the trial says about one estimand.

    Attributes
    ----------
    estimand, outcome
        What was asked.
    status
        Who was analysed: see `steps_analysis.outcomes.analysis_status`.
    allocated
        Everybody's allocated arm, in the order of `status`.
    arms
        Each arm's part, treatment first.
    effect
        The estimand's own contrast of the arms, treatment minus control.
    relative
        The same contrast as ratios.
    beside
        Sensitivity analyses of the effect, each named by its `method`.
    tests
        Tests of no effect, read after the interval.
    incidence, survival
        Arm code to curve, where the outcome is a time.
    mean_events
        Arm code to the mean number of events, where the outcome can happen again.
    follow_up
        Arm code to the participants' days at risk, where the outcome is a time.
    adjusted_for
        The factors the effect is adjusted for in the end.
    notes
        What was done that a reader must know, in sentences.
    """

    estimand: Estimand
    outcome: Outcome
    status: pd.DataFrame = field(repr=False)
    allocated: pd.Series[str] = field(repr=False)
    arms: tuple[ArmSummary, ...]
    effect: Estimate
    relative: tuple[Estimate, ...] = ()
    beside: tuple[Estimate, ...] = ()
    tests: tuple[TestResult, ...] = ()
    incidence: Mapping[str, Curve] = field(default_factory=dict, repr=False)
    survival: Mapping[str, Curve] = field(default_factory=dict, repr=False)
    mean_events: Mapping[str, Curve] = field(default_factory=dict, repr=False)
    follow_up: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)
    adjusted_for: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
