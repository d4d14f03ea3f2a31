"""Measure several procedures on the same participants, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.biases.rejection import T_TEST, Test
from steps_analysis.randomisation.comparing.criteria import (
    Criterion,
    check_criteria,
    check_weights,
)
from steps_analysis.randomisation.comparing.measures import Measured, draw
from steps_analysis.randomisation.factors import check_people
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import (
    Procedure,
    n_arms,
    name_of,
    ratio_of,
)
from steps_analysis.randomness import Stream, generator

Crowds: TypeAlias = pd.DataFrame | Sequence[pd.DataFrame] | None
"""Participants in order of entry: one table, or several of equally many rows."""


def compare(
    procedures: Mapping[str, Procedure] | Sequence[Procedure],
    n: int,
    *,
    criteria: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    endpoint: Test | None = None,
    factors: Crowds = None,
    site: str = "site",
    n_draws: int = 10_000,
    seed: int,
) -> pd.DataFrame:
    """
    Compare randomisation procedures by what a steering committee cares about.

    Every procedure allocates the same participants, in the same order, from the same
    random numbers; so their differences are better known than their values.

    Parameters
    ----------
    procedures
        The procedures by name, or in a list, to be named after their parameters; each
        of two arms.
    n
        How many participants, at least 2.
    criteria
        Names of criteria; see `CRITERIA`. None for all that can be asked: without
        factors, or without a site among them, some cannot.
    weights
        Weight of each criterion in the score; those left out keep their own.
    endpoint
        The test whose type I error is asked for; None for the t test.
    factors
        The participants' factors in order of entry, every column but ``family_id`` one
        of them: one table, or several, over which answers are averaged. Needed by
        covariate-adaptive procedures.
    site
        Name of the factor that is the site.
    n_draws
        How many sequences each procedure draws, over all tables together.
    seed
        The seed.

    Returns
    -------
    pandas.DataFrame
        One row a procedure, in the order given, indexed by its name. Columns: each
        criterion in its own unit, its Monte Carlo standard error under the same name
        with ``_error``, and ``score`` from 0 to 1: what the answers are worth, averaged
        by weight.

    Raises
    ------
    ArgumentError
        If an argument is impossible, a procedure has more than two arms, or two have
        different ratios.
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import CompleteRandomisation, PermutedBlocks
    >>> two = [CompleteRandomisation(), PermutedBlocks(2)]
    >>> asked = ["guesses", "certain"]
    >>> found = compare(two, 8, criteria=asked, n_draws=2_000, seed=1)
    >>> found["certain"].tolist(), found["guesses"].round().tolist()
    ([0.0, 50.0], [0.0, 25.0])
    >>> found["score"].idxmax()
    'complete-randomisation'
    """
    named = _named(procedures)
    check_whole("n", n, least=2)
    crowds = _crowds(factors, n=n)
    check_whole("n_draws", n_draws, least=2 * len(crowds))
    asked = check_criteria(criteria)
    check_weights(weights, asked)
    is_known = crowds[0] is not None and site in crowds[0].columns
    measured = {
        name: _measured(
            procedure,
            crowds,
            asked,
            site=site if is_known else None,
            n_sequences=n_draws // len(crowds),
            test=T_TEST if endpoint is None else endpoint,
            seed=seed,
            n=n,
        )
        for name, procedure in named.items()
    }
    table = pd.DataFrame.from_dict(measured, orient="index").rename_axis("procedure")
    answered = tuple(one for one in asked if one.name in table)
    return table.assign(score=score(table, check_weights(weights, answered)))


def score(table: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series[float]:
    """
    Weigh what was measured.

    Parameters
    ----------
    table
        As `compare` gives it.
    weights
        The share of each criterion; see `check_weights`.

    Returns
    -------
    pandas.Series
        From 0 to 1 for each procedure.

    Examples
    --------
    >>> measured = pd.DataFrame({"arms": [0.0, 2.5]}, index=["blocks", "coin"])
    >>> score(measured, {"arms": 1.0}).tolist()
    [1.0, 0.5]
    """
    total = pd.Series(0.0, index=table.index)
    for one in check_criteria([*weights]):
        worth = one.worth(table[one.name].to_numpy(dtype=float))
        total += weights[one.name] * worth
    return total


def label(procedure: Procedure) -> str:
    """
    Name a procedure by what it is and its parameters.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    str
        The name it has in a protocol, and its first parameter where it has one.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, RandomPermutedBlocks
    >>> label(BigStick(3)), label(RandomPermutedBlocks([4, 2]))
    ('big-stick 3', 'random-permuted-blocks 2, 4')
    """
    values = [getattr(procedure, name) for name in _positional(procedure)]
    shown = [
        ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value:.4g}"
        for value in values
        if value is not None
    ]
    return " ".join([name_of(type(procedure)), *shown])


def _positional(procedure: Procedure) -> list[str]:
    """List the parameters that are given by position."""
    return list(type(procedure).__match_args__)


def _named(
    procedures: Mapping[str, Procedure] | Sequence[Procedure],
) -> dict[str, Procedure]:
    """Name the procedures; refuse none, two of one name, and more than two arms."""
    if isinstance(procedures, Mapping):
        named = dict(procedures)
    else:
        named = {label(one): one for one in procedures}
    if not named or len(named) < len(procedures):
        rule = "be at least one, each with a name of its own"
        hint = "give a mapping from name to procedure"
        raise ArgumentError(refusal("procedures", rule, [*named], hint=hint))
    for name, one in named.items():
        if n_arms(one) != 2:
            rule = "have two arms each, to be compared"
            raise ArgumentError(refusal("procedures", rule, name))
    ratios = {ratio_of(one) for one in named.values()}
    if len(ratios) > 1:
        rule = "have one ratio: what is lost and guessed depends on it"
        raise ArgumentError(refusal("procedures", rule, sorted(ratios)))
    return named


def _crowds(factors: Crowds, *, n: int) -> list[pd.DataFrame | None]:
    """List the tables of participants; one of nothing where there is none."""
    if factors is None:
        return [None]
    tables = [factors] if isinstance(factors, pd.DataFrame) else [*factors]
    if not tables or any(len(table) != n for table in tables):
        rule = f"be tables of {n} rows each, one row a participant"
        given = [len(table) for table in tables]
        raise ArgumentError(refusal("factors", rule, given))
    return [check_people(table) for table in tables]


def _measured(
    procedure: Procedure,
    crowds: list[pd.DataFrame | None],
    criteria: tuple[Criterion, ...],
    *,
    n_sequences: int,
    seed: int,
    **setting: object,
) -> dict[str, float]:
    """Answer every criterion that can be asked, with its error."""
    answers: dict[str, list[Measured]] = {one.name: [] for one in criteria}
    for i, people in enumerate(crowds):
        own = int(generator(seed, Stream.COMPARED_CROWDS, i).integers(2**62))
        drawn = draw(procedure, people, n_sequences=n_sequences, seed=own, **setting)  # type: ignore[arg-type]  # n, site and test
        for one in criteria:
            found = one.measure(drawn)
            if found is not None:
                answers[one.name].append(found)
    row: dict[str, float] = {}
    for name, by_crowd in answers.items():
        if by_crowd:
            row[name], row[f"{name}_error"] = _over_crowds(by_crowd)
    return row


def _over_crowds(by_crowd: list[Measured]) -> Measured:
    """Average over crowds; the error is that between them, or within the only one."""
    if len(by_crowd) == 1:
        return by_crowd[0]
    values = np.array([found.value for found in by_crowd])
    return Measured(
        float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    )
