"""Among which participants is an anchor counted?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steps_analysis.simulation.choices import BoolArray
from steps_analysis.simulation.draw import TrialArrays

Group = Callable[[TrialArrays], BoolArray]


def everybody(one: TrialArrays) -> BoolArray:
    """
    Take all participants.

    Parameters
    ----------
    one
        A drawn trial.

    Returns
    -------
    numpy.ndarray
        Truth values, one per participant.
    """
    return np.ones(len(one.treated), dtype=bool)


def at_home(one: TrialArrays) -> BoolArray:
    """
    Take those who lived at home when they were randomised.

    Parameters
    ----------
    one
        A drawn trial.

    Returns
    -------
    numpy.ndarray
        Truth values, one per participant.
    """
    return np.logical_not(one.placed)


def treated(one: TrialArrays) -> BoolArray:
    """
    Take the treatment arm.

    Parameters
    ----------
    one
        A drawn trial.

    Returns
    -------
    numpy.ndarray
        Truth values, one per participant.
    """
    return one.treated


def untreated(one: TrialArrays) -> BoolArray:
    """
    Take the control arm.

    Parameters
    ----------
    one
        A drawn trial.

    Returns
    -------
    numpy.ndarray
        Truth values, one per participant.
    """
    return np.logical_not(one.treated)


def treated_at_home(one: TrialArrays) -> BoolArray:
    """
    Take those of the treatment arm who lived at home then.

    Parameters
    ----------
    one
        A drawn trial.

    Returns
    -------
    numpy.ndarray
        Truth values, one per participant.
    """
    return np.logical_and(one.treated, at_home(one))
