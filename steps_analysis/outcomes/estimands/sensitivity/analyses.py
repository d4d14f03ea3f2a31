"""Which sensitivity analyses does an estimand ask for, and what do they give?"""

from __future__ import annotations

from collections.abc import Callable

from steps_analysis.outcomes.estimands.answering import answer
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.censoring_weighted import (
    censoring_weighted,
)
from steps_analysis.outcomes.estimands.sensitivity.detection import detection
from steps_analysis.outcomes.estimands.sensitivity.imputed import imputed, shifted
from steps_analysis.outcomes.estimands.sensitivity.missing_extremes import (
    missing_extremes,
)
from steps_analysis.outcomes.estimands.sensitivity.priors import priors
from steps_analysis.outcomes.estimands.sensitivity.starters import started
from steps_analysis.outcomes.estimands.sensitivity.variation import Sensitivity
from steps_analysis.outcomes.estimands.sensitivity.waiting_times import waiting_times
from steps_analysis.trial_data import TrialData

_ANALYSES: dict[str, Callable[[TrialData, Answer], Sensitivity]] = {
    "censoring_weighted": censoring_weighted,
    "detection": detection,
    "imputed": imputed,
    "missing_extremes": missing_extremes,
    "priors": priors,
    "shifted": shifted,
    "started": started,
    "waiting_times": waiting_times,
}


def sensitivity_analyses(trial: TrialData, estimand: str) -> tuple[Sensitivity, ...]:
    """
    Carry out the sensitivity analyses that the protocol plans for an estimand.

    Parameters
    ----------
    trial
        The trial.
    estimand
        Code of an estimand.

    Returns
    -------
    tuple of Sensitivity
        One for each name in `Estimand.sensitivity`, in that order; those whose table
        is absent or closed to the reader's role are left out.

    Raises
    ------
    KeyError
        If the protocol has no such estimand.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> trial = draw_trial(load_protocol(), "null", n=40, seed=1)
    >>> [found.name for found in sensitivity_analyses(trial, "E3")]
    ['waiting_times', 'censoring_weighted']
    """
    asked = trial.protocol.estimand(estimand)
    if not asked.sensitivity:
        return ()
    known = answer(trial, estimand)
    return tuple(
        _ANALYSES[name](trial, known)
        for name in asked.sensitivity
        if not (name == "started" and trial.treatment is None)
    )
