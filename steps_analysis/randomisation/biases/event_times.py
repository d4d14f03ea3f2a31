"""Whether the log-rank test rejects: event times are drawn, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator


@dataclass(frozen=True, slots=True)
class LogRankTest:
    """
    The log-rank test of exponential times to an event, censored at a horizon.

    Attributes
    ----------
    event_share
        The share that has the event before follow-up ends where nothing is shifted, in
        (0, 1). A shift is a log hazard ratio.
    needs_outcomes
        True: a time is drawn for every participant of every sequence.

    Notes
    -----
    Everybody is followed for the same time from their own randomisation. The horizon
    is the time at which the unshifted share is reached, so that its unit does not
    matter. Of three or more arms the test has arms less one degrees of freedom.

    Examples
    --------
    >>> arms = np.array([[1, 0] * 20], dtype=np.int8)
    >>> test = LogRankTest(event_share=0.5)
    >>> test.chances(arms, 3.0 * arms, n_arms=2, alpha=0.05, first=0, seed=1)
    array([1.])
    """

    event_share: float = 0.5
    needs_outcomes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        is_number = isinstance(self.event_share, int | float | np.number)
        if not is_number or not 0 < self.event_share < 1:
            raise ArgumentError(
                refusal("event_share", "lie in (0, 1)", self.event_share)
            )

    def chances(
        self,
        arms: ArmArray,
        shifts: FloatArray,
        *,
        n_arms: int,
        alpha: float,
        first: int,
        seed: int,
    ) -> FloatArray:
        """
        Draw event times for every sequence and say whether the test rejects.

        Parameters
        ----------
        arms
            The sequences, shape (n_sequences, n).
        shifts
            Each participant's log hazard against the unshifted, the same shape.
        n_arms
            How many arms there are.
        alpha
            The level of the test.
        first
            Number of the first sequence: sequence i has child i of the stream.
        seed
            The seed.

        Returns
        -------
        numpy.ndarray
            1 where it rejects and 0 where not, shape (n_sequences,); NaN where the test
            is not possible.
        """
        m, n = arms.shape
        drawn = [
            generator(seed, Stream.ASSESSED_OUTCOMES, i).standard_exponential(n)
            for i in range(first, first + m)
        ]
        time = np.array(drawn) * np.exp(-shifts)
        horizon = -np.log1p(-self.event_share)
        event = time <= horizon
        p_value = log_rank_p_values(
            np.minimum(time, horizon), event, arms, n_arms=n_arms
        )
        return np.where(np.isnan(p_value), np.nan, p_value <= alpha)


def log_rank_p_values(
    time: FloatArray, event: BoolArray, arms: ArmArray, *, n_arms: int
) -> FloatArray:
    """
    Give the log-rank p-value of many trials at once.

    Parameters
    ----------
    time
        Times to event or censoring, shape (m, n). Events must not share a time;
        censored times may share one, of which an event comes first.
    event
        True where the event was seen, shape (m, n).
    arms
        The arms, shape (m, n).
    n_arms
        How many arms there are.

    Returns
    -------
    numpy.ndarray
        The p-values, shape (m,); NaN where an arm cannot be compared: it is empty, or
        no event was seen while it and the others were at risk.

    Notes
    -----
    Chi-squared with arms less one degrees of freedom, hypergeometric variance.

    References
    ----------
    .. [1] Mantel, N. (1966), Cancer Chemotherapy Reports 50, 163-170.

    Examples
    --------
    At time 1, O - E = 1 - 1/2 with variance 1/4; later only one arm is at risk.

    >>> log_rank_p_values(
    ...     np.array([[1.0, 2.0]]), np.array([[True, True]]),
    ...     np.array([[1, 0]], dtype=np.int8), n_arms=2).round(4)
    array([0.3173])
    """
    from scipy.special import chdtrc  # heavy: not at start-up

    order = np.lexsort((~event, time), axis=1)
    seen, arm = np.take_along_axis(event, order, 1), np.take_along_axis(arms, order, 1)
    is_in = (arm[:, None] == np.arange(1, n_arms)[:, None]).astype(np.float64)
    at_risk = is_in[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    share = at_risk / np.arange(time.shape[1], 0, -1)
    excess = (seen[:, None] * (is_in - share)).sum(axis=2)
    own = (seen[:, None] * share).sum(axis=2)
    covariance = own[:, :, None] * np.eye(n_arms - 1) - np.einsum(
        "mai,mbi->mab", share * seen[:, None], share
    )
    statistic = np.einsum(
        "ma,mab,mb->m", excess, np.linalg.pinv(covariance, hermitian=True), excess
    )
    ranks = np.linalg.matrix_rank(covariance, hermitian=True)
    p_value = chdtrc(n_arms - 1, statistic)
    return np.where(ranks == n_arms - 1, p_value, np.nan)
