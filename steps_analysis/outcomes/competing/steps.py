"""How many had each kind of event at each time, and how sure does that make a curve?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.columns import is_number

IncidenceVariance = Literal["jackknife", "aalen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidenceSteps:
    """
    Counts and probabilities at each time of an event of any kind.

    Attributes
    ----------
    time
        Distinct event times, shape (k,).
    n_at_risk
        At risk just before, shape (k,).
    n_own, n_any
        Events of the kind asked for, and of any kind, shape (k,).
    before
        Probability of no event just before, shape (k,).
    incidence
        Probability of the kind asked for, shape (k,).
    """

    time: FloatArray
    n_at_risk: FloatArray
    n_own: FloatArray
    n_any: FloatArray
    before: FloatArray
    incidence: FloatArray

    def standard_error(self, variance: IncidenceVariance) -> FloatArray:
        """
        Give the standard error by one of two formulas.

        Parameters
        ----------
        variance
            ``"jackknife"`` or ``"aalen"``.

        Returns
        -------
        numpy.ndarray
            Standard errors, shape (k,).
        """
        return self.jackknife() if variance == "jackknife" else self.aalen()

    def jackknife(self) -> FloatArray:
        """
        Give the infinitesimal jackknife standard error.

        Returns
        -------
        numpy.ndarray
            Standard errors, shape (k,).

        Notes
        -----
        A participant's influence at time s on F(t) is ``A - B`` with an event of the
        kind asked for, ``-B`` with another, where ``A = S(s-)/n`` and
        ``B = (F(t) - F(s)) / (n - d)``, less the mean over those at risk. Influences at
        different times are uncorrelated, so their squares add up; being quadratic in
        F(t), the sum needs only cumulative sums over s.
        """
        n, own, total = self.n_at_risk, self.n_own, self.n_any
        a = self.before / n
        b = np.where(n > total, 1 / np.maximum(n - total, 1), 0.0)
        twos = b * b * total * (n - total) / n
        ones = -2 * a * b * own * (n - total) / n
        zeros = a * a * own * (n - own) / n
        return self._accumulate(zeros, ones, twos)

    def aalen(self) -> FloatArray:
        """
        Give Aalen's standard error, as ``cmprsk::cuminc`` computes it.

        Returns
        -------
        numpy.ndarray
            Standard errors, shape (k,).

        Notes
        -----
        The kinds of event at one time are taken as independent, each with the finite
        correction (n - d) / (n - 1) for ties.
        """
        n, own = self.n_at_risk, self.n_own
        other = self.n_any - own
        after = self.before * (n - self.n_any) / n
        inverse = np.where(after > 0, 1 / np.where(after > 0, after, 1.0), 0.0)
        fewer = np.maximum(n - 1, 1)
        spread = self.before**2 / n**2
        of_own = spread * own * np.where(own > 1, (n - own) / fewer, 1.0)
        of_other = spread * other * np.where(other > 1, (n - other) / fewer, 1.0)
        twos = (of_own + of_other) * inverse**2
        return self._accumulate(of_own, -2 * of_own * inverse, twos)

    def time_lost(self, horizon: float) -> tuple[float, float]:
        """
        Give the mean time lost to this kind of event, and its standard error.

        Parameters
        ----------
        horizon
            Time up to which it is counted.

        Returns
        -------
        tuple of float
            The area under the incidence up to `horizon`, and its infinitesimal
            jackknife standard error.

        Notes
        -----
        The influences are those of `jackknife`, integrated over t from s to the
        horizon: A (horizon - s) with an event of the kind asked for, less
        B times the integral of F(t) - F(s), less their mean over those at risk.
        """
        passed = self.time < horizon
        time, n = self.time[passed], self.n_at_risk[passed]
        own, total = self.n_own[passed], self.n_any[passed]
        wide = np.diff(np.append(time, horizon))
        areas = self.incidence[passed] * wide
        ahead = np.cumsum(areas[::-1])[::-1]
        left = horizon - time
        a = self.before[passed] * left / n
        risen = np.where(n > total, ahead - self.incidence[passed] * left, 0.0)
        b = risen / np.maximum(n - total, 1)
        variance = (
            a * a * own * (n - own) - 2 * a * b * own * (n - total)
        ) / n + b * b * total * (n - total) / n
        return float(areas.sum()), float(np.sqrt(max(variance.sum(), 0.0)))

    def _accumulate(
        self, zeros: FloatArray, ones: FloatArray, twos: FloatArray
    ) -> FloatArray:
        """Sum zeros + ones (F(t) - F(s)) + twos (F(t) - F(s))² over s up to t."""
        now = self.incidence
        variance = (
            np.cumsum(zeros - ones * now + twos * now * now)
            + now * np.cumsum(ones - 2 * twos * now)
            + now * now * np.cumsum(twos)
        )
        variance = np.where(now > 0, np.maximum(variance, 0.0), 0.0)
        se: FloatArray = np.sqrt(np.where(now < 1, variance, np.nan))
        return se


def incidence_steps(time: FloatArray, cause: IntArray, of: int) -> IncidenceSteps:
    """
    Count and multiply at each time of an event of any kind.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    cause
        0 for censored, else the kind of event, shape (n,).
    of
        The kind asked for.

    Returns
    -------
    IncidenceSteps
        Counts and probabilities.

    Examples
    --------
    >>> incidence_steps(np.array([1.0, 2.0]), np.array([1, 2]), 1).incidence
    array([0.5, 0.5])
    """
    steps, position = np.unique(time[cause > 0], return_inverse=True)
    kinds = cause[cause > 0]
    n_any = np.bincount(position, minlength=len(steps)).astype(np.float64)
    n_own = np.bincount(position[kinds == of], minlength=len(steps)).astype(np.float64)
    at_risk = len(time) - np.searchsorted(np.sort(time), steps, side="left")
    n = at_risk.astype(np.float64)
    after = np.cumprod((n - n_any) / n)
    before = np.concatenate([[1.0], after[:-1]])[: len(steps)]
    incidence = np.cumsum(before * n_own / n)
    return IncidenceSteps(
        time=steps,
        n_at_risk=n,
        n_own=n_own,
        n_any=n_any,
        before=before,
        incidence=np.where(incidence > 1 - 1e-12, 1.0, incidence),
    )


def check_kind(name: str, kind: object) -> None:
    """
    Refuse a kind of event that is none.

    Parameters
    ----------
    name
        The argument it came in.
    kind
        What was given.

    Raises
    ------
    ArgumentError
        If it is no whole number of at least 1.

    Examples
    --------
    >>> check_kind("of", 1)
    """
    if not is_number(kind) or kind != int(kind) or kind < 1:
        raise ArgumentError(refusal(name, "be a kind of event: 1, 2, …", kind))
