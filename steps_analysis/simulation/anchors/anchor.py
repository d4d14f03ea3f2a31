"""What is an anchor, and how is it counted?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.simulation.choices import BoolArray, FloatArray
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.world import WORLD, World

Count = tuple[float, float]
Counter = Callable[[TrialArrays], Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """
    A figure that the world must give back.

    Attributes
    ----------
    says
        What it is, in a phrase.
    mark
        Mark of its source.
    expected
        The figure.
    precision
        Half of its last printed digit, or as far as its words allow.
    counted
        What a drawn trial contributes: numerator and denominator.
    """

    says: str
    mark: str
    expected: float
    precision: float
    counted: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """
    A scenario and a world in which some anchors can be seen.

    Attributes
    ----------
    says
        What is particular about it.
    anchors
        The anchors.
    scenario
        Name of the scenario.
    world
        The world.
    n
        Families to recruit.
    """

    says: str
    anchors: tuple[Anchor, ...]
    scenario: str = "null"
    world: World = WORLD
    n: int = 80


def share(is_so: BoolArray, among: BoolArray) -> Count:
    """
    Count those of whom something is so, among some.

    Parameters
    ----------
    is_so
        Of whom it is so.
    among
        Who is counted, of the same shape.

    Returns
    -------
    tuple of float
        Numerator and denominator.
    """
    return float(np.sum(is_so & among)), float(np.sum(among))


def mean(values: FloatArray) -> Count:
    """
    Add up the values that are known.

    Parameters
    ----------
    values
        Values, NaN where unknown.

    Returns
    -------
    tuple of float
        Their sum and their number.
    """
    known = values[~np.isnan(values)]
    return float(known.sum()), float(len(known))
