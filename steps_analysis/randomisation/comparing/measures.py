"""How each criterion is measured: on sequences that a procedure draws for a crowd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.biases.assumptions import (
    Bias,
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.biases.guesses import correct_guesses, seen_together
from steps_analysis.randomisation.biases.rejection import (
    T_TEST,
    Test,
    rejection_probability,
)
from steps_analysis.randomisation.draw import draw_sequences
from steps_analysis.randomisation.factors import level_codes
from steps_analysis.randomisation.procedures import Procedure, ratio_of
from steps_analysis.randomisation.walking import ArmArray, walk

DRIFT = ChronologicalBias(1.0)
"""One standard deviation from the first participant to the last, in a straight line."""
GUESSING_SHIFT = 0.5
"""Standard deviations by which a guesser chooses whom to bring."""


class Measured(NamedTuple):
    """
    One answer.

    Attributes
    ----------
    value
        The answer, in the criterion's unit.
    error
        Its Monte Carlo standard error.
    """

    value: float
    error: float


_CERTAIN = 1e-12  # a probability this close to 1 is 1 but for rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """
    Sequences that a procedure drew for one crowd of participants.

    Attributes
    ----------
    procedure
        The procedure.
    arms
        The sequences, shape (n_sequences, n).
    people
        The participants' factors in order of entry, one column a factor; None where
        nothing is known of them.
    site
        Name of the factor that is the site; None where there is none.
    test
        The test whose type I error is asked for.
    seed
        The seed the sequences came from.
    """

    procedure: Procedure
    arms: ArmArray
    people: pd.DataFrame | None
    site: str | None
    test: Test = field(default=T_TEST)
    seed: int

    @property
    def codes(self) -> IntArray:
        """Levels of the procedure's own factors, shape (n, factors)."""
        return level_codes(self.procedure, self.people, n=self.arms.shape[1])


def draw(
    procedure: Procedure,
    people: pd.DataFrame | None,
    *,
    n: int,
    n_sequences: int,
    site: str | None,
    test: Test,
    seed: int,
) -> Drawn:
    """
    Draw sequences for a crowd.

    Parameters
    ----------
    procedure
        The procedure.
    people
        The participants' factors; None where nothing is known of them.
    n
        How many participants.
    n_sequences
        How many sequences.
    site
        Name of the factor that is the site, or None.
    test
        The test whose type I error is asked for.
    seed
        The seed.

    Returns
    -------
    Drawn
        The sequences.
    """
    arms = draw_sequences(procedure, n, n_sequences, factors=people, seed=seed)
    return Drawn(
        procedure=procedure, arms=arms, people=people, site=site, test=test, seed=seed
    )


def information_lost(
    arms: ArmArray, group: IntArray, ratio: tuple[int, ...]
) -> FloatArray:
    """
    Say which share of the participants tells nothing because groups are out of balance.

    A difference of two means rests on n_t n_c / n; that is most where the arms hold
    their ratio. Summed over groups, it is what a comparison within groups rests on.

    Parameters
    ----------
    arms
        The sequences, shape (n_sequences, n); 1 = treatment.
    group
        The group of each participant, codes from 0, shape (n,).
    ratio
        The parts of treatment and control.

    Returns
    -------
    numpy.ndarray
        The share lost in each sequence, shape (n_sequences,): at 1:1 the sum over
        groups of D^2 / n_group, over n.

    References
    ----------
    .. [1] Atkinson, A. C. (2002), Journal of the Royal Statistical Society A 165,
       349-373.

    Examples
    --------
    >>> information_lost(np.array([[1, 1, 1, 0]]), np.zeros(4, int), (1, 1)).tolist()
    [0.25]
    """
    n = arms.shape[1]
    is_in = np.eye(group.max() + 1)[group]  # (n, groups)
    size, treated = is_in.sum(axis=0), arms @ is_in
    kept = (treated * (size - treated) / size).sum(axis=1)
    most = n * ratio[0] * ratio[1] / sum(ratio) ** 2
    return np.asarray(1 - kept / most)


