"""Which settings can a covariate-adaptive procedure have?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal

Weights: TypeAlias = Mapping[str, float] | tuple[float, ...] | None
"""A weight for each factor, by name or in the order of the factors."""


def check_choice(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """
    Refuse a word that is not among the accepted ones.

    Parameters
    ----------
    name
        The argument, for the message.
    given
        What was given.
    accepted
        The words accepted.

    Raises
    ------
    ArgumentError
        If it is another word.

    Examples
    --------
    >>> check_choice("ties", "ratio", ("ratio",))
    """
    if given not in accepted:
        hint = did_you_mean(given, accepted)
        rule = f"be one of {', '.join(accepted)}"
        raise ArgumentError(refusal(name, rule, given, hint=hint))


def check_weights(given: object, factors: tuple[str, ...]) -> tuple[float, ...]:
    """
    Put the weights in the order of the factors; refuse any that is no weight.

    Parameters
    ----------
    given
        A mapping from every factor to its weight, weights in the order of the factors,
        or None for 1 each.
    factors
        The factors' names.

    Returns
    -------
    tuple of float
        One weight a factor.

    Raises
    ------
    ArgumentError
        If a factor is unknown or left out, or a weight is not above 0.

    Examples
    --------
    >>> check_weights({"sex": 1, "site": 2}, ("site", "sex"))
    (2.0, 1.0)
    """
    if given is None:
        return (1.0,) * len(factors)
    if isinstance(given, Mapping):
        _check_weight_names(given, factors)
        given = tuple(given[name] for name in factors)
    values = tuple(given) if isinstance(given, tuple | list) else ()
    if len(values) != len(factors) or not all(_is_weight(value) for value in values):
        rule = "give every factor a number above 0"
        raise ArgumentError(refusal("weights", rule, given))
    return tuple(float(value) for value in values)


def _check_weight_names(given: Mapping[str, object], factors: tuple[str, ...]) -> None:
    """Refuse weights of unknown factors, and factors left out."""
    wrong = sorted({*map(str, given)} ^ {*factors})
    if wrong:
        rule = f"name exactly the factors ({', '.join(factors)})"
        hint = did_you_mean(wrong[0], factors)
        raise ArgumentError(refusal("weights", rule, list(given), hint=hint))


def _is_weight(value: object) -> bool:
    """Say whether something is a finite number above 0."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(
        value, bool
    )
    return is_number and 0 < float(value) < np.inf  # type: ignore[arg-type]  # a number
