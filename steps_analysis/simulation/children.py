"""Who are the children referred, and what happened?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.simulation.choices import (
    AnswerArray,
    FloatArray,
    IntArray,
    TextArray,
    answer,
    pick,
    pick_code,
)
from steps_analysis.simulation.referral_draws import ReferralDraw
from steps_analysis.simulation.world import World

YOUNGEST_HARM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildDraw:
    """
    What a referral form says of the child, one entry per referral.

    Answers are 1 for yes, 0 for no, -1 for unknown.

    Attributes
    ----------
    age, first_harm, last_harm, youngest
        Completed years at referral, at first and last harm, and of the youngest child
        involved, shape (r,).
    sex, relationship, ethnic_group
        Codes, shape (r,).
    deprivation
        Quintile, 1 the most deprived, shape (r,).
    together, safety_plan, agrees, learning_difficulty
        Answers, shape (r,).
    looked_after
        Answers, never unknown, shape (r,).
    """

    age: IntArray
    first_harm: IntArray
    last_harm: IntArray
    youngest: IntArray
    sex: TextArray
    relationship: TextArray
    ethnic_group: TextArray
    deprivation: IntArray
    together: AnswerArray
    safety_plan: AnswerArray
    agrees: AnswerArray
    learning_difficulty: AnswerArray
    looked_after: AnswerArray


def draw_children(
    rng: np.random.Generator, referrals: ReferralDraw, *, world: World
) -> ChildDraw:
    """
    Draw the children behind the referrals.

    Children keep their characteristics when they are referred again, only older;
    children of one family share ethnic group and deprivation. Safety plan and agreement
    are answered afresh at each referral.

    Parameters
    ----------
    rng
        Where the numbers come from.
    referrals
        The referrals.
    world
        The world's constants.

    Returns
    -------
    ChildDraw
        One entry per referral.
    """
    child, family, n = referrals.child, referrals.family, len(referrals.child)
    n_children = int(child.max()) + 1 if n else 0
    n_families = int(family.max()) + 1 if n else 0
    age = draw_ages(rng, n_children, world=world)
    last, first = _harm_ages(rng, age, world)
    relationship = pick_code(rng, world.relationship_shares, n_children)
    together = _grew_up_together(rng, relationship, world)
    victim = np.maximum(last - rng.integers(0, 8, n_children), 1)
    exact = age + rng.random(n_children)
    sex = np.where(rng.random(n_children) < world.male_share, "male", "female")
    difficulty = answer(
        rng, world.learning_difficulty_share, world.unknown_share / 4, n_children
    )
    looked_after = answer(rng, world.looked_after_share, 0.0, n_children)
    ethnic = pick_code(rng, world.ethnic_shares, n_families)
    deprivation = pick(rng, world.deprivation_shares, n_families) + 1
    plan = answer(rng, world.safety_plan_share, world.unknown_share, n)
    agrees = answer(rng, world.family_agrees_share, world.unknown_share, n)
    now = np.floor(exact[child] + referrals.years_since_first).astype(np.int64)
    return ChildDraw(
        age=now,
        first_harm=first[child],
        last_harm=last[child],
        youngest=np.minimum(victim[child] + (age - last)[child], now),
        sex=sex.astype(object)[child],
        relationship=relationship[child],
        ethnic_group=ethnic[family],
        deprivation=deprivation[family],
        together=together[child],
        safety_plan=plan,
        agrees=agrees,
        learning_difficulty=difficulty[child],
        looked_after=looked_after[child],
    )


def draw_ages(rng: np.random.Generator, n: int, *, world: World) -> IntArray:
    """
    Draw ages at first referral.

    Parameters
    ----------
    rng
        Where the numbers come from.
    n
        How many.
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Completed years: 10 to 17, and a few outside, shape (n,).
    """
    inside = 1 - world.other_age_share
    ages = [10 + i for i in range(len(world.age_shares))]
    shares = [share * inside for share in world.age_shares]
    ages += [age for age, _ in world.other_age_shares]
    shares += [share * world.other_age_share for _, share in world.other_age_shares]
    return np.array(ages, dtype=np.int64)[pick(rng, shares, n)]


def age_share(youngest: int | None, oldest: int | None, *, world: World) -> float:
    """
    Give the share of first referrals whose age lies between two ages.

    Parameters
    ----------
    youngest, oldest
        Completed years, both included; None for no bound.
    world
        The world's constants.

    Returns
    -------
    float
        The share.

    Examples
    --------
    >>> round(age_share(10, 17, world=World()), 2)
    0.94
    """
    low = -1 if youngest is None else youngest
    high = 99 if oldest is None else oldest
    inside = 1 - world.other_age_share
    shares = [(10 + i, share * inside) for i, share in enumerate(world.age_shares)]
    shares += [(a, s * world.other_age_share) for a, s in world.other_age_shares]
    return float(sum(share for age, share in shares if low <= age <= high))


def _harm_ages(
    rng: np.random.Generator, age: FloatArray | IntArray, world: World
) -> tuple[IntArray, IntArray]:
    """Draw the ages at last and first harm: a geometric number of years back each."""
    back = rng.geometric(world.same_age_harm, (2, len(age))) - 1
    last = np.maximum(age - back[0], YOUNGEST_HARM)
    first = np.maximum(last - back[1], YOUNGEST_HARM)
    return last.astype(np.int64), first.astype(np.int64)


def _grew_up_together(
    rng: np.random.Generator, relationship: TextArray, world: World
) -> AnswerArray:
    """Draw whether the children grew up together, by how they are related."""
    sibling, relative, other = world.together_shares
    share = [
        sibling
        if code.endswith("_sibling")
        else relative
        if code in ("cousin", "other_relative")
        else other
        for code in relationship
    ]
    return answer(rng, np.array(share), world.unknown_share, len(relationship))
