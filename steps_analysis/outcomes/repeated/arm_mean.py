"""How many events has a participant of one arm had on average by one time?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.repeated.counting import Counting, event_grid
from steps_analysis.outcomes.repeated.histories import Histories
from steps_analysis.outcomes.repeated.mean_function import standard_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmMean:
    """
    One arm at one time.

    Attributes
    ----------
    value
        Mean number of events.
    standard_error
        Lawless and Nadeau's; 0 where no event happened, or participants are all alike.
    n_events
        Events by then.
    exposure
        Time under observation by then, in multiples of that time: how many participants
        followed throughout it comes to.
    """

    value: float
    standard_error: float
    n_events: int
    exposure: float

    def distances(self, level: float) -> tuple[float, float]:
        """
        Give how far the limits lie below and above the mean.

        Parameters
        ----------
        level
            Confidence level.

        Returns
        -------
        tuple of float
            Distances down and up: normal, or those of a Poisson count where there is no
            variance.
        """
        if self.standard_error > 0:
            half = normal_quantile(level) * self.standard_error
            return half, half
        lower, upper = poisson_limits(self.n_events, level)
        rate = self.n_events / self.exposure
        return rate - lower / self.exposure, upper / self.exposure - rate


def arm_mean(spells: Histories, own: BoolArray, *, at: float) -> ArmMean:
    """
    Read one arm at one time.

    Parameters
    ----------
    spells
        The spells of both arms.
    own
        Which participants are the arm's, shape (n,).
    at
        The time, above 0.

    Returns
    -------
    ArmMean
        The arm's mean by then.

    Examples
    --------
    >>> from steps_analysis.outcomes.repeated.histories import read_histories
    >>> spells = read_histories([0, 0], [1, 3], [1, 0], ["a", "b"])
    >>> arm_mean(spells, np.array([True, True]), at=2.0).value
    0.5
    """
    grid = event_grid(spells)
    counting = Counting.of(spells, grid).of_rows(own)
    passed = int(np.searchsorted(grid, at, side="right"))
    se = np.nan_to_num(standard_errors(counting, "lawless-nadeau"))
    is_own = own[spells.cluster]
    within = np.clip(spells.time, None, at) - np.clip(spells.entry, None, at)
    return ArmMean(
        value=float(counting.increments[:passed].sum()),
        standard_error=float(se[passed - 1]) if passed else 0.0,
        n_events=int(counting.n_events[:passed].sum()),
        exposure=float(within[is_own].sum()) / at,
    )


def poisson_limits(count: float, level: float) -> tuple[float, float]:
    """
    Give exact limits of a Poisson mean.

    Parameters
    ----------
    count
        Events, at least 0.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    tuple of float
        Lower and upper limit; the lower is 0 for no event.

    References
    ----------
    .. [1] Garwood, F. (1936), Biometrika 28, 437-442.

    Examples
    --------
    >>> [round(limit, 4) for limit in poisson_limits(0, 0.95)]
    [0.0, 3.6889]
    """
    from scipy.special import gammaincinv  # special alone, without scipy.stats

    tail = (1 - level) / 2
    lower = float(gammaincinv(count, tail)) if count else 0.0
    return lower, float(gammaincinv(count + 1, 1 - tail))
