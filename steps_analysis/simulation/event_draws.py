"""What happens to the participants: placement, custody, recurrence, offences."""

from __future__ import annotations

import numpy as np

from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.simulation.choices import (
    FloatArray,
    IntArray,
    pick_code,
    shifted_risk,
    whole_days,
)
from steps_analysis.simulation.dependence import linked_uniform
from steps_analysis.simulation.event_rows import (
    EventRows,
    event_rows,
    known,
    outside_spells,
    stacked,
)
from steps_analysis.simulation.event_times import (
    first_report_times,
    mean_function,
    other_offence_risk,
    other_offence_times,
    recurrence_risk,
    repeat_times,
    sexual_risk,
    sexual_times,
)
from steps_analysis.simulation.follow_up import ContactDraw, waiting_months
from steps_analysis.simulation.reached import Reached
from steps_analysis.simulation.scenario import Scenario
from steps_analysis.simulation.spell_draws import draw_custody, draw_placements
from steps_analysis.simulation.world import World


def draw_events(
    rng: np.random.Generator,
    reached: Reached,
    contact: ContactDraw,
    *,
    scenario: Scenario,
    world: World,
) -> EventRows:
    """
    Draw the events of every participant that the records show on the extract date.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    contact
        When contact, data or the child are lost.
    scenario
        How the treatment acts.
    world
        The world's constants.

    Returns
    -------
    EventRows
        By participant, then day, then event.
    """
    custody = draw_custody(rng, reached.need, world=world)
    placements = draw_placements(rng, reached, scenario=scenario, world=world)
    sexual = draw_sexual_offences(rng, reached, scenario=scenario, world=world)
    other = draw_other_offences(rng, reached, scenario=scenario, world=world)
    reports = draw_reports(rng, reached, scenario=scenario, world=world)
    further = draw_further(rng, reached, contact, world=world)
    offences = [_on_record(rng, rows, reached, world) for rows in (sexual, other)]
    parts = [custody, placements, *offences, reports, *further]
    at_home = ("placement", "reported_harm")
    possible = outside_spells(stacked(parts), custody, at_home)
    # A proven offence was reported, in custody too.
    everything = stacked([_reported(sexual), possible])
    return known(everything, contact, reached.follow_up)


def draw_sexual_offences(
    rng: np.random.Generator,
    reached: Reached,
    *,
    scenario: Scenario,
    world: World,
) -> EventRows:
    """
    Draw proven sexual offences, with the day each is recorded and sanctioned.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    scenario
        Its shares and ratios act on who ever commits one.
    world
        The world's constants.

    Returns
    -------
    EventRows
        All that will ever be sanctioned, sanctioned yet or not.
    """
    control = (
        world.sexual_share if scenario.sexual_share is None else scenario.sexual_share
    )
    moved = shifted_risk(control, scenario.sexual_odds_ratio)
    treatment = min(moved * scenario.offence_rate_ratio, 1.0)
    share = np.where(reached.treated, treatment, control)
    uniform = linked_uniform(rng, reached.need, world.loading("offence"))
    first = sexual_times(uniform, share, world=world)
    by_horizon = [
        mean_function(
            sexual_risk(world.horizon_months, one, world=world),
            world.horizon_months,
            world=world,
        )
        for one in (control, treatment)
    ]
    coefficient = np.where(reached.treated, by_horizon[1], by_horizon[0])
    who, months = _all_times(rng, first, reached, coefficient, world)
    return _offences(rng, who, months, is_sexual=True, world=world)


def draw_other_offences(
    rng: np.random.Generator,
    reached: Reached,
    *,
    scenario: Scenario,
    world: World,
) -> EventRows:
    """
    Draw proven offences that are not sexual.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    scenario
        Its rate ratio acts on them.
    world
        The world's constants.

    Returns
    -------
    EventRows
        All that will ever be sanctioned, sanctioned yet or not.
    """
    ratio = np.where(reached.treated, scenario.offence_rate_ratio, 1.0)
    uniform = linked_uniform(rng, reached.need, world.loading("offence"))
    first = other_offence_times(uniform, ratio, world=world)
    risk = other_offence_risk(12.0, world=world)
    per_month = mean_function(risk, 12.0, world=world)
    who, months = _all_times(rng, first, reached, per_month * ratio, world)
    return _offences(rng, who, months, is_sexual=False, world=world)


