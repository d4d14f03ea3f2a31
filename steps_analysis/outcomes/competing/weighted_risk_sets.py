"""
Who counts as at risk of one kind of event, after another kind has come first?

The risk sets of a subdistribution hazard: those with a competing event stay, with the
weight G(t-)/G(T-) that censoring leaves them. As all weights at a time share the factor
G(t-), sums over risk sets are suffix and prefix sums: no row is copied, and memory is
proportional to rows and covariates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_kernel import Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedRiskSets:
    """
    Rows, and what they weigh at each event time.

    Attributes
    ----------
    covariates
        Centred columns, shape (n, p).
    event_time
        Distinct times of the kind of event asked for, shape (m,).
    n_events
        Events at each, shape (m,).
    last
        Event times at or before each row's end, shape (n,): at risk at those before.
    is_event
        Rows with the kind of event asked for, shape (n,).
    stays
        1/G(T-) for a row with a competing event, else 0, shape (n,).
    group
        Each row's censoring group, shape (n,).
    remaining
        G(t-) of each group at each event time, shape (groups, m).
    """

    covariates: FloatArray
    event_time: FloatArray
    n_events: FloatArray
    last: IntArray
    is_event: BoolArray
    stays: FloatArray
    group: IntArray
    remaining: FloatArray

    @classmethod
    def of(
        cls,
        time: FloatArray,
        cause: IntArray,
        covariates: FloatArray,
        failure: int,
        censoring: Censoring,
    ) -> WeightedRiskSets:
        """
        Find event times and weights.

        Parameters
        ----------
        time
            End of follow-up, shape (n,).
        cause
            0 for censored, else the kind of event, shape (n,).
        covariates
            Centred columns, shape (n, p).
        failure
            The kind asked for.
        censoring
            The distribution of censoring.

        Returns
        -------
        WeightedRiskSets
            The risk sets.
        """
        is_event = cause == failure
        event_time, n_events = np.unique(time[is_event], return_counts=True)
        own = np.array([censoring.before(g, time) for g in range(censoring.n_groups)])
        own_before = own[censoring.group, np.arange(len(time))]
        competes = (cause > 0) & ~is_event
        return cls(
            covariates=covariates,
            event_time=event_time,
            n_events=n_events.astype(np.float64),
            last=np.searchsorted(event_time, time, side="right"),
            is_event=is_event,
            stays=np.where(competes, 1 / own_before, 0.0),
            group=censoring.group,
            remaining=np.array(
                [censoring.before(g, event_time) for g in range(censoring.n_groups)]
            ),
        )

    def keeping(self, kept: list[int]) -> WeightedRiskSets:
        """
        Keep some covariates only.

        Parameters
        ----------
        kept
            Their positions.

        Returns
        -------
        WeightedRiskSets
            The same risk sets.
        """
        return replace(self, covariates=self.covariates[:, kept])

    def steps(self, coefficients: FloatArray) -> Steps:
        """
        Sum over the weighted risk set of each event time.

        Parameters
        ----------
        coefficients
            Coefficients, shape (p,).

        Returns
        -------
        Steps
            Hazard and mean covariates.
        """
        predictor = self.covariates @ coefficients
        relative = np.exp(predictor - predictor.max())
        columns = relative[:, None] * np.column_stack(
            [np.ones(len(relative)), self.covariates]
        )
        m = len(self.event_time)
        leaving = binned(self.last, columns, m + 1)
        sums = np.cumsum(leaving[::-1], axis=0)[::-1][1:]
        for g, remaining in enumerate(self.remaining):
            own = np.where(self.group == g, self.stays, 0.0)[:, None]
            staying = np.cumsum(binned(self.last, columns * own, m + 1), axis=0)[:m]
            sums = sums + remaining[:, None] * staying
        return Steps(
            predictor=predictor,
            relative_risk=relative,
            total=sums[:, 0],
            hazard=self.n_events / sums[:, 0],
            mean=sums[:, 1:] / sums[:, :1],
        )

    def exposure(self, per_event_time: FloatArray) -> FloatArray:
        """
        Add up something of each event time, weighted as each row is at risk.

        Parameters
        ----------
        per_event_time
            Values, shape (m, q).

        Returns
        -------
        numpy.ndarray
            Sums, shape (n, q).
        """
        sums = _from_zero(per_event_time)[self.last]
        for g, remaining in enumerate(self.remaining):
            upto = _from_zero(remaining[:, None] * per_event_time)
            own = np.where(self.group == g, self.stays, 0.0)[:, None]
            sums = sums + own * (upto[-1] - upto[self.last])
        return sums

    def evaluate(self, coefficients: FloatArray) -> Evaluation:
        """
        Evaluate log likelihood, score and information.

        Parameters
        ----------
        coefficients
            Coefficients, shape (p,).

        Returns
        -------
        Evaluation
            The three, with Breslow's treatment of ties.
        """
        steps, x = self.steps(coefficients), self.covariates
        scaled = steps.predictor[self.is_event] - steps.predictor.max()
        likelihood = scaled.sum() - self.n_events @ np.log(steps.total)
        score = x[self.is_event].sum(axis=0) - self.n_events @ steps.mean
        exposed = self.exposure(steps.hazard[:, None])
        spread = (x * (steps.relative_risk[:, None] * exposed)).T @ x
        means = (steps.mean * self.n_events[:, None]).T @ steps.mean
        return Evaluation(float(likelihood), score, spread - means)

    def score_residuals(self, coefficients: FloatArray) -> FloatArray:
        """
        Give each row's own part of the score, the weights taken as known.

        Parameters
        ----------
        coefficients
            Coefficients, shape (p,).

        Returns
        -------
        numpy.ndarray
            Residuals, shape (n, p).
        """
        steps, x = self.steps(coefficients), self.covariates
        pull = steps.hazard[:, None] * np.column_stack(
            [np.ones(len(steps.hazard)), steps.mean]
        )
        exposed = self.exposure(pull)
        expected = x * exposed[:, :1] - exposed[:, 1:]
        residual = -steps.relative_risk[:, None] * expected
        own = self.is_event
        residual[own] += x[own] - steps.mean[self.last[own] - 1]
        return residual


class Steps(NamedTuple):
    """
    The steps of the likelihood, one per event time.

    Attributes
    ----------
    predictor
        Linear predictor, shape (n,).
    relative_risk
        exp(predictor), on the scale of the largest, shape (n,).
    total
        Weighted sum of relative risks at each event time, shape (m,).
    hazard
        Events by that sum, shape (m,).
    mean
        Weighted mean covariates, shape (m, p).
    """

    predictor: FloatArray
    relative_risk: FloatArray
    total: FloatArray
    hazard: FloatArray
    mean: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Censoring:
    """
    Kaplan-Meier curves of remaining uncensored.

    Attributes
    ----------
    group
        Each row's group, shape (n,).
    time
        Distinct censoring times of each group.
    n_at_risk
        At risk of being censored at each.
    n_censored
        Censored at each.
    """

    group: IntArray
    time: tuple[FloatArray, ...]
    n_at_risk: tuple[FloatArray, ...]
    n_censored: tuple[FloatArray, ...]

    @classmethod
    def of(
        cls, time: FloatArray, is_censored: BoolArray, group: IntArray, *, events: str
    ) -> Censoring:
        """
        Count censorings by group.

        Parameters
        ----------
        time
            End of follow-up, shape (n,).
        is_censored
            Whether it was censored, shape (n,).
        group
            Codes, shape (n,).
        events
            Those with an event at a censoring time are ``"at risk"`` of the censoring,
            or have gone ``"before"``.

        Returns
        -------
        Censoring
            The counts.
        """
        parts = []
        for g in range(int(group.max()) + 1):
            mine = np.sort(time[group == g])
            at, count = np.unique(time[(group == g) & is_censored], return_counts=True)
            if events == "at risk":
                risk = len(mine) - np.searchsorted(mine, at, side="left")
            else:
                risk = len(mine) - np.searchsorted(mine, at, side="right") + count
            parts.append((at, risk.astype(np.float64), count.astype(np.float64)))
        times, at_risk, censored = zip(*parts, strict=True)
        return cls(group=group, time=times, n_at_risk=at_risk, n_censored=censored)

    @property
    def n_groups(self) -> int:
        """
        Count the groups.

        Returns
        -------
        int
            Their number.
        """
        return len(self.time)

    def before(self, group: int, time: FloatArray) -> FloatArray:
        """
        Give the probability of being uncensored just before given times.

        Parameters
        ----------
        group
            The group.
        time
            Times, shape (k,).

        Returns
        -------
        numpy.ndarray
            Probabilities, shape (k,).
        """
        left = np.cumprod(1 - self.n_censored[group] / self.n_at_risk[group])
        passed = np.searchsorted(self.time[group], time, side="left")
        return np.concatenate([[1.0], left])[passed]


def censoring_residuals(
    sets: WeightedRiskSets,
    censoring: Censoring,
    time: FloatArray,
    is_censored: BoolArray,
    coefficients: FloatArray,
) -> FloatArray:
    """
    Give each row's part of the score through the weights it helped to estimate.

    Parameters
    ----------
    sets
        The risk sets.
    censoring
        The distribution of censoring.
    time
        End of follow-up, shape (n,).
    is_censored
        Whether it was censored, shape (n,).
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    numpy.ndarray
        Residuals, shape (n, p).

    Notes
    -----
    psi of [1]_: the integral of q(u)/pi(u) against the martingale of censoring, pi(u)
    those at risk, q(u) the sum over rows with a competing event before u of their score
    from u on.

    References
    ----------
    .. [1] Fine, J. P. and Gray, R. J. (1999), JASA 94, 496-509, section 4.
    """
    steps, x = sets.steps(coefficients), sets.covariates
    residual = np.zeros_like(x)
    stayers = sets.stays * steps.relative_risk
    ones = np.column_stack([np.ones(len(x)), x]) * stayers[:, None]
    later = steps.hazard[:, None] * np.column_stack(
        [np.ones(len(steps.hazard)), steps.mean]
    )
    for g, at in enumerate(censoring.time):
        own = sets.group == g
        mine = np.flatnonzero(own)
        order = mine[np.argsort(time[mine], kind="stable")]
        upto = _from_zero(ones[order])
        gone = upto[np.searchsorted(time[order], at, side="left")]
        sums = _from_zero(sets.remaining[g][:, None] * later)
        ahead = sums[-1] - sums[np.searchsorted(sets.event_time, at, side="left")]
        q = gone[:, 1:] * ahead[:, :1] - gone[:, :1] * ahead[:, 1:]
        rate = censoring.n_censored[g] / censoring.n_at_risk[g] ** 2
        drift = _from_zero(q * rate[:, None])
        passed = np.searchsorted(at, time[mine], side="right")
        residual[mine] = -drift[passed]
        censored = mine[is_censored[mine]]
        j = np.searchsorted(at, time[censored])
        residual[censored] += q[j] / censoring.n_at_risk[g][j, None]
    return residual


def binned(position: IntArray, columns: FloatArray, n_bins: int) -> FloatArray:
    """
    Add up rows by position.

    Parameters
    ----------
    position
        Bin of each row, shape (n,).
    columns
        Values, shape (n, q).
    n_bins
        How many bins there are.

    Returns
    -------
    numpy.ndarray
        Sums, shape (n_bins, q).

    Examples
    --------
    >>> binned(np.array([0, 0]), np.array([[1.0], [2.0]]), 2)
    array([[3.],
           [0.]])
    """
    sums = [np.bincount(position, column, minlength=n_bins) for column in columns.T]
    return np.column_stack(sums)


def _from_zero(values: FloatArray) -> FloatArray:
    """Give cumulative sums with a first row of zeros."""
    return np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
