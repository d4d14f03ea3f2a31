"""What does each participant cost each sector?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import days_in
from steps_analysis.simulation.choices import BoolArray, FloatArray, IntArray
from steps_analysis.simulation.event_rows import EventRows
from steps_analysis.simulation.world import World

DEFAULT_EDGES = (0, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDraw:
    """
    Costs, one entry per participant, sector and period.

    Attributes
    ----------
    participant, sector
        Positions of the participant and in the world's `monthly_costs`, shape (k,).
    month_from, month_to
        The period in months from randomisation, shape (k,).
    cost
        Pounds, shape (k,).
    """

    participant: IntArray
    sector: IntArray
    month_from: IntArray
    month_to: IntArray
    cost: FloatArray


def draw_costs(
    rng: np.random.Generator,
    is_treated: BoolArray,
    observed: FloatArray,
    months: tuple[int, ...],
    events: EventRows,
    *,
    world: World,
) -> CostDraw:
    """
    Draw costs between visits, for the periods that are over and observed.

    Parameters
    ----------
    rng
        Where the numbers come from.
    is_treated
        Whether the treatment under test was received, shape (n,): its cost falls on
        health in the first period.
    observed
        Days from randomisation until records end, shape (n,).
    months
        The protocol's visits; periods lie between them.
    events
        What is known of the participants: spells away from home cost social care,
        spells in custody justice.
    world
        The world's constants.

    Returns
    -------
    CostDraw
        By participant, period and sector.
    """
    edges = np.array(months if len(months) > 1 else DEFAULT_EDGES)
    n, periods, sectors = len(is_treated), len(edges) - 1, len(world.monthly_costs)
    mean = np.array([cost for _, cost in world.monthly_costs])
    shape = world.cost_cv**-2
    length = np.diff(edges)[None, :, None]
    drawn = rng.gamma(shape, 1 / shape, (n, periods, sectors)) * mean * length
    names = [sector for sector, _ in world.monthly_costs]
    drawn[:, 0, names.index("health")] += world.treatment_cost * is_treated
    for event, payer, weekly in (
        ("placement", "social_care", world.placement_weekly_cost),
        ("custody", "justice", world.custody_weekly_cost),
    ):
        days = _days_in_spells(events, event, edges, n)
        drawn[:, :, names.index(payer)] += days / 7 * weekly
    over = np.array([days_in(month) for month in edges[1:].tolist()])
    who, period, sector = np.nonzero(
        np.broadcast_to((over <= observed[:, None])[:, :, None], drawn.shape)
    )
    return CostDraw(
        participant=who,
        sector=sector,
        month_from=edges[period],
        month_to=edges[period + 1],
        cost=np.round(drawn[who, period, sector], 2),
    )


def _days_in_spells(
    events: EventRows, event: str, edges: IntArray, n: int
) -> FloatArray:
    """Count each participant's days in spells of a kind, in each period."""
    rows = events.take(events.event == event)
    cut = np.array([days_in(month) for month in edges.tolist()], dtype=np.float64)
    end = np.where(np.isnan(rows.end), np.inf, rows.end)[:, None]
    inside = np.minimum(end, cut[1:]) - np.maximum(rows.day[:, None], cut[:-1])
    days = np.zeros((n, len(cut) - 1))
    np.add.at(days, rows.participant, np.maximum(inside, 0))
    return days
