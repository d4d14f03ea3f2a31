"""What does each family receive, from whom, and for how long?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.simulation.choices import (
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
    pick_code,
)
from steps_analysis.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentDraw:
    """
    Treatment of each participant; days are from randomisation, NaN where there is none.

    Attributes
    ----------
    received, comparator
        Codes, shape (n,); the comparator is None in the treatment arm.
    therapist
        Codes that name site and arm, None without treatment, shape (n,).
    start, end, withdrew
        Days, shape (n,).
    contacts
        Sessions held, NaN without treatment, shape (n,).
    fidelity
        Adherence to the treatment under test, NaN for anything else, shape (n,).
    """

    received: TextArray
    comparator: TextArray
    therapist: TextArray
    start: FloatArray
    end: FloatArray
    withdrew: FloatArray
    contacts: FloatArray
    fidelity: FloatArray


def draw_treatment(
    rng: np.random.Generator,
    treated: BoolArray,
    day: FloatArray,
    site: IntArray,
    is_documented: BoolArray,
    therapists: IntArray,
    *,
    world: World,
) -> TreatmentDraw:
    """
    Draw what each family receives.

    Parameters
    ----------
    rng
        Where the numbers come from.
    treated
        Whether allocated to the treatment under test, shape (n,).
    day
        Day of randomisation, from any first day and never falling, shape (n,).
    site
        Position of each participant's site, shape (n,).
    is_documented
        Whether each participant's site is one whose comparator is AIM, shape (n,).
    therapists
        Therapists of the treatment at each site, shape (s,).
    world
        The world's constants.

    Returns
    -------
    TreatmentDraw
        One entry per participant. Therapists are nested in site and treatment. One of
        the treatment under test sees `families_per_therapist` families at a time: the
        next family goes to who is free first, of those to who sees fewest.
    """
    n = len(treated)
    comparator, received = _received(rng, treated, is_documented, world)
    has, is_mst = received != "none", received == "mst_psb"
    wait = np.floor(rng.gamma(2.0, world.start_days / 2, n)) + 1
    course = DAYS_PER_MONTH * _between(
        rng.random(n), is_mst, world.treatment_months, world.comparator_months
    )
    stops = has & (rng.random(n) < world.withdrew_treatment_share)
    length = np.ceil(course * np.where(stops, rng.random(n), 1.0))
    number = np.floor(rng.random(n) * therapists[site]).astype(np.int64)
    start = wait.copy()
    start[is_mst], number[is_mst] = _seen(
        (day + wait)[is_mst], length[is_mst], site[is_mst], therapists, world
    )
    start[is_mst] -= day[is_mst]
    end = start + length
    per_week = np.where(is_mst, *world.contacts_per_week)
    contacts = rng.poisson(length / 7 * per_week)
    fidelity = np.round(rng.beta(*world.fidelity, n), 2)
    therapist = _therapist_codes(is_mst, site, number)
    therapist[~has] = None
    return TreatmentDraw(
        received=received,
        comparator=comparator,
        therapist=therapist,
        start=np.where(has, start, np.nan),
        end=np.where(has, end, np.nan),
        withdrew=np.where(stops, end, np.nan),
        contacts=np.where(has, contacts, np.nan),
        fidelity=np.where(is_mst, fidelity, np.nan),
    )


def _received(
    rng: np.random.Generator, treated: BoolArray, is_documented: BoolArray, world: World
) -> tuple[TextArray, TextArray]:
    """Draw the comparator of the control arm, and what each family received."""
    n = len(treated)
    comparator = pick_code(rng, world.comparator_shares, n)
    comparator[is_documented] = "aim"
    crossover = rng.random(n) < world.crossover_share
    in_control = np.where(crossover, "mst_psb", comparator).astype(object)
    received = np.where(treated, pick_code(rng, world.received_shares, n), in_control)
    comparator[treated] = None
    return comparator, received.astype(object)


def _seen(
    ready: FloatArray,
    length: FloatArray,
    site: IntArray,
    therapists: IntArray,
    world: World,
) -> tuple[FloatArray, IntArray]:
    """Give when each family is first seen, and by which therapist of its site."""
    places: dict[tuple[int, int], list[float]] = {}
    start, number = ready.copy(), np.zeros(len(ready), dtype=np.int64)
    for i in np.argsort(ready, kind="stable").tolist():
        here, offers = int(site[i]), []
        for who in range(int(therapists[here])):
            ends = [end for end in places.get((here, who), []) if end > ready[i]]
            places[here, who] = ends
            over = len(ends) - world.families_per_therapist
            free = ready[i] if over < 0 else sorted(ends)[over]
            offers.append((free, len(ends), who))
        start[i], _, number[i] = min(offers)
        places[here, int(number[i])].append(start[i] + length[i])
    return start, number


def _therapist_codes(is_mst: BoolArray, site: IntArray, number: IntArray) -> TextArray:
    """Name therapists by what they offer, their site and their number there."""
    return np.array(
        [
            f"{'M' if mst else 'C'}{place + 1:02d}-{who + 1}"
            for mst, place, who in zip(is_mst, site, number, strict=True)
        ],
        dtype=object,
    )


def _between(
    uniform: FloatArray,
    first: BoolArray,
    range_first: tuple[float, float],
    range_other: tuple[float, float],
) -> FloatArray:
    """Spread uniform numbers over one range or another."""
    low = np.where(first, range_first[0], range_other[0])
    high = np.where(first, range_first[1], range_other[1])
    spread: FloatArray = low + uniform * (high - low)
    return spread
