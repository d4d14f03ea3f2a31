"""Who stays in contact, who comes to which visit, and what do the scales say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import Score, Visits, days_in
from steps_analysis.simulation.choices import (
    BoolArray,
    FloatArray,
    whole_days,
)
from steps_analysis.simulation.scenario import Scenario
from steps_analysis.simulation.world import World

FULL_EFFECT_MONTHS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraw:
    """
    When contact, data or the child are lost, in days from randomisation.

    Infinite where it never happens.

    Attributes
    ----------
    withdrew_contact, withdrew_data, moved, died
        Days, shape (n,).
    """

    withdrew_contact: FloatArray
    withdrew_data: FloatArray
    moved: FloatArray
    died: FloatArray

    @property
    def data_end(self) -> FloatArray:
        """Days until nothing more is recorded of the child."""
        return np.minimum(self.withdrew_data, self.died)

    @property
    def contact_end(self) -> FloatArray:
        """Days until the family is no longer seen."""
        kept = np.minimum(self.withdrew_contact, self.moved)
        return np.minimum(kept, self.data_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDraw:
    """
    Visits, in days from randomisation; one row per participant.

    Attributes
    ----------
    due
        Days until each visit is due, shape (v,).
    completed
        Days until it took place, NaN where it did not, shape (n, v).
    scores
        Scale to values, NaN where missing, shape (n, v) each.
    """

    due: FloatArray
    completed: FloatArray
    scores: dict[str, FloatArray]


def waiting_months(
    rng: np.random.Generator, risk: float, horizon: float, n: int
) -> FloatArray:
    """
    Draw exponential waiting times with a given risk by a horizon.

    Parameters
    ----------
    rng
        Where the numbers come from.
    risk
        Chance of the event by the horizon, in [0, 1).
    horizon
        The horizon.
    n
        How many.

    Returns
    -------
    numpy.ndarray
        Times in the horizon's unit, shape (n,); infinite where the risk is 0.
    """
    waits = rng.exponential(size=n)
    if risk == 0:
        return np.full(n, np.inf)
    return np.asarray(waits * (horizon / -np.log1p(-risk)))


def draw_contact(rng: np.random.Generator, n: int, *, world: World) -> ContactDraw:
    """
    Draw when contact, data or the child are lost.

    Parameters
    ----------
    rng
        Where the numbers come from.
    n
        How many participants.
    world
        The world's constants.

    Returns
    -------
    ContactDraw
        Days from randomisation.
    """

    def days(risk: float) -> FloatArray:
        return whole_days(waiting_months(rng, risk, world.horizon_months, n))

    return ContactDraw(
        withdrew_contact=days(world.withdrew_contact_risk),
        withdrew_data=days(world.withdrew_data_risk),
        moved=days(world.moved_risk),
        died=days(world.died_risk),
    )


def draw_visits(
    rng: np.random.Generator,
    treated: BoolArray,
    contact: ContactDraw,
    visits: Visits,
    *,
    scenario: Scenario,
    world: World,
) -> VisitDraw:
    """
    Draw the visits, and what the scales say at them.

    Parameters
    ----------
    rng
        Where the numbers come from.
    treated
        Whether allocated to the treatment under test, shape (n,).
    contact
        When contact is lost.
    visits
        The protocol's visits.
    scenario
        How the treatment acts on the scales.
    world
        The world's constants.

    Returns
    -------
    VisitDraw
        Days from randomisation, and scores.

    Notes
    -----
    The chance of a missed visit rises in a line from 2 % at randomisation to
    `visit_missing_risk` at the horizon; arms do not differ in it.
    """
    n, months = len(treated), np.array(visits.months, dtype=np.float64)
    due = np.array([days_in(month) for month in visits.months], dtype=np.float64)
    window = 7.0 * visits.window_weeks
    late = np.clip(rng.normal(0, window / 3, (n, len(due))), -window, window)
    done = np.maximum(due + np.round(late), 0)
    part = np.minimum(months / world.horizon_months, 1.5)
    missing = 0.02 + (world.visit_missing_risk - 0.02) * part
    missed = rng.random(done.shape) < missing
    missed |= done >= contact.contact_end[:, None]
    completed = np.where(missed, np.nan, done)
    scores = {
        score.name: np.where(
            missed,
            np.nan,
            _scores(rng, treated, months, score, scenario=scenario, world=world),
        )
        for score in visits.scores
    }
    return VisitDraw(due=due, completed=completed, scores=scores)


def _scores(
    rng: np.random.Generator,
    treated: BoolArray,
    months: FloatArray,
    score: Score,
    *,
    scenario: Scenario,
    world: World,
) -> FloatArray:
    """Draw one scale at every visit; some values are missing."""
    n, v = len(treated), len(months)
    span = score.maximum - score.minimum
    child = rng.normal(size=(n, 1)) * np.sqrt(world.score_correlation)
    visit = rng.normal(size=(n, v)) * np.sqrt(1 - world.score_correlation)
    drift = world.score_drift * np.minimum(months / world.horizon_months, 1)
    gain = scenario.score_effect * world.score_sd
    gained = gain * treated[:, None] * np.minimum(months / FULL_EFFECT_MONTHS, 1)
    worse = world.score_mean + world.score_sd * (child + visit) - drift - gained
    part = worse if score.higher_is == "worse" else 1 - worse
    value = np.clip(np.round(part * span), 0, np.floor(span)) + score.minimum
    missing = rng.random((n, v)) < world.score_missing_share
    return np.where(missing, np.nan, value)
