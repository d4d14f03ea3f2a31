"""Who stays in contact, who comes to which visit, and what do the scales say?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import Score, Visits, days_in
from steps_analysis.simulation.choices import (
    BoolArray,
    FloatArray,
    TextArray,
    is_given,
    shifted_risk,
    whole_days,
)
from steps_analysis.simulation.dependence import linked_uniform
from steps_analysis.simulation.questionnaires import answered_sdq
from steps_analysis.simulation.scenario import Scenario
from steps_analysis.simulation.world import World

FULL_EFFECT_MONTHS = 8
FIRST_MISSING = 0.02  # of visits at randomisation


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


def waiting_months(uniform: FloatArray, risk: float, horizon: float) -> FloatArray:
    """
    Give exponential waiting times with a given risk by a horizon.

    Parameters
    ----------
    uniform
        Uniform numbers, the smaller the sooner, shape (n,).
    risk
        Chance of the event by the horizon, in [0, 1).
    horizon
        The horizon.

    Returns
    -------
    numpy.ndarray
        Times in the horizon's unit, shape (n,); infinite where the risk is 0.

    Examples
    --------
    >>> waiting_months(np.array([0.1, 0.2]), 0.1, 20.0).round(1).tolist()
    [20.0, 42.4]
    """
    if risk == 0:
        return np.full(len(uniform), np.inf)
    return np.asarray(-np.log1p(-uniform) * (horizon / -np.log1p(-risk)))


def draw_contact(
    rng: np.random.Generator, treated: BoolArray, need: FloatArray, *, world: World
) -> ContactDraw:
    """
    Draw when contact, data or the child are lost.

    Parameters
    ----------
    rng
        Where the numbers come from.
    treated
        Whether allocated to the treatment under test, shape (n,).
    need
        Each child's need, shape (n,): families of high need withdraw contact sooner.
    world
        The world's constants; `withdrawal_odds_ratio` acts in the treatment arm.

    Returns
    -------
    ContactDraw
        Days from randomisation.
    """
    n, horizon = len(need), world.horizon_months
    uniform = linked_uniform(rng, need, world.loading("withdrew_contact"))
    in_control = world.withdrew_contact_risk
    in_treatment = shifted_risk(in_control, world.withdrawal_odds_ratio)
    withdrew = np.where(
        treated,
        waiting_months(uniform, in_treatment, horizon),
        waiting_months(uniform, in_control, horizon),
    )
    others = (world.withdrew_data_risk, world.moved_risk, world.died_risk)
    data, moved, died = (
        whole_days(waiting_months(rng.random(n), risk, horizon)) for risk in others
    )
    return ContactDraw(
        withdrew_contact=whole_days(withdrew),
        withdrew_data=data,
        moved=moved,
        died=died,
    )


def draw_visits(
    rng: np.random.Generator,
    treated: BoolArray,
    need: FloatArray,
    contact: ContactDraw,
    visits: Visits,
    *,
    gain: FloatArray,
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
    need
        Each child's need, shape (n,).
    contact
        When contact is lost.
    visits
        The protocol's visits.
    gain
        What treatment and therapist make each child's scales better by from 8 months
        on, in standard deviations, shape (n,).
    world
        The world's constants.

    Returns
    -------
    VisitDraw
        Days from randomisation, and scores.

    Notes
    -----
    The chance of a missed visit rises in a line from 2 % at randomisation to
    `visit_missing_risk` at the horizon. It is higher where need is, and so are the
    scales: missingness is informative, alike in both arms unless `missing_odds_ratio`
    says otherwise.
    """
    due = np.array([days_in(month) for month in visits.months], dtype=np.float64)
    window = 7.0 * visits.window_weeks
    late = np.clip(rng.normal(0, window / 3, (len(need), len(due))), -window, window)
    done = np.maximum(due + np.round(late), 0)
    missed = _missed(rng, treated, need, visits, world)
    missed |= done >= contact.contact_end[:, None]
    part = np.minimum(np.array(visits.months, dtype=np.float64) / FULL_EFFECT_MONTHS, 1)
    better = gain[:, None] * part
    scores = {
        score.name: _scores(rng, need, better, visits.months, score, world)
        for score in visits.scores
    }
    filled = {**scores, **_answered(rng, scores, world)}
    return VisitDraw(
        due=due,
        completed=np.where(missed, np.nan, done),
        scores={name: np.where(missed, np.nan, filled[name]) for name in scores},
    )


