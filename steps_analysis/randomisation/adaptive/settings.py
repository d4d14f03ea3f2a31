"""Which settings can a covariate-adaptive procedure have?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray

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


def check_weight(name: str, value: object) -> float:
    """
    Refuse anything but a finite number of at least 0.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        What was given.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_weight("stratum", 2)
    2.0
    """
    if not _is_number(value, may_be_zero=True):
        raise ArgumentError(refusal(name, "be a number of at least 0", value))
    return float(value)  # type: ignore[arg-type]  # a number by now


def check_weights(
    given: object, factors: tuple[str, ...], *, may_be_zero: bool = False
) -> tuple[float, ...]:
    """
    Put the weights in the order of the factors; refuse any that is no weight.

    Parameters
    ----------
    given
        A mapping from every factor to its weight, weights in the order of the factors,
        or None for 1 each.
    factors
        The factors' names.
    may_be_zero
        Whether a factor may weigh nothing; else it should not be named.

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
    if len(values) != len(factors) or not all(
        _is_number(value, may_be_zero=may_be_zero) for value in values
    ):
        least = "of at least 0" if may_be_zero else "above 0"
        rule = f"give every factor a number {least}"
        raise ArgumentError(refusal("weights", rule, given))
    return tuple(float(value) for value in values)


def scaled_weights(weights: Weights) -> FloatArray:
    """
    Scale weights until the largest lies in [1, 2): only their proportions matter.

    What counts as a tie but for rounding then does not depend on the unit they were
    given in.

    Parameters
    ----------
    weights
        One weight a factor, above 0, as `check_weights` put them in order.

    Returns
    -------
    numpy.ndarray
        The weights divided by a power of 2, which is exact, shape (factors,).

    Examples
    --------
    >>> scaled_weights((1.0, 0.5)), scaled_weights((20.0, 10.0))
    (array([1. , 0.5]), array([1.25 , 0.625]))
    """
    given = np.array(weights, dtype=np.float64)
    exponent = np.frexp(given.max())[1] - 1
    return np.asarray(np.ldexp(given, -exponent))


def _check_weight_names(given: Mapping[str, object], factors: tuple[str, ...]) -> None:
    """Refuse weights of unknown factors, and factors left out."""
    wrong = sorted({*map(str, given)} ^ {*factors})
    if wrong:
        rule = f"name exactly the factors ({', '.join(factors)})"
        hint = did_you_mean(wrong[0], factors)
        raise ArgumentError(refusal("weights", rule, list(given), hint=hint))


def _is_number(value: object, *, may_be_zero: bool) -> bool:
    """Say whether something is a finite number above 0, or 0 where that may be."""
    if not isinstance(value, int | float | np.number) or isinstance(value, bool):
        return False
    number = float(value)
    return 0 < number < np.inf or (may_be_zero and number == 0)
