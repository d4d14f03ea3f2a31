"""One whole synthetic trial, as arrays and as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.protocol import Forum, Protocol, days_in
from steps_analysis.randomisation import allocate, from_spec
from steps_analysis.randomness import Stream
from steps_analysis.simulation.choices import BoolArray, FloatArray, IntArray, TextArray
from steps_analysis.simulation.cost_draws import CostDraw, draw_costs
from steps_analysis.simulation.entry_draws import (
    EntryDraw,
    Replicate,
    checked,
    draw_entry,
    target,
)
from steps_analysis.simulation.event_draws import draw_events
from steps_analysis.simulation.event_rows import EventRows
from steps_analysis.simulation.factor_draws import draw_factors
from steps_analysis.simulation.follow_up import (
    ContactDraw,
    VisitDraw,
    draw_contact,
    draw_visits,
)
from steps_analysis.simulation.forum_draws import ForumDraw, draw_forum
from steps_analysis.simulation.scenario import Scenario, named_scenario
from steps_analysis.simulation.spell_draws import draw_placed
from steps_analysis.simulation.treatment_draws import TreatmentDraw, draw_treatment
from steps_analysis.simulation.world import WORLD, World

NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialArrays:
    """
    A whole synthetic trial, as arrays.

    Attributes
    ----------
    entry
        Sites, referrals, children, pathway: what leads to the trial.
    forum
        The forum's work; None without a forum.
    extract
        The last day on which the records are complete.
    follow_up
        Days from each randomisation to the extract date, shape (n,).
    site
        Position of each participant's site, in order of allocation, shape (n,).
    factors
        Factor name to the participants' levels, shape (n,) each.
    placed
        Whether living away from home at randomisation, shape (n,).
    treated
        Whether allocated to the treatment under test, shape (n,).
    contact, visits, events
        What happens to the participants; nothing in them shows an arm under the null.
    treatment, costs
        What would show the arm.
    """

    entry: EntryDraw
    forum: ForumDraw | None
    extract: np.datetime64
    follow_up: FloatArray
    site: IntArray
    factors: dict[str, TextArray]
    placed: BoolArray
    treated: BoolArray
    contact: ContactDraw
    visits: VisitDraw
    events: EventRows
    treatment: TreatmentDraw
    costs: CostDraw


def draw_arrays(
    protocol: Protocol,
    scenario: Scenario | str = "null",
    *,
    n: int | None = None,
    trial: int = 0,
    world: World = WORLD,
    seed: int,
) -> TrialArrays:
    """
    Draw a whole synthetic trial as arrays.

    Parameters
    ----------
    protocol
        Any protocol; where it is silent the world's defaults stand in.
    scenario
        How the treatment acts, or the name of a scenario.
    n
        How many families to recruit; None for the number the protocol plans, or else
        reached. Recruiting stops there; where families run out the trial is smaller.
    trial
        Which replicate; trial i is the same however many are drawn.
    world
        The world's constants.
    seed
        The seed. The sites belong to it alone, everything else to (seed, trial).

    Returns
    -------
    TrialArrays
        The trial.

    Raises
    ------
    ArgumentError
        If the scenario is unknown, or `n`, `trial` or `seed` is impossible.
    ProtocolError
        If the protocol's allocation procedure is impossible.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> arrays = draw_arrays(load_protocol(), n=40, seed=1)
    >>> arrays.treated.shape, arrays.visits.completed.shape
    ((40,), (40, 4))
    """
    scenario = named_scenario(scenario)
    n = checked("n", target(protocol) if n is None else n, least=1)
    trial = checked("trial", trial, least=0)
    replicate = Replicate(seed=seed, trial=trial)
    entry = draw_entry(replicate, protocol, n=n, world=world)
    return _follow(replicate, protocol, scenario, entry, world)


def _follow(
    replicate: Replicate,
    protocol: Protocol,
    scenario: Scenario,
    entry: EntryDraw,
    world: World,
) -> TrialArrays:
    """Allocate those who joined, and follow them."""
    joiners, site = entry.pathway.joiners, entry.joining_site
    randomised = entry.pathway.randomised[joiners]
    last = randomised.max() if len(joiners) else entry.calendar.start
    extract = extract_date(protocol, last, world)
    follow_up = (extract - randomised).astype("timedelta64[D]").astype(np.float64)
    rng = replicate.rng(Stream.CHILDREN, 1)
    factors = draw_factors(rng, protocol, entry.joining_form, site)
    treated = _allocated(replicate, protocol, factors, len(joiners))
    rng = replicate.rng(Stream.FOLLOW_UP)
    contact = draw_contact(rng, len(joiners), world=world)
    visits = draw_visits(
        rng, treated, contact, protocol.visits, scenario=scenario, world=world
    )
    rng = replicate.rng(Stream.EVENTS)
    placed = draw_placed(rng, entry.joining_form["looked_after"], world=world)
    events = draw_events(
        rng, treated, placed, contact, follow_up, scenario=scenario, world=world
    )
    rng = replicate.rng(Stream.FOLLOW_UP, 1)  # apart: it shows the arm
    forum, therapists = entry.sites.has_forum[site], entry.sites.therapists
    treatment = draw_treatment(rng, treated, site, forum, therapists, world=world)
    return TrialArrays(
        entry=entry,
        forum=_forum(replicate, entry, extract, forum=protocol.forum, world=world),
        extract=extract,
        follow_up=follow_up,
        site=site,
        factors=factors,
        placed=placed,
        treated=treated,
        contact=contact,
        visits=visits,
        events=events,
        treatment=treatment,
        costs=draw_costs(
            replicate.rng(Stream.COSTS),
            treatment.received == "mst_psb",
            np.minimum(follow_up, contact.data_end),
            protocol.visits.months,
            world=world,
        ),
    )


def extract_date(
    protocol: Protocol, last_randomised: np.datetime64, world: World
) -> np.datetime64:
    """
    Give the last day on which a synthetic trial's records are complete.

    Parameters
    ----------
    protocol
        The protocol, whose longest follow-up and wait decide.
    last_randomised
        When the last family was randomised.
    world
        The world's constants.

    Returns
    -------
    numpy.datetime64
        A month's end. The last family is followed to the end of the longest follow-up,
        but `extract_shortfall_months` short of the longest wait.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> last = np.datetime64("2016-01-15")
    >>> str(extract_date(load_protocol(), last, World()))
    '2017-12-31'
    """
    outcomes = protocol.outcomes
    follow_up = max((one.follow_up_months for one in outcomes), default=12)
    observed = max(
        (one.follow_up_months + one.waiting_months for one in outcomes), default=12
    )
    months = max(observed - world.extract_shortfall_months, follow_up)
    day = last_randomised.astype("M8[D]") + days_in(months)
    month_end: np.datetime64 = (day.astype("M8[M]") + 1).astype("M8[D]") - 1
    return month_end


def as_date(day: np.datetime64) -> date:
    """
    Turn a day into a plain date.

    Parameters
    ----------
    day
        The day.

    Returns
    -------
    datetime.date
        The same day.
    """
    return date.fromisoformat(str(day.astype("M8[D]")))


def _allocated(
    replicate: Replicate, protocol: Protocol, factors: dict[str, TextArray], n: int
) -> BoolArray:
    """Allocate by the protocol's procedure; by a coin where it states none."""
    if n == 0:
        return np.zeros(0, dtype=bool)
    uniform = replicate.rng(Stream.ALLOCATION).random((1, n))
    if protocol.allocation.get("procedure", NOT_STATED) == NOT_STATED:
        share = protocol.treatment.share
        return np.asarray(uniform[0] < share / (share + protocol.control.share))
    procedure = from_spec(protocol.allocation)
    arms = allocate(procedure, uniform, factors=pd.DataFrame(factors))
    return np.asarray(arms[0] == 1)


def _forum(
    replicate: Replicate,
    entry: EntryDraw,
    extract: np.datetime64,
    *,
    forum: Forum | None,
    world: World,
) -> ForumDraw | None:
    """Draw the forum's work, where a site has one."""
    if not entry.sites.has_forum.any():
        return None
    date, site = entry.referrals.date, entry.referrals.site
    at_forum = entry.sites.has_forum[site] & (date >= entry.calendar.start)
    screened = entry.pathway.is_screened
    rng = replicate.rng(Stream.PATHWAY, 1)
    how = forum or Forum()  # a protocol older than forums: the usual way of one
    return draw_forum(rng, date, at_forum, screened, extract, forum=how, world=world)
