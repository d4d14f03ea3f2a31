"""Who lives away from home, and in custody, and for how long?"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from steps_analysis.simulation.choices import (
    BoolArray,
    FloatArray,
    shifted_risk,
    whole_days,
)
from steps_analysis.simulation.dependence import linked_uniform, risk_among
from steps_analysis.simulation.event_rows import EventRows, event_rows
from steps_analysis.simulation.follow_up import waiting_months
from steps_analysis.simulation.reached import Reached
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
    rng: np.random.Generator, reached: Reached, *, scenario: Scenario, world: World
) -> EventRows:
    """
    Draw spells of out-of-home placement of those living at home at randomisation.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    scenario
        Its odds ratio acts on the risk by the horizon.
    world
        The world's constants.

    Returns
    -------
    EventRows
        One or two spells each; the first has a constant hazard.
    """
    n = len(reached.need)
    uniform = linked_uniform(rng, reached.need, world.loading("placement"))
    control, treatment = (
        waiting_months(uniform, _placement_risk(ratio, world), world.horizon_months)
        for ratio in (1.0, scenario.placement_odds_ratio)
    )
    first = np.where(reached.treated, treatment, control)
    length, gap = rng.exponential(world.placement_months, (2, n))
    again = rng.random(n) < world.placement_again
    second_length = rng.exponential(world.placement_months, n)
    start = whole_days(np.where(reached.placed, np.inf, first))
    stop = start + whole_days(length)
    start_again = np.where(again, stop + whole_days(gap), np.inf)
    both = np.concatenate([start, start_again])
    ends = np.concatenate([stop, start_again + whole_days(second_length)])
    who = np.tile(np.arange(n), 2)
    delay = np.floor(rng.random(2 * n) * 14)
    return event_rows(
        "placement", who, both, end=ends, recorded=both + delay, informant="record"
    )


@lru_cache(maxsize=16)
def _placement_risk(odds_ratio: float, world: World) -> float:
    """Give the risk over all children that is the wanted one among those at home."""
    wanted = shifted_risk(world.placement_risk, odds_ratio)
    if wanted == 0:
        return 0.0
    otherwise, looked_after = (1 - share for share in world.placed_shares)
    share, loading = world.looked_after_share, world.loading("looked_after")
    at_home = ((share, loading, looked_after), (1.0, 0.0, otherwise))
    return risk_among(wanted, world.loading("placement"), at_home)


def draw_custody(
    rng: np.random.Generator, need: FloatArray, *, world: World
) -> EventRows:
    """
    Draw spells in custody, at most one each.

    Parameters
    ----------
    rng
        Where the numbers come from.
    need
        Each child's need, shape (n,).
    world
        The world's constants.

    Returns
    -------
    EventRows
        Spells with their ends.
    """
    n = len(need)
    uniform = linked_uniform(rng, need, world.loading("custody"))
    months = waiting_months(uniform, world.custody_risk, world.horizon_months)
    start = whole_days(months)
    end = start + whole_days(rng.exponential(world.custody_months, n))
    return event_rows("custody", np.arange(n), start, end=end, informant="record")
