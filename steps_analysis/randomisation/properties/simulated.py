"""What a procedure does, estimated from drawn trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.factors import Factors, factor_names, level_codes
from steps_analysis.randomisation.parameters import Ratio, check_whole
from steps_analysis.randomisation.procedures import Procedure, n_arms, ratio_of
from steps_analysis.randomisation.properties.covariates import (
    Levels,
    Population,
    draw_codes,
    level_names,
    population,
)
from steps_analysis.randomisation.properties.judging import unit_of
from steps_analysis.randomisation.properties.margins import (
    margin_distances,
    margin_names,
)
from steps_analysis.randomisation.properties.replaying import (
    COLUMNS,
    Judged,
    Record,
    following,
    joined,
    judge,
    record,
)
from steps_analysis.randomisation.properties.results import (
    FIGURES,
    SimulatedProperties,
)
from steps_analysis.randomisation.properties.tallies import Tally, standard_error
from steps_analysis.randomisation.walking import Choose, arm_below
from steps_analysis.randomness import Stream, generator

_CHUNK = 1024  # trials judged side by side; bounds the memory

_Batch: TypeAlias = tuple[Record, IntArray]
"""Trials drawn side by side, and the level codes of each (or once, for all of them)."""


def simulate_balance(
    procedure: Procedure,
    n: int,
    n_trials: int,
    *,
    factors: Factors | Levels = None,
    seed: int,
) -> SimulatedProperties:
    """
    Estimate what a procedure does from drawn trials.

    Parameters
    ----------
    procedure
        The procedure.
    n
        Participants per trial, at least 1.
    n_trials
        How many trials are drawn, at least 2.
    factors
        Needed by a covariate-adaptive procedure. Levels of the n participants, the same
        in every trial (see `level_codes`); or a description from which every trial
        draws participants of its own, the factors independent of each other: factor to
        {level: probability}.
    seed
        The seed. Trial i is drawn from child i of its stream.

    Returns
    -------
    SimulatedProperties
        The figures of `exact_properties` with their Monte Carlo standard errors, and
        the imbalance at every level of every factor.

    Raises
    ------
    ArgumentError
        If a number is impossible, or a description of factors is.
    DataError
        If the participants' levels break their rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import Minimisation
    >>> sites = {"site": {"Borough A": 0.5, "Borough B": 0.5}}
    >>> found = simulate_balance(
    ...     Minimisation(["site"], p=1), 8, 20, factors=sites, seed=1
    ... )
    >>> bool(found.margins["absolute_imbalance"].max() <= 1)
    True
    """
    check_whole("n", n, least=1)
    check_whole("n_trials", n_trials, least=2)
    if isinstance(factors, Mapping) and factor_names(procedure):
        people = population(procedure, factors)
        names = people.levels
        batches = _fresh(procedure, people, n, n_trials, seed=seed)
    else:
        known = None if isinstance(factors, Mapping) else factors
        codes = level_codes(procedure, known, n=n)
        names = level_names(procedure, known)
        batches = _fixed(procedure, codes, n_trials, seed=seed)
    return _summary(procedure, n, n_trials, names, batches, seed=seed)


def _fixed(
    procedure: Procedure, codes: IntArray, n_trials: int, *, seed: int
) -> Iterator[_Batch]:
    """Draw trials of the same participants."""
    # Late: it imports the compiler.
    from steps_analysis.randomisation.kernels.drawing import arm_blocks

    stream = Stream.SIMULATED_BALANCE
    blocks = arm_blocks(procedure, codes, n_trials, stream=stream, seed=seed)
    for _, arms in blocks:
        now = np.transpose(arms)
        seen = record(procedure, following(now), codes=codes, n_sequences=len(now))
        yield seen, codes[None]


def _fresh(
    procedure: Procedure, people: Population, n: int, n_trials: int, *, seed: int
) -> Iterator[_Batch]:
    """Draw trials, each of its own participants."""
    for first in range(0, n_trials, _CHUNK):
        trials = range(first, min(first + _CHUNK, n_trials))
        codes = np.stack([draw_codes(people, n, seed=seed, trial=i) for i in trials])
        seen = [
            record(procedure, _toss(n, seed, trial), codes=own, n_sequences=1)
            for trial, own in zip(trials, codes, strict=True)
        ]
        yield joined(seen), codes


def _toss(n: int, seed: int, trial: int) -> Choose:
    """Draw the arms of one trial from its own child of the stream."""
    uniforms = generator(seed, Stream.SIMULATED_BALANCE, trial).random((n, 1))
    return lambda place, probabilities: arm_below(uniforms[place], probabilities)


def _summary(
    procedure: Procedure,
    n: int,
    n_trials: int,
    names: tuple[tuple[str, ...], ...],
    batches: Iterator[_Batch],
    *,
    seed: int,
) -> SimulatedProperties:
    """Add up all batches."""
    ratio, sizes = ratio_of(procedure), [len(levels) for levels in names]
    unit, tally = unit_of(ratio), Tally(n, total=n_trials)
    figures = np.zeros((2, len(FIGURES)))
    margins = np.zeros((3, len(margin_names(factor_names(procedure), names))))
    for seen, codes in batches:
        weights = np.ones(seen.arms.shape[1])
        judged = judge(seen, ratio, weights)
        tally.add(judged, weights)
        of_each = _figures(judged, n, unit, n_arms(procedure))
        figures += of_each @ weights, of_each**2 @ weights
        if names:
            margins += _margin_sums(seen, codes, sizes, ratio)
    return SimulatedProperties(
        procedure=procedure,
        n=n,
        n_trials=n_trials,
        imbalance=tally.imbalance(unit),
        maximum_imbalance=tally.maximum_imbalance(unit),
        by_step=tally.by_step(),
        by_step_standard_error=tally.by_step_standard_error(),
        standard_error=_errors(figures / n_trials, n_trials),
        margins=_margin_table(procedure, names, margins) if names else None,
        seed=seed,
    )


def _errors(moments: FloatArray, n_trials: int) -> dict[str, float]:
    """Give the error of every figure, from its mean and that of its square."""
    mean, squares = moments
    errors = standard_error(mean, squares, n_trials).tolist()
    return dict(zip(FIGURES, errors, strict=True))


def _figures(judged: Judged, n: int, unit: int, n_arms: int) -> FloatArray:
    """Every figure of each trial, in the order of `results.FIGURES`."""
    mean = dict(zip(COLUMNS, judged.means, strict=True))
    d, right = np.abs(judged.final) / unit, mean["correct_guess"]
    by_name = {
        "expected_absolute_imbalance": d,
        "expected_loss": d**2 / n,
        "expected_maximum_imbalance": judged.largest / unit,
        "correct_guesses": right,
        "correct_guesses_divergence": mean["correct_guess_divergence"],
        "expected_excess_correct_guesses": n * (right - 1 / n_arms),
        "deterministic_share": mean["deterministic"],
        "entropy": mean["entropy"],
    }
    return np.array([by_name[name] for name in FIGURES])


def _margin_sums(
    seen: Record, codes: IntArray, sizes: list[int], ratio: Ratio
) -> FloatArray:
    """Count, sum and sum of squares of every margin's |D|, over trials that have it."""
    apart = margin_distances(seen.arms.T, codes, sizes, ratio)
    there = ~np.isnan(apart)
    known = np.where(there, apart, 0.0)
    return np.array([there.sum(axis=1), known.sum(axis=1), (known**2).sum(axis=1)])


def _margin_table(
    procedure: Procedure, names: tuple[tuple[str, ...], ...], sums: FloatArray
) -> pd.DataFrame:
    """Write the margins as a table; NaN for a level that too few trials have."""
    rows = margin_names(factor_names(procedure), names)
    count = np.where(sums[0] > 1, sums[0], np.nan)
    mean, squares = sums[1] / count, sums[2] / count
    return pd.DataFrame(
        {
            "factor": [factor for factor, _ in rows],
            "level": [level for _, level in rows],
            "absolute_imbalance": mean,
            "standard_error": standard_error(mean, squares, count),
        }
    )
