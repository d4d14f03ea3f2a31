"""What a procedure is judged by: the questions, their units, good and bad answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.comparing.measures import (
    Drawn,
    Measured,
    certain,
    guessed,
    guessed_at_site,
    lost_to_arms,
    lost_within_factors,
    rejected_with_drift,
    rejected_with_guessing,
)

Measure: TypeAlias = Callable[[Drawn], Measured | None]
"""Answers a question about drawn sequences; None where it cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """
    One question to a procedure.

    Attributes
    ----------
    name
        A word for tables and weights.
    question
        What is asked, in words.
    unit
        Unit of the answer.
    good, bad
        Answers worth 1 and 0; between them worth falls in a straight line, beyond them
        it stays. Good lies below bad.
    weight
        Its weight unless another is given.
    measure
        How it is answered.

    Examples
    --------
    >>> CRITERIA["arms"].worth(np.array([0.0, 1.0, 5.0, 9.0])).tolist()
    [1.0, 0.8, 0.0, 0.0]
    """

    name: str
    question: str
    unit: str
    good: float
    bad: float
    weight: float
    measure: Measure

    def worth(self, answer: FloatArray) -> FloatArray:
        """
        Say what answers are worth.

        Parameters
        ----------
        answer
            The answers, in the criterion's unit.

        Returns
        -------
        numpy.ndarray
            From 1 (good) to 0 (bad), the same shape.
        """
        return np.clip((self.bad - answer) / (self.bad - self.good), 0.0, 1.0)


CRITERIA: dict[str, Criterion] = {
    one.name: one
    for one in (
        Criterion(
            name="arms",
            question="How much of what the families tell is lost because the arms "
            "differ in size?",
            unit="% of participants",
            good=0,
            bad=5,
            weight=4,
            measure=lost_to_arms,
        ),
        Criterion(
            name="factors",
            question="How much is lost because the arms differ in size within the "
            "levels of a factor, on average over the factors?",
            unit="% of participants",
            good=0,
            bad=20,
            weight=4,
            measure=lost_within_factors,
        ),
        Criterion(
            name="guesses",
            question="How much oftener than by chance is the next arm guessed by "
            "somebody who knows all earlier ones?",
            unit="percentage points",
            good=0,
            bad=25,
            weight=3,
            measure=guessed,
        ),
        Criterion(
            name="site_guesses",
            question="How much oftener than by chance is the next arm guessed by "
            "somebody who knows the earlier ones at the same site?",
            unit="percentage points",
            good=0,
            bad=25,
            weight=3,
            measure=guessed_at_site,
        ),
        Criterion(
            name="certain",
            question="How often is the next arm certain to somebody who knows the "
            "procedure, the factors and all earlier arms?",
            unit="% of allocations",
            good=0,
            bad=50,
            weight=3,
            measure=certain,
        ),
        Criterion(
            name="drift",
            question="How often does a t test find a difference that is not there, if "
            "outcomes drift by one standard deviation over the trial?",
            unit="% of trials",
            good=5,
            bad=10,
            weight=4,
            measure=rejected_with_drift,
        ),
        Criterion(
            name="selection",
            question="How often does a t test find a difference that is not there, if "
            "somebody who guesses the arm brings families half a standard deviation "
            "better off?",
            unit="% of trials",
            good=5,
            bad=10,
            weight=3,
            measure=rejected_with_guessing,
        ),
    )
}
"""The criteria there are, by name; good and bad answers are decisions of this package.

Good answers to ``guesses`` and ``certain`` are those of a coin toss, bad ones those of
pairs; 5% is the level the test promises. What is lost is bad where it outweighs what
recruitment of the next borough would add. The three criteria that speak for balance
weigh as much together as the four that speak against foresight.
"""


def check_criteria(names: Sequence[str] | None) -> tuple[Criterion, ...]:
    """
    Find criteria by name.

    Parameters
    ----------
    names
        The names; None for all.

    Returns
    -------
    tuple of Criterion
        In the order given.

    Raises
    ------
    ArgumentError
        If there is none, or one is unknown.

    Examples
    --------
    >>> [one.name for one in check_criteria(["arms", "guesses"])]
    ['arms', 'guesses']
    """
    if names is None:
        return tuple(CRITERIA.values())
    given = [names] if isinstance(names, str) else [*names]
    for name in given:
        if name not in CRITERIA:
            rule = f"be among {', '.join(CRITERIA)}"
            hint = did_you_mean(name, CRITERIA)
            raise ArgumentError(refusal("criteria", rule, name, hint=hint))
    if not given or len(set(given)) < len(given):
        rule = "name at least one criterion, and each once"
        raise ArgumentError(refusal("criteria", rule, names))
    return tuple(CRITERIA[name] for name in given)


def check_weights(
    given: Mapping[str, float] | None, criteria: tuple[Criterion, ...]
) -> dict[str, float]:
    """
    Read the weights of criteria, as shares.

    Parameters
    ----------
    given
        A mapping from criterion to weight; those left out keep their own. None: all do.
    criteria
        The criteria.

    Returns
    -------
    dict
        Each criterion's share of the whole weight.

    Raises
    ------
    ArgumentError
        If a criterion is unknown, a weight is negative or no number, or all are 0.

    Examples
    --------
    >>> check_weights({"arms": 9}, check_criteria(["arms", "guesses"]))
    {'arms': 0.75, 'guesses': 0.25}
    """
    names = [one.name for one in criteria]
    weights = {one.name: one.weight for one in criteria}
    for name, weight in (given or {}).items():
        if name not in weights:
            rule = f"be given for the criteria compared ({', '.join(names)})"
            hint = did_you_mean(name, names)
            raise ArgumentError(refusal("weights", rule, name, hint=hint))
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not 0 <= weight < float("inf"):
            rule = "be finite numbers of at least 0"
            raise ArgumentError(refusal("weights", rule, weight))
        weights[name] = float(weight)
    total = sum(weights.values())
    if not total > 0:
        raise ArgumentError(refusal("weights", "not all be 0", given))
    return {name: weight / total for name, weight in weights.items()}
