"""Which referrals are screened, eligible, approached and willing, and who joins?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import Eligibility
from steps_analysis.simulation.children import ChildDraw, age_share
from steps_analysis.simulation.choices import (
    NO_DATE,
    BoolArray,
    DateArray,
    FloatArray,
    IntArray,
    TextArray,
    days_later,
    pick_code,
)
from steps_analysis.simulation.referral_draws import ReferralDraw
from steps_analysis.simulation.sites import Calendar, SiteDraw
from steps_analysis.simulation.world import World

ROUTES = ("stepping_stones", "aim", "consultation", "information_needed", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayDraw:
    """
    The way of each referral to the trial, one entry per referral.

    Attributes
    ----------
    is_screened, is_eligible, is_approached, is_joining
        How far it came; each implies the one before, shape (r,).
    screened, approached, answered, randomised
        Dates, NaT where it did not come so far, shape (r,).
    reason, decline_reason
        Codes, None where there is none, shape (r,).
    other_route
        Where it goes against the rules; None where it goes by them, shape (r,).
    joiners
        Referrals of the randomised in order of allocation, shape (n,).
    closed
        The day recruiting closed.
    """

    is_screened: BoolArray
    is_eligible: BoolArray
    is_approached: BoolArray
    is_joining: BoolArray
    screened: DateArray
    approached: DateArray
    answered: DateArray
    randomised: DateArray
    reason: TextArray
    decline_reason: TextArray
    other_route: TextArray
    joiners: IntArray
    closed: np.datetime64


def draw_consent(
    rng: np.random.Generator, has_forum: BoolArray, *, world: World
) -> FloatArray:
    """
    Draw each site's probability that an approached family consents.

    Parameters
    ----------
    rng
        Where the numbers come from.
    has_forum
        Whether the site is a documented one, shape (s,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Probabilities, shape (s,), each from the beta prior of its kind of site.
    """
    documented = rng.beta(*world.documented_consent, len(has_forum))
    elsewhere = rng.beta(*world.site_consent, len(has_forum))
    return np.where(has_forum, documented, elsewhere)


def joining_share(has_forum: BoolArray, *, world: World) -> FloatArray:
    """
    Give the mean share of screened referrals that join, at each site.

    Parameters
    ----------
    has_forum
        Whether the site is a documented one, shape (s,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Shares, shape (s,).

    Examples
    --------
    >>> joining_share(np.array([False]), world=World()).round(3).tolist()
    [0.221]
    """
    documented, elsewhere = (
        a / (a + b) for a, b in (world.documented_consent, world.site_consent)
    )
    consent = np.where(has_forum, documented, elsewhere)
    return np.asarray(world.eligible_share * world.approached_share * consent)


def draw_pathway(
    rng: np.random.Generator,
    referrals: ReferralDraw,
    children: ChildDraw,
    sites: SiteDraw,
    calendar: Calendar,
    *,
    n: int,
    eligibility: Eligibility,
    world: World,
) -> PathwayDraw:
    """
    Draw the way of every referral to the trial.

    Every referral that comes while its site is open is screened. The last place goes to
    the nth family, in order of referral, that would join; referrals after it are not
    screened, and recruiting closes when the last of the n is randomised. Each family
    joins once: a later referral of it is in another service. Where the families run out
    the trial is smaller, and closes at the end of the calendar.

    Parameters
    ----------
    rng
        Where the numbers come from.
    referrals, children, sites
        What was drawn of them.
    calendar
        When recruiting can be open.
    n
        The target.
    eligibility
        The protocol's ages.
    world
        The world's constants.

    Returns
    -------
    PathwayDraw
        One entry per referral.
    """
    r = len(referrals.site)
    date = referrals.date
    consent = draw_consent(rng, sites.has_forum, world=world)[referrals.site]
    age_fits = _age_fits(children.age, eligibility)
    willing = _willing(rng, age_fits, consent, eligibility, world)
    days = 1 + np.floor(rng.random((4, r)) * np.array(world.pathway_days)[:, None])
    after = np.cumsum(days, axis=0)
    is_open = (date >= sites.opened[referrals.site]) & (date <= calendar.end)
    joining, in_trial = _first_n(willing[2] & is_open, referrals.family, n)
    screened = is_open & (np.arange(r) <= _last_screened(joining, n))
    eligible, approached = willing[:2] & screened & ~in_trial
    randomised = _when(joining, date, after[3])
    joiners = np.flatnonzero(joining)
    return PathwayDraw(
        is_screened=screened,
        is_eligible=eligible,
        is_approached=approached,
        is_joining=joining,
        screened=_when(screened, date, after[0]),
        approached=_when(approached, date, after[1]),
        answered=_when(approached, date, after[2]),
        randomised=randomised,
        reason=_reasons(rng, screened & ~eligible, age_fits, in_trial, world),
        decline_reason=_declines(rng, eligible & ~joining, approached, world),
        other_route=_other_routes(rng, r, world),
        joiners=joiners[np.argsort(randomised[joiners], kind="stable")],
        closed=_closed(randomised[joiners], n, calendar.end),
    )


def _age_fits(age: IntArray, eligibility: Eligibility) -> BoolArray:
    """Say whose age the protocol accepts."""
    youngest, oldest = eligibility.youngest_age, eligibility.oldest_age
    fits = np.ones(len(age), dtype=bool)
    if youngest is not None:
        fits &= age >= youngest
    if oldest is not None:
        fits &= age <= oldest
    return fits


def _willing(
    rng: np.random.Generator,
    age_fits: BoolArray,
    consent: FloatArray,
    eligibility: Eligibility,
    world: World,
) -> BoolArray:
    """Draw who would be found eligible, approached and willing, one row each."""
    uniform = rng.random((4, len(age_fits)))
    overlooked = uniform[3] < world.screening_error_share
    fitting = age_share(eligibility.youngest_age, eligibility.oldest_age, world=world)
    fitting += (1 - fitting) * world.screening_error_share
    share = world.eligible_share / max(fitting, world.eligible_share)
    eligible = (age_fits | overlooked) & (uniform[0] < share)
    approached = eligible & (uniform[1] < world.approached_share)
    return np.array([eligible, approached, approached & (uniform[2] < consent)])


def _first_n(
    would_join: BoolArray, family: IntArray, n: int
) -> tuple[BoolArray, BoolArray]:
    """Give the first n families that would join, and the later referrals of them."""
    candidates = np.flatnonzero(would_join)
    _, first = np.unique(family[candidates], return_index=True)
    chosen = candidates[np.sort(first)][:n]
    joining = np.zeros(len(family), dtype=bool)
    joining[chosen] = True
    joined_at = np.full(int(family.max(initial=-1)) + 1, len(family))
    joined_at[family[chosen]] = chosen
    return joining, np.arange(len(family)) > joined_at[family]


def _last_screened(joining: BoolArray, n: int) -> int:
    """Give the last referral that is screened: the nth joiner's, where there is one."""
    places = np.flatnonzero(joining)
    return int(places[-1]) if len(places) >= n else len(joining)


def _closed(randomised: DateArray, n: int, end: np.datetime64) -> np.datetime64:
    """Give the day recruiting closed: with the nth family, or when time ran out."""
    if len(randomised) == 0:
        return end
    last = np.datetime64(randomised.max(), "D")
    return last if len(randomised) >= n else max(end, last)


def _when(came_so_far: BoolArray, date: DateArray, days: FloatArray) -> DateArray:
    """Give the date of a step for those who came so far."""
    return np.where(came_so_far, days_later(date, days), NO_DATE)


def _reasons(
    rng: np.random.Generator,
    excluded: BoolArray,
    age_fits: BoolArray,
    in_trial: BoolArray,
    world: World,
) -> TextArray:
    """Give why referrals were not eligible: age, in the trial already, or drawn."""
    drawn = pick_code(rng, world.reason_shares, len(excluded))
    drawn[in_trial] = "other_service"
    drawn[~age_fits] = "age"
    drawn[~excluded] = None
    return drawn


def _declines(
    rng: np.random.Generator, lost: BoolArray, approached: BoolArray, world: World
) -> TextArray:
    """Draw why eligible families were not approached, or declined."""
    not_approached = pick_code(rng, world.not_approached_shares, len(lost))
    declined = pick_code(rng, world.decline_shares, len(lost))
    reason = np.where(approached, declined, not_approached)
    reason[~lost] = None
    return reason


def _other_routes(rng: np.random.Generator, n: int, world: World) -> TextArray:
    """Draw where the few go whom no rule sends there."""
    route = pick_code(rng, [(code, 1 / len(ROUTES)) for code in ROUTES], n)
    route[rng.random(n) >= world.other_route_share] = None
    return route
