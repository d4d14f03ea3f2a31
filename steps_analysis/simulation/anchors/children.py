"""Which figures of the children referred must the world give back?"""

from __future__ import annotations

from functools import partial

import numpy as np

from steps_analysis.simulation.anchors.anchor import Anchor, Count, share
from steps_analysis.simulation.choices import BoolArray
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.world import WORLD


def _first_child(one: TrialArrays) -> BoolArray:
    """Say which referrals are a child's first."""
    return np.equal(one.entry.referrals.years_since_first, 0)


def _aged(one: TrialArrays, *, oldest: int, youngest: int = 10) -> Count:
    age = one.entry.children.age
    trial_age = _first_child(one) & (age >= 10) & (age <= 17)
    return share((age >= youngest) & (age <= oldest), trial_age)


def _form(one: TrialArrays, *, name: str, value: object) -> Count:
    """Count an answer among the known ones of a child's first referral."""
    values = getattr(one.entry.children, name)
    return share(values == value, _first_child(one) & (values != -1))


def _sibling(one: TrialArrays) -> Count:
    codes = one.entry.children.relationship.astype(str)
    return share(np.char.endswith(codes, "_sibling"), _first_child(one))


CHILDREN = (
    Anchor(
        says="age 13 or less, of ages 10 to 17 (a third)",
        mark="P",
        expected=0.32,
        precision=0.02,
        counted=partial(_aged, oldest=13),
    ),
    *(
        Anchor(
            says=f"age {age}, of ages 10 to 17",
            mark="A",
            expected=part,
            precision=0.0,
            counted=partial(_aged, youngest=age, oldest=age),
        )
        for age, part in zip(range(10, 18), WORLD.age_shares, strict=True)
    ),
    Anchor(
        says="male",
        mark="A",
        expected=0.96,
        precision=0.0,
        counted=partial(_form, name="sex", value="male"),
    ),
    Anchor(
        says="learning difficulty, where known",
        mark="A",
        expected=0.35,
        precision=0.0,
        counted=partial(_form, name="learning_difficulty", value=1),
    ),
    Anchor(
        says="looked after",
        mark="A",
        expected=0.25,
        precision=0.0,
        counted=partial(_form, name="looked_after", value=1),
    ),
    Anchor(
        says="a sibling was harmed",
        mark="A",
        expected=0.30,
        precision=0.0,
        counted=_sibling,
    ),
)
"""Anchors of age, sex, need and relationship."""
