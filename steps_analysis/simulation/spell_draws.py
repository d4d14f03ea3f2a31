"""Who lives away from home, and in custody, and for how long?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.simulation.choices import BoolArray, shifted_risk, whole_days
from steps_analysis.simulation.event_rows import EventRows, event_rows
from steps_analysis.simulation.follow_up import waiting_months
from steps_analysis.simulation.scenario import Scenario
from steps_analysis.simulation.world import World


def draw_placed(
    rng: np.random.Generator, looked_after: npt.NDArray[np.generic], *, world: World
) -> BoolArray:
    """
    Draw who lives away from home at randomisation.

    Parameters
    ----------
    rng
        Where the numbers come from.
    looked_after
        1 for children looked after, else 0, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        True for those away, shape (n,).
    """
    share = np.array(world.placed_shares)[looked_after.astype(np.int64)]
    return np.asarray(rng.random(len(share)) < share)


def draw_placements(
    rng: np.random.Generator,
    treated: BoolArray,
    placed: BoolArray,
    *,
    scenario: Scenario,
    world: World,
) -> EventRows:
    """
    Draw spells of out-of-home placement of those living at home at randomisation.

    Parameters
    ----------
    rng
        Where the numbers come from.
    treated, placed
        Whether allocated to the treatment, and living away from home, shape (n,).
    scenario
        Its odds ratio acts on the risk by the horizon.
    world
        The world's constants.

    Returns
    -------
    EventRows
        One or two spells each; the first has a constant hazard.
    """
    n = len(treated)
    ratio = scenario.placement_odds_ratio
    hazard = [
        -np.log1p(-risk) / world.horizon_months
        for risk in (world.placement_risk, shifted_risk(world.placement_risk, ratio))
    ]
    waits = rng.exponential(size=(2, n))
    with np.errstate(divide="ignore"):
        first = waits[0] / np.where(treated, hazard[1], hazard[0])
    length, gap = rng.exponential(world.placement_months, (2, n))
    again = rng.random(n) < world.placement_again
    second_length = rng.exponential(world.placement_months, n)
    start = whole_days(np.where(placed, np.inf, first))
    stop = start + whole_days(length)
    start_again = np.where(again, stop + whole_days(gap), np.inf)
    both = np.concatenate([start, start_again])
    ends = np.concatenate([stop, start_again + whole_days(second_length)])
    who = np.tile(np.arange(n), 2)
    delay = np.floor(rng.random(2 * n) * 14)
    return event_rows(
        "placement", who, both, end=ends, recorded=both + delay, informant="record"
    )


def draw_custody(rng: np.random.Generator, n: int, *, world: World) -> EventRows:
    """
    Draw spells in custody, at most one each.

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
    EventRows
        Spells with their ends.
    """
    start = whole_days(waiting_months(rng, world.custody_risk, world.horizon_months, n))
    end = start + whole_days(rng.exponential(world.custody_months, n))
    return event_rows("custody", np.arange(n), start, end=end, informant="record")
