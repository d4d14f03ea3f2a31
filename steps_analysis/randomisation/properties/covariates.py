"""Participants of a simulated trial: known ones, or fresh ones in every trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.factors import Factors, factor_names
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomness import Stream, generator

Levels: TypeAlias = Mapping[str, Mapping[str, float]]
"""Factor to {level: probability}: who might take part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """
    Independent factors, from which fresh participants are drawn.

    Attributes
    ----------
    levels
        The levels' names, by factor.
    chances
        Their probabilities, by factor.
    """

    levels: tuple[tuple[str, ...], ...]
    chances: tuple[tuple[float, ...], ...]


def population(procedure: Procedure, described: Levels) -> Population:
    """
    Read the description of those who might take part.

    Parameters
    ----------
    procedure
        The procedure whose factors are wanted; others are ignored.
    described
        Every factor to its levels and their probabilities.

    Returns
    -------
    Population
        In the order of the procedure's factors.

    Raises
    ------
    ArgumentError
        If a factor is absent, or its probabilities are none.

    Examples
    --------
    >>> from steps_analysis.randomisation import Minimisation
    >>> population(Minimisation(["sex"]), {"sex": {"f": 0.1, "m": 0.9}}).chances
    ((0.1, 0.9),)
    """
    names = factor_names(procedure)
    for name in names:
        if name not in described:
            rule = f"describe the factor '{name}'"
            hint = did_you_mean(name, described)
            raise ArgumentError(refusal("factors", rule, [*described], hint=hint))
        _check_chances(name, described[name])
    return Population(
        levels=tuple(tuple(map(str, described[name])) for name in names),
        chances=tuple(tuple(described[name].values()) for name in names),
    )


def _check_chances(factor: str, chances: object) -> None:
    """Refuse what is no distribution over the levels."""
    values = [*chances.values()] if isinstance(chances, Mapping) else []
    is_chance = [
        isinstance(value, int | float | np.number) and value >= 0 for value in values
    ]
    if not values or not all(is_chance) or abs(sum(values) - 1) > 1e-9:
        rule = "give the levels probabilities of at least 0 that sum to 1"
        raise ArgumentError(refusal(f"factors['{factor}']", rule, chances))


def draw_codes(people: Population, n: int, *, seed: int, trial: int) -> IntArray:
    """
    Draw the participants of one trial.

    Parameters
    ----------
    people
        Who might take part.
    n
        How many do.
    seed
        The seed.
    trial
        Number of the trial, from 0: it has participants of its own, however many trials
        there are.

    Returns
    -------
    numpy.ndarray
        Level codes, shape (n, factors).

    Examples
    --------
    >>> one = Population(levels=(("f", "m"),), chances=((0.0, 1.0),))
    >>> draw_codes(one, 3, seed=1, trial=0).ravel()
    array([1, 1, 1])
    """
    rng = generator(seed, Stream.SIMULATED_PARTICIPANTS, trial)
    uniforms = rng.random((n, len(people.chances)))
    columns = [
        _level_below(uniforms[:, place], np.array(chances))
        for place, chances in enumerate(people.chances)
    ]
    return np.column_stack(columns)


def _level_below(uniforms: FloatArray, chances: FloatArray) -> IntArray:
    """Turn uniform numbers into levels; the edges divide [0, 1)."""
    edges = np.cumsum(chances)
    return np.searchsorted(edges / edges[-1], uniforms, side="right")


def level_names(procedure: Procedure, factors: Factors) -> tuple[tuple[str, ...], ...]:
    """
    Name the levels of each factor, in the order of their codes.

    Parameters
    ----------
    procedure
        The procedure whose factors are wanted.
    factors
        The participants' levels; see `level_codes`.

    Returns
    -------
    tuple of tuple of str
        The names by factor; the given numbers where levels came as numbers.

    Examples
    --------
    >>> from steps_analysis.randomisation import Minimisation
    >>> level_names(Minimisation(["sex"]), pd.DataFrame({"sex": ["m", "f", "m"]}))
    (('f', 'm'),)
    """
    names = factor_names(procedure)
    if isinstance(factors, pd.DataFrame):
        return tuple(
            tuple(sorted(factors[name].astype(str).unique())) for name in names
        )
    columns = np.asarray(factors).T if names else ()
    return tuple(tuple(map(str, np.unique(column))) for column in columns)
