"""Whom does the world act on after randomisation, and what does it know of them?"""

from __future__ import annotations

from dataclasses import dataclass

from steps_analysis.simulation.choices import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """
    The participants as the draws of their follow-up see them.

    Attributes
    ----------
    treated
        Whom the scenario's effects reach, shape (n,).
    need
        Each child's need, standard normal, shape (n,).
    placed
        Whether living away from home at randomisation, shape (n,).
    follow_up
        Days from randomisation to the extract date, shape (n,).
    adult_on
        Days from randomisation to the eighteenth birthday, shape (n,).
    referred_again
        Participants whose family is referred again after randomisation, and the day.
    """

    treated: BoolArray
    need: FloatArray
    placed: BoolArray
    follow_up: FloatArray
    adult_on: FloatArray
    referred_again: tuple[IntArray, FloatArray]
