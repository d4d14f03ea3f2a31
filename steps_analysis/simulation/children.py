"""Who are the children referred, and what happened?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.simulation.choices import (
    AnswerArray,
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
    answer,
    known_to_some,
    pick_code,
    placed,
)
from steps_analysis.simulation.dependence import linked_uniform
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
    need
        What binds a child's characteristics and risks together, standard normal; in no
        table, shape (r,).
    exact_age
        Years at referral, with their fraction; in no table, shape (r,).
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

    need: FloatArray
    exact_age: FloatArray
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

    Children keep their characteristics when they are referred again, only older, and so
    is the youngest child involved, by as many years; children of one family share
    ethnic group, deprivation and part of their need.
    Safety plan and agreement are answered afresh at each referral. The younger the
    child, the more often it was a sibling who was harmed; the higher its need, the more
    often it is looked after, has a learning difficulty and lives in a deprived area.

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
    family_of = np.zeros(n_children, dtype=np.int64)
    family_of[child] = family
    family_need, need = _needs(rng, family_of, world)
    youth = rng.standard_normal(n_children)
    age = draw_ages(-youth, world=world)
    last, first = _harm_ages(rng, age, world)
    relationship = _relationships(rng, youth, world)
    together = _grew_up_together(rng, relationship, world)
    youngest_then = np.maximum(last - rng.integers(0, 8, n_children), 1)
    youngest = np.minimum(youngest_then + age - last, age)
    exact = age + rng.random(n_children)
    sex = np.where(rng.random(n_children) < world.male_share, "male", "female")
    difficulty = _linked(rng, need, "learning_difficulty", world)
    looked_after = _linked(rng, need, "looked_after", world)
    ethnic = pick_code(rng, world.ethnic_shares, len(family_need))
    poverty = linked_uniform(rng, family_need, world.loading("deprivation"))
    deprivation = placed(poverty, world.deprivation_shares) + 1
    plan = answer(rng, world.safety_plan_share, world.unknown_share, n)
    agrees = answer(rng, world.family_agrees_share, world.unknown_share, n)
    exact_now = exact[child] + referrals.years_since_first
    now = np.floor(exact_now).astype(np.int64)
    return ChildDraw(
        need=need[child],
        exact_age=exact_now,
        age=now,
        first_harm=first[child],
        last_harm=last[child],
        youngest=youngest[child] + now - age[child],
        sex=sex.astype(object)[child],
        relationship=relationship[child],
        ethnic_group=ethnic[family],
        deprivation=deprivation[family],
        together=together[child],
        safety_plan=plan,
        agrees=agrees,
        learning_difficulty=known_to_some(rng, difficulty, world.unknown_share / 4)[
            child
        ],
        looked_after=looked_after[child].astype(np.int8),
    )


def _needs(
    rng: np.random.Generator, family_of: IntArray, world: World
) -> tuple[FloatArray, FloatArray]:
    """Draw the needs of families, and of their children, who share part of them."""
    n_families = int(family_of.max(initial=-1)) + 1
    shared = rng.standard_normal(n_families)
    own = rng.standard_normal(len(family_of))
    part = world.family_need_share
    return shared, np.sqrt(part) * shared[family_of] + np.sqrt(1 - part) * own


def _linked(
    rng: np.random.Generator, need: FloatArray, name: str, world: World
) -> BoolArray:
    """Draw who has a characteristic of which the world names share and loading."""
    uniform = linked_uniform(rng, need, world.loading(name))
    return np.asarray(uniform < getattr(world, f"{name}_share"))


def _relationships(
    rng: np.random.Generator, youth: FloatArray, world: World
) -> TextArray:
    """Draw how the children are related: siblings, listed first, for the younger."""
    codes = np.array([code for code, _ in world.relationship_shares], dtype=object)
    uniform = linked_uniform(rng, youth, world.loading("sibling"))
    return codes[placed(uniform, [share for _, share in world.relationship_shares])]


def draw_ages(score: FloatArray, *, world: World) -> IntArray:
    """
    Turn standard normal numbers into ages at first referral.

    Parameters
    ----------
    score
        Standard normal numbers, the higher the older, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Completed years: 10 to 17, and a few outside, shape (n,).

    Examples
    --------
    >>> draw_ages(np.array([-3.0, 0.0, 3.0]), world=World()).tolist()
    [7, 14, 18]
    """
    from scipy.special import ndtr

    ages, shares = zip(*sorted(_age_shares(world)), strict=True)
    return np.array(ages, dtype=np.int64)[placed(ndtr(score), shares)]


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
    return float(sum(s for age, s in _age_shares(world) if low <= age <= high))


def _age_shares(world: World) -> list[tuple[int, float]]:
    """List every age at first referral with its share."""
    inside, outside = 1 - world.other_age_share, world.other_age_share
    shares = [(10 + i, share * inside) for i, share in enumerate(world.age_shares)]
    return shares + [(age, share * outside) for age, share in world.other_age_shares]


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
