"""What leads to a trial: sites, referrals, children, and who joins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.protocol import DAYS_PER_MONTH, Protocol
from steps_analysis.randomness import Stream, generator
from steps_analysis.simulation.children import ChildDraw, draw_children
from steps_analysis.simulation.choices import FloatArray, IntArray, days_between
from steps_analysis.simulation.pathway_draws import (
    PathwayDraw,
    draw_pathway,
    joining_share,
)
from steps_analysis.simulation.referral_draws import (
    ReferralDraw,
    draw_referrals,
    expected_referrals,
    tuned_rate,
)
from steps_analysis.simulation.sites import (
    Calendar,
    SiteDraw,
    calendar,
    draw_frailty,
    draw_sites,
)
from steps_analysis.simulation.world import World

ADULT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicate:
    """
    One replicate of a seed.

    Attributes
    ----------
    seed
        The seed.
    trial
        Which replicate.

    Examples
    --------
    >>> one = Replicate(seed=7, trial=0).rng(Stream.EVENTS).integers(1_000_000)
    >>> bool(one == Replicate(seed=7, trial=1).rng(Stream.EVENTS).integers(1_000_000))
    False
    """

    seed: int
    trial: int

    def rng(self, stream: Stream, *key: int) -> np.random.Generator:
        """
        Open a stream of this replicate.

        Parameters
        ----------
        stream
            What the draws are for.
        *key
            What separates one part of the stream from another.

        Returns
        -------
        numpy.random.Generator
            The generator.
        """
        return generator(self.seed, stream, self.trial, *key)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraw:
    """
    What leads to a trial.

    Attributes
    ----------
    calendar
        The months it spans.
    sites
        Where it runs.
    referrals, children, pathway
        Every identification, the child behind it, and its way to the trial.
    """

    calendar: Calendar
    sites: SiteDraw
    referrals: ReferralDraw
    children: ChildDraw
    pathway: PathwayDraw

    @property
    def joining_site(self) -> IntArray:
        """Position of each participant's site, in order of allocation."""
        return self.referrals.site[self.pathway.joiners]

    @property
    def joining_form(self) -> dict[str, npt.NDArray[np.generic]]:
        """What the referral forms of those who joined say, by the contract's names."""
        columns = referral_form(self.children)
        return {name: part[self.pathway.joiners] for name, part in columns.items()}

    @property
    def joining_adult_on(self) -> FloatArray:
        """Days from each randomisation to the child's eighteenth birthday."""
        joiners = self.pathway.joiners
        date, randomised = self.referrals.date, self.pathway.randomised
        waited = days_between(date[joiners], randomised[joiners])
        years_left = ADULT - self.children.exact_age[joiners]
        return np.floor(years_left * DAYS_PER_MONTH * 12) - waited

    @property
    def referred_again(self) -> tuple[IntArray, FloatArray]:
        """Participants whose family is referred after randomisation, and the day."""
        joiners, family = self.pathway.joiners, self.referrals.family
        participant = np.full(int(family.max(initial=-1)) + 1, -1)
        participant[family[joiners]] = np.arange(len(joiners))
        who = participant[family]
        randomised = self.pathway.randomised[joiners]
        rows = np.flatnonzero(who >= 0)
        day = days_between(randomised[who[rows]], self.referrals.date[rows])
        return who[rows][day > 0], day[day > 0]


def referral_form(children: ChildDraw) -> dict[str, npt.NDArray[np.generic]]:
    """
    Give what referral forms say of the children, by the contract's names.

    Parameters
    ----------
    children
        The children.

    Returns
    -------
    dict
        Column of ``referrals.csv`` to values, shape (r,).
    """
    return {
        "age_at_referral": children.age,
        "age_at_first_harm": children.first_harm,
        "age_at_last_harm": children.last_harm,
        "youngest_age_at_referral": children.youngest,
        "sex": children.sex,
        "relationship": children.relationship,
        "grew_up_in_same_family": children.together,
        "safety_plan": children.safety_plan,
        "family_agrees": children.agrees,
        "learning_difficulty": children.learning_difficulty,
        "looked_after": children.looked_after,
        "ethnic_group": children.ethnic_group,
        "deprivation_quintile": children.deprivation,
    }


def draw_entry(
    replicate: Replicate, protocol: Protocol, *, n: int, world: World
) -> EntryDraw:
    """
    Draw what leads to a trial.

    Parameters
    ----------
    replicate
        Which replicate of which seed; the sites belong to the seed alone.
    protocol
        The protocol.
    n
        How many families to recruit.
    world
        The world's constants.

    Returns
    -------
    EntryDraw
        The sites, referrals and children, and who joins.
    """
    when = calendar(protocol, world)
    rng = generator(replicate.seed, Stream.SITES)
    sites = draw_sites(rng, protocol, when.start, world=world)
    rng = replicate.rng(Stream.REFERRALS)
    referrals = _referrals(rng, sites, when, n=n, world=world)
    rng = replicate.rng(Stream.CHILDREN)
    children = draw_children(rng, referrals, world=world)
    pathway = draw_pathway(
        replicate.rng(Stream.PATHWAY),
        referrals,
        children,
        sites,
        when,
        n=n,
        eligibility=protocol.eligibility,
        world=world,
    )
    return EntryDraw(
        calendar=when,
        sites=sites,
        referrals=referrals,
        children=children,
        pathway=pathway,
    )


def target(protocol: Protocol) -> int:
    """
    Give the number a protocol plans, or reached where it states no plan.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    int
        Families.

    Raises
    ------
    ArgumentError
        If it states neither.
    """
    number = protocol.trial.planned_n or protocol.trial.achieved_n
    if number is None:
        raise ArgumentError(refusal("n", "be given where none is planned", None))
    return number


def checked(name: str, value: int, *, least: int) -> int:
    """
    Refuse what is no whole number of at least so much.

    Parameters
    ----------
    name
        The argument.
    value
        What was given.
    least
        The smallest accepted.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ArgumentError
        If it is not a whole number, or less.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        rule = f"be a whole number, at least {least}"
        raise ArgumentError(refusal(name, rule, value))
    return int(value)


def _referrals(
    rng: np.random.Generator, sites: SiteDraw, when: Calendar, *, n: int, world: World
) -> ReferralDraw:
    """Tune the rate of identifications to the target, and draw them."""
    frailty = draw_frailty(rng, len(sites.population), world=world)
    at_one = expected_referrals(
        sites.population,
        frailty,
        sites.has_forum,
        when.months,
        when.start,
        rate=1.0,
        world=world,
    )
    joins = joining_share(sites.has_forum, world=world)
    rate = tuned_rate(
        at_one, when.months, sites.opened, when.end, joins, n=n, world=world
    )
    return draw_referrals(rng, at_one * rate, when.months, world=world)