def draw_reports(
    rng: np.random.Generator,
    reached: Reached,
    *,
    scenario: Scenario,
    world: World,
) -> EventRows:
    """
    Draw reported recurrences that no proven offence gave rise to.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    scenario
        Its odds ratio acts on the risk by the horizon.
    world
        The world's constants; `detection_ratio` multiplies the rate of reports.

    Returns
    -------
    EventRows
        One row per report, with its informant.
    """
    control, treatment = (
        mean_function(
            recurrence_risk(ratio, world=world), world.horizon_months, world=world
        )
        for ratio in (1.0, scenario.recurrence_odds_ratio)
    )
    watched = treatment * world.detection_ratio
    coefficient = np.where(reached.treated, watched, control)
    uniform = linked_uniform(rng, reached.need, world.loading("report"))
    first = first_report_times(uniform, coefficient, world=world)
    who, months = _all_times(rng, first, reached, coefficient, world)
    day = whole_days(months)
    delay = whole_days(rng.exponential(world.record_months[0], len(day)))
    told = pick_code(rng, world.report_informants, len(day))
    return event_rows(
        "reported_harm", who, day, recorded=day + delay, informant=told, is_sexual=True
    )


def draw_further(
    rng: np.random.Generator, reached: Reached, contact: ContactDraw, *, world: World
) -> list[EventRows]:
    """
    Draw what else is recorded: losses, re-referral, closure, adverse events.

    Parameters
    ----------
    rng
        Where the numbers come from.
    reached
        The participants.
    contact
        When contact, data or the child are lost.
    world
        The world's constants.

    Returns
    -------
    list of EventRows
        One for each kind.
    """
    need, horizon = reached.need, world.horizon_months
    n = len(need)
    who = np.arange(n)
    uniform = linked_uniform(rng, need, world.loading("re_referral"))
    referred = waiting_months(uniform, world.re_referral_risk_12, 12.0)
    closed = rng.gamma(3.0, world.case_closed_months / 3, n)
    uniform = linked_uniform(rng, need, world.loading("adverse_event"))
    adverse = waiting_months(uniform, world.adverse_event_risk, horizon)
    serious = rng.random(n) < world.serious_share
    return [
        event_rows("re_referral", who, whole_days(referred), informant="record"),
        event_rows("re_referral", *reached.referred_again, informant="record"),
        event_rows("case_closed", who, whole_days(closed), informant="record"),
        event_rows("adverse_event", who, whole_days(adverse), is_serious=serious),
        event_rows("withdrew_contact", who, contact.withdrew_contact),
        event_rows("withdrew_data", who, contact.withdrew_data),
        event_rows("moved", who, contact.moved),
        event_rows("died", who, contact.died, informant="record"),
    ]


def _all_times(
    rng: np.random.Generator,
    first: FloatArray,
    reached: Reached,
    coefficient: FloatArray,
    world: World,
) -> tuple[IntArray, FloatArray]:
    """Put first and further events within observation together."""
    end = reached.follow_up / DAYS_PER_MONTH
    who, months = repeat_times(rng, first, end, coefficient, world=world)
    here = np.flatnonzero(first < end)
    return np.concatenate([here, who]), np.concatenate([first[here], months])


def _offences(
    rng: np.random.Generator,
    who: IntArray,
    months: FloatArray,
    *,
    is_sexual: bool,
    world: World,
) -> EventRows:
    """Draw when offences enter the records, and when they are sanctioned."""
    day = whole_days(months)
    record = world.record_months[2 if is_sexual else 1]
    recorded = day + whole_days(rng.exponential(record, len(day)))
    mean = world.sanction_months[int(is_sexual)]
    sanctioned = recorded + whole_days(rng.gamma(2.0, mean / 2, len(day)))
    return event_rows(
        "offence",
        who,
        day,
        recorded=recorded,
        sanctioned=sanctioned,
        informant="record",
        is_sexual=is_sexual,
    )


def _on_record(
    rng: np.random.Generator, offences: EventRows, reached: Reached, world: World
) -> EventRows:
    """Keep the offences that official records capture."""
    captured = rng.random(len(offences.day)) < world.capture_probability
    if not world.adult_records:
        captured &= offences.day < reached.adult_on[offences.participant]
    return offences.take(captured)


def _reported(offences: EventRows) -> EventRows:
    """Enter each sexual offence as a reported recurrence too: the police told of it."""
    return event_rows(
        "reported_harm",
        offences.participant,
        offences.day,
        recorded=offences.recorded,
        informant="professional",
        is_sexual=True,
    )
