"""One whole synthetic trial, as arrays and as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.protocol import Forum, Protocol, days_in
from steps_analysis.randomisation import allocate, from_spec
from steps_analysis.randomness import Stream
from steps_analysis.simulation.choices import (
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
    days_between,
)
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
    scale_gain,
)
from steps_analysis.simulation.forum_draws import ForumDraw, draw_forum
from steps_analysis.simulation.reached import Reached
from steps_analysis.simulation.scenario import Scenario, named_scenario
from steps_analysis.simulation.spell_draws import draw_placed
from steps_analysis.simulation.treatment_draws import TreatmentDraw, draw_treatment
from steps_analysis.simulation.world import WORLD, World

NOT_STATED = "not_stated"
_ATTEMPTS, _FAR = 5, 10**9  # replicates that far away are drawn by nobody else


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
        One that nobody joined is drawn again.
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
    for attempt in range(_ATTEMPTS):
        replicate = Replicate(seed=seed, trial=trial + attempt * _FAR)
        entry = draw_entry(replicate, protocol, n=n, world=world)
        if len(entry.pathway.joiners):
            break
    return _follow(replicate, protocol, scenario, entry, world)


def _follow(
    replicate: Replicate,
    protocol: Protocol,
    scenario: Scenario,
    entry: EntryDraw,
    world: World,
) -> TrialArrays:
    """Allocate those who joined, and follow them."""
    n, site = len(entry.pathway.joiners), entry.joining_site
    randomised = entry.pathway.randomised[entry.pathway.joiners]
    last = randomised.max() if n else entry.calendar.start
    extract = extract_date(protocol, last, world)
    form = entry.joining_form
    rng = replicate.rng(Stream.CHILDREN, 1)
    factors = draw_factors(rng, protocol, form, site, world=world)
    treated = _allocated(replicate, protocol, factors, n)
    treatment = _treatment(replicate, entry, treated, world)
    exposed = treated
    if scenario.acts_on == "received":
        exposed = np.asarray(treatment.received == "mst_psb")
    rng = replicate.rng(Stream.EVENTS)
    reached = Reached(
        treated=exposed,
        need=entry.children.need[entry.pathway.joiners],
        placed=draw_placed(rng, form["looked_after"], world=world),
        follow_up=days_between(randomised, extract),
        adult_on=entry.joining_adult_on,
        referred_again=entry.referred_again,
    )
    contact, visits = _contact(
        replicate, protocol, scenario, treated, reached, treatment, world
    )
    events = draw_events(rng, reached, contact, scenario=scenario, world=world)
    return TrialArrays(
        entry=entry,
        forum=_forum(replicate, entry, extract, forum=protocol.forum, world=world),
        extract=extract,
        follow_up=reached.follow_up,
        site=site,
        factors=factors,
        placed=reached.placed,
        treated=treated,
        contact=contact,
        visits=visits,
        events=events,
        treatment=treatment,
        costs=draw_costs(
            replicate.rng(Stream.COSTS),
            treatment.received == "mst_psb",
            np.minimum(reached.follow_up, contact.data_end),
            protocol.visits.months,
            events,
            world=world,
        ),
    )


def _treatment(
    replicate: Replicate, entry: EntryDraw, treated: BoolArray, world: World
) -> TreatmentDraw:
    """Draw the treatment, from a stream apart: it shows the arm."""
    site, joiners = entry.joining_site, entry.pathway.joiners
    day = days_between(entry.calendar.start, entry.pathway.randomised[joiners])
    forum, therapists = entry.sites.has_forum[site], entry.sites.therapists
    rng = replicate.rng(Stream.FOLLOW_UP, 1)
    return draw_treatment(rng, treated, day, site, forum, therapists, world=world)


def _contact(
    replicate: Replicate,
    protocol: Protocol,
    scenario: Scenario,
    treated: BoolArray,
    reached: Reached,
    treatment: TreatmentDraw,
    world: World,
) -> tuple[ContactDraw, VisitDraw]:
    """Draw who stays in contact, and what is seen at the visits."""
    rng = replicate.rng(Stream.FOLLOW_UP)
    contact = draw_contact(rng, treated, reached.need, world=world)
    gain = scale_gain(
        reached.treated,
        treatment.therapist,
        replicate.rng(Stream.FOLLOW_UP, 2),
        scenario=scenario,
        world=world,
    )
    visits = draw_visits(
        rng, treated, reached.need, contact, protocol.visits, gain=gain, world=world
    )
    return contact, visits


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