def scale_gain(
    exposed: BoolArray,
    therapist: TextArray,
    rng: np.random.Generator,
    *,
    scenario: Scenario,
    world: World,
) -> FloatArray:
    """
    Give what treatment and therapist make each child's scales better by.

    Parameters
    ----------
    exposed
        Whom the scenario's effects reach, shape (n,).
    therapist
        Codes, None without a therapist, shape (n,).
    rng
        Where the therapists' effects come from.
    scenario
        How the treatment acts.
    world
        The world's constants; `therapist_icc` is 0 by default.

    Returns
    -------
    numpy.ndarray
        Standard deviations, shape (n,); a therapist's effect reaches those exposed who
        have one.
    """
    names, place = np.unique(therapist.astype(str), return_inverse=True)
    icc = world.therapist_icc
    of_therapist = rng.standard_normal(len(names)) * np.sqrt(icc / (1 - icc))
    seen = np.where(is_given(therapist), of_therapist[place], 0.0)
    return np.where(exposed, scenario.score_effect + seen, 0.0)


def _missed(
    rng: np.random.Generator,
    treated: BoolArray,
    need: FloatArray,
    visits: Visits,
    world: World,
) -> BoolArray:
    """Draw which visits are missed by families still in contact."""
    months = np.array(visits.months, dtype=np.float64)
    part = np.minimum(months / world.horizon_months, 1.5)
    rising = FIRST_MISSING + (world.visit_missing_risk - FIRST_MISSING) * part
    risks = np.clip(rising, 0.0, 0.999)
    moved = [shifted_risk(float(risk), world.missing_odds_ratio) for risk in risks]
    chance = np.where(treated[:, None], np.array(moved), risks)
    every = np.broadcast_to(need[:, None], chance.shape)
    return np.asarray(
        linked_uniform(rng, every, world.loading("missed_visit")) < chance
    )


def _scores(
    rng: np.random.Generator,
    need: FloatArray,
    better: FloatArray,
    months: tuple[int, ...],
    score: Score,
    world: World,
) -> FloatArray:
    """Draw one scale at every visit; some questionnaires are missing."""
    shape, span = better.shape, score.maximum - score.minimum
    loading = world.loading("score")
    own = rng.normal(size=(shape[0], 1)) * np.sqrt(1 - loading**2)
    child = (loading * need[:, None] + own) * np.sqrt(world.score_correlation)
    visit = rng.normal(size=shape) * np.sqrt(1 - world.score_correlation)
    part = np.minimum(np.array(months, dtype=np.float64) / world.horizon_months, 1)
    spread = world.score_sd * (child + visit - better)
    worse = world.score_mean + spread - world.score_drift * part
    place = worse if score.higher_is == "worse" else 1 - worse
    value = np.clip(np.round(place * span), 0, np.floor(span)) + score.minimum
    missing = rng.random(shape) < world.score_missing_share
    return np.where(missing, np.nan, value)


def _answered(
    rng: np.random.Generator, scores: dict[str, FloatArray], world: World
) -> dict[str, FloatArray]:
    """Fill in the Strengths and Difficulties sheets behind a total, where it is one."""
    total = scores.get("sdq_total")
    if total is None:
        return {}
    prosocial = scores.get("sdq_prosocial", np.full(total.shape, 5.0))
    scored = answered_sdq(
        rng, total.ravel(), prosocial.ravel(), missing=world.item_missing_share
    )
    return {
        f"sdq_{name}": values.to_numpy().reshape(total.shape)
        for name, values in scored.items()
    }
