"""The answers: what a procedure does, exactly or estimated from drawn sequences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from steps_analysis.randomisation.procedures import Procedure, n_arms

FIGURES = (
    "expected_absolute_imbalance",
    "expected_loss",
    "expected_maximum_imbalance",
    "correct_guesses",
    "correct_guesses_divergence",
    "expected_excess_correct_guesses",
    "deterministic_share",
    "entropy",
)
"""The figures every answer holds, in the order of its table."""


class _Properties:
    """The figures that follow from two distributions and the means by step."""

    __slots__ = ()

    procedure: Procedure
    n: int
    imbalance: Mapping[float, float]
    maximum_imbalance: Mapping[float, float] | None
    by_step: pd.DataFrame

    @property
    def expected_absolute_imbalance(self) -> float:
        """
        Expected distance of the arms at the end.

        Returns
        -------
        float
            E|D|.
        """
        return sum(abs(d) * chance for d, chance in self.imbalance.items())

    @property
    def expected_loss(self) -> float:
        """
        Expected number of participants that imbalance costs.

        Returns
        -------
        float
            E(D^2) / n.
        """
        return sum(d * d * chance for d, chance in self.imbalance.items()) / self.n

    @property
    def expected_maximum_imbalance(self) -> float:
        """
        Expected largest distance of the arms on the way.

        Returns
        -------
        float
            E(max |D|); NaN where it is not known.
        """
        if self.maximum_imbalance is None:
            return math.nan
        return sum(d * chance for d, chance in self.maximum_imbalance.items())

    @property
    def correct_guesses(self) -> float:
        """
        Share of allocations guessed by naming the arm furthest behind.

        Returns
        -------
        float
            A proportion (convergence strategy).
        """
        return self._mean("correct_guess")

    @property
    def correct_guesses_divergence(self) -> float:
        """
        Share of allocations guessed by naming the arm furthest ahead.

        Returns
        -------
        float
            A proportion (divergence strategy).
        """
        return self._mean("correct_guess_divergence")

    @property
    def expected_excess_correct_guesses(self) -> float:
        """
        Give the correct guesses in the whole trial beyond those of tossing for an arm.

        Returns
        -------
        float
            n times (`correct_guesses` less one over the number of arms).
        """
        return self.n * (self.correct_guesses - 1 / n_arms(self.procedure))

    @property
    def deterministic_share(self) -> float:
        """
        Share of allocations in which an arm is certain.

        Returns
        -------
        float
            A proportion.
        """
        return self._mean("deterministic")

    @property
    def entropy(self) -> float:
        """
        Mean uncertainty of an allocation.

        Returns
        -------
        float
            In nats; log 2 for a fair coin.
        """
        return self._mean("entropy")

    def _mean(self, column: str) -> float:
        """Mean of a column over the steps."""
        return float(self.by_step[column].to_numpy().mean())

    def _figures(self) -> dict[str, float]:
        """Every figure by its name."""
        return {name: float(getattr(self, name)) for name in FIGURES}

    def _plain(self) -> dict[str, Any]:
        """Distributions and steps as plain values."""
        largest = self.maximum_imbalance
        return {
            "imbalance": _by_text(self.imbalance),
            "maximum_imbalance": None if largest is None else _by_text(largest),
            "by_step": self.by_step.to_dict(orient="records"),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactProperties(_Properties):
    """
    What a procedure does, without drawing anything.

    D is treatment less control, each divided by its part of the ratio: the plain
    difference for 1:1, n_treatment / 2 - n_control for 2:1, as in `balance`. Of more
    than two arms D is the largest such quotient less the smallest.

    Attributes
    ----------
    procedure
        The procedure.
    n
        How many participants are planned.
    imbalance
        D at the end to its probability, ascending.
    maximum_imbalance
        The largest |D| on the way to its probability, ascending; None where it cannot
        be had exactly.
    by_step
        One row per participant: step; after the allocation balanced (P(D = 0)),
        absolute_imbalance (E|D|) and squared_imbalance (E D^2); before it treatment
        (P(treatment)), deterministic (P(an arm is certain)), entropy (nats),
        correct_guess and correct_guess_divergence.
    method
        How it was computed.
    seen_by
        Whose probabilities `deterministic_share`, `entropy` and their columns speak of.
    not_estimable
        None, or which figure is missing and why.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks, exact_properties
    >>> blocks = exact_properties(PermutedBlocks(4), 8)
    >>> blocks.imbalance, round(blocks.correct_guesses, 6)
    ({0: 1.0}, 0.708333)
    """

    procedure: Procedure
    n: int
    imbalance: Mapping[float, float]
    maximum_imbalance: Mapping[float, float] | None
    by_step: pd.DataFrame
    method: str
    seen_by: str
    not_estimable: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """
        Give the figures as a table.

        Returns
        -------
        pandas.DataFrame
            One row per figure: figure, value.
        """
        figures = self._figures()
        return pd.DataFrame({"figure": [*figures], "value": [*figures.values()]})

    def to_dict(self) -> dict[str, Any]:
        """
        Give everything as plain Python values, ready for JSON.

        Returns
        -------
        dict
            Figures and distributions by their names; NaN becomes None.
        """
        return {
            "n": self.n,
            "method": self.method,
            "seen_by": self.seen_by,
            "not_estimable": self.not_estimable,
            **_without_nan(self._figures()),
            **self._plain(),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedProperties(_Properties):
    """
    What a procedure does, estimated from drawn sequences.

    D is defined as in `ExactProperties`.

    Attributes
    ----------
    procedure
        The procedure.
    n
        Participants per trial.
    n_trials
        How many trials were drawn.
    imbalance, maximum_imbalance
        D at the end, and the largest |D| on the way, to the share of trials, ascending.
    by_step
        One row per participant, columns as in `ExactProperties`.
    by_step_standard_error
        Monte Carlo standard error of every mean in `by_step`.
    standard_error
        Monte Carlo standard error of every figure, by its name.
    margins
        One row per factor and level, and for the strata (all combinations) together:
        factor, level, absolute_imbalance (mean |D| among those at the level; for level
        ``"all"`` the mean over the factor's levels), standard_error. Only those seen in
        a trial count. None for a procedure without factors.
    seed
        The seed.

    Notes
    -----
    Guesses, certainty and entropy are averages of the probabilities at which arms were
    allocated, not of what came out, which leaves less Monte Carlo error.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks, simulate_balance
    >>> simulate_balance(PermutedBlocks(4), 8, 50, seed=1).imbalance
    {0: 1.0}
    """

    procedure: Procedure
    n: int
    n_trials: int
    imbalance: Mapping[float, float]
    maximum_imbalance: Mapping[float, float]
    by_step: pd.DataFrame
    by_step_standard_error: pd.DataFrame
    standard_error: Mapping[str, float]
    margins: pd.DataFrame | None
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """
        Give the figures as a table.

        Returns
        -------
        pandas.DataFrame
            One row per figure: figure, value, standard_error.
        """
        rows = [
            {
                "figure": name,
                "value": value,
                "standard_error": self.standard_error[name],
            }
            for name, value in self._figures().items()
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """
        Give everything as plain Python values, ready for JSON.

        Returns
        -------
        dict
            Figures, their standard errors and the distributions by their names; NaN
            becomes None.
        """
        margins = self.margins
        return {
            "n": self.n,
            "n_trials": self.n_trials,
            "seed": self.seed,
            **_without_nan(self._figures()),
            "standard_error": _without_nan(self.standard_error),
            "margins": None if margins is None else margins.to_dict(orient="records"),
            **self._plain(),
        }


def _by_text(distribution: Mapping[float, float]) -> dict[str, float]:
    """Write a distribution with keys that JSON can hold."""
    return {str(value): chance for value, chance in distribution.items()}


def _without_nan(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Replace NaN, which JSON cannot hold."""
    return {name: None if value != value else value for name, value in figures.items()}