def lost_to_arms(drawn: Drawn) -> Measured:
    """
    Measure what is lost because the arms differ in size.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured
        Per cent of the participants.
    """
    everybody = np.zeros(drawn.arms.shape[1], dtype=np.int64)
    lost = information_lost(drawn.arms, everybody, ratio_of(drawn.procedure))
    return _mean(100 * lost)


def lost_within_factors(drawn: Drawn) -> Measured | None:
    """
    Measure what is lost within the levels of a factor, on average over the factors.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured or None
        Per cent of the participants; None where no factor is known.
    """
    if drawn.people is None or not len(drawn.people.columns):
        return None
    ratio = ratio_of(drawn.procedure)
    columns = [pd.factorize(column, sort=True)[0] for _, column in drawn.people.items()]
    lost = [information_lost(drawn.arms, codes, ratio) for codes in columns]
    return _mean(100 * np.mean(lost, axis=0))


def guessed(drawn: Drawn) -> Measured:
    """
    Measure how much oftener than by chance the arm that is behind comes next.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured
        By how many percentage points one who knows all earlier ones guesses more than
        by naming the arm that has the largest part of the ratio.
    """
    ratio = ratio_of(drawn.procedure)
    return _beyond_chance(correct_guesses(drawn.arms, ratio=ratio), drawn)


def guessed_at_site(drawn: Drawn) -> Measured | None:
    """
    Measure how much oftener than by chance a site's own arm behind comes next there.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured or None
        As in `guessed`, of one who knows the site's earlier ones; None where no site is
        known.
    """
    if drawn.site is None:
        return None
    n = drawn.arms.shape[1]
    seen = seen_together(drawn.site, drawn.procedure, drawn.people, n=n)
    ratio = ratio_of(drawn.procedure)
    return _beyond_chance(correct_guesses(drawn.arms, ratio=ratio, seen=seen), drawn)


def certain(drawn: Drawn) -> Measured:
    """
    Measure how often the next arm is certain.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured
        Per cent of the allocations of which one arm has probability 1 to somebody who
        knows the procedure, the factors and all earlier arms.
    """
    n_sequences, n = drawn.arms.shape
    times = np.zeros(n_sequences)

    def follow(place: int, probabilities: FloatArray) -> ArmArray:
        np.add(times, probabilities.max(axis=0) >= 1 - _CERTAIN, out=times)
        return drawn.arms[:, place]

    walk(drawn.procedure, follow, codes=drawn.codes, n=n, n_sequences=n_sequences)
    return _mean(100 * times / n)


def rejected_with_drift(drawn: Drawn) -> Measured:
    """
    Measure the type I error where outcomes drift.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured
        Per cent of trials.
    """
    return _rejected(drawn, DRIFT)


def rejected_with_guessing(drawn: Drawn) -> Measured:
    """
    Measure the type I error where somebody guesses the arm and enrols accordingly.

    Parameters
    ----------
    drawn
        The sequences.

    Returns
    -------
    Measured
        Per cent of trials; the guesser knows the earlier allocations of the
        site, or all where no site is known.
    """
    return _rejected(drawn, SelectionBias(GUESSING_SHIFT, looks_at=drawn.site))


def _beyond_chance(right: FloatArray, drawn: Drawn) -> Measured:
    """Take off what naming the largest arm every time would get; nobody does worse."""
    ratio = ratio_of(drawn.procedure)
    found = _mean(100 * (right / drawn.arms.shape[1] - max(ratio) / sum(ratio)))
    return found._replace(value=max(found.value, 0.0))


def _mean(values: FloatArray) -> Measured:
    """Average over the sequences."""
    return Measured(
        float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    )


def _rejected(drawn: Drawn, bias: Bias) -> Measured:
    """Ask for the type I error over the same sequences."""
    n_sequences, n = drawn.arms.shape
    found = rejection_probability(
        drawn.procedure,
        n,
        bias=bias,
        test=drawn.test,
        factors=drawn.people,
        n_draws=n_sequences,
        seed=drawn.seed,
    )
    return Measured(100 * found.value, 100 * found.standard_error)
