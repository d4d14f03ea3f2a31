"""Did referrals change where a forum began, beyond what changed everywhere?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, TestResult, check_level
from steps_analysis.referrals.count_checks import check_choice
from steps_analysis.referrals.models.placebo import (
    PlaceboScores,
    placebo_scores,
    placebo_test,
    smallest_p_value,
)
from steps_analysis.referrals.models.series_claims import (
    BETTER_IDENTIFICATION,
    TRIAL_REFERRALS,
    coincidence,
    months_around,
    unsupported,
)
from steps_analysis.referrals.models.series_effect import MEASURE, series_effect
from steps_analysis.referrals.models.series_scale import Scale, SeriesVariance
from steps_analysis.referrals.models.series_table import Series, Shape, read_series

Counted = Literal["identifications", "trial_referrals"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InterruptedSeries:
    """
    What a controlled interrupted series says, and what it cannot.

    Attributes
    ----------
    effect
        Rate ratio of the change, once it is complete, with its interval; `n` is the
        number of referrals in the boroughs that changed.
    placebo
        Randomisation test over which boroughs changed.
    smallest_p_value
        The smallest p-value that test could give; 1/14 for one changed borough of 14.
    placebos
        ``site``, ``start`` (first month of the change), ``changed``, ``score``: the
        standardised score of every borough at every start, in alphabetical order.
    dispersion
        How much more than Poisson the scale of the interval is: 1 for not at all.
    degrees_of_freedom
        Of the interval's t distribution.
    changed, controls
        Boroughs that changed, and that did not, in alphabetical order.
    n_months, months_before, months_after
        Length of the series, and its months before the first and after the last change.
    statements
        What has to stand beside the result.

    Examples
    --------
    >>> table = pd.DataFrame({"site": ["A"], "referrals": [3], "person_years": [1e3],
    ...                       "period_start": pd.to_datetime(["2014-01-01"])})
    >>> interrupted_series(table, {"A": "2014-01-01"}).effect.not_estimable
    'there is no control borough'
    """

    effect: Estimate
    placebo: TestResult
    smallest_p_value: float
    placebos: pd.DataFrame
    dispersion: float
    degrees_of_freedom: float
    changed: tuple[str, ...]
    controls: tuple[str, ...]
    n_months: int
    months_before: int
    months_after: int
    statements: tuple[str, ...]

    @property
    def not_estimable(self) -> str | None:
        """None, or the reason why there is no effect."""
        return self.effect.not_estimable


def interrupted_series(
    table: pd.DataFrame,
    starts: Mapping[str, date | str | None],
    *,
    shape: Shape = "step",
    ramp_months: int = 12,
    stratum: str | None = None,
    counted: Counted = "identifications",
    coincides_with: Mapping[str, str] | None = None,
    variance: SeriesVariance = "placebo",
    level: float = 0.95,
    seed: int | None = None,
) -> InterruptedSeries:
    """
    Compare referrals before and after boroughs began a forum with those that did not.

    Parameters
    ----------
    table
        One row for each borough and month (and `stratum`): ``site``, ``period_start``
        (first day of the month), ``referrals`` (all identifications), ``person_years``;
        as `volumes` merged with `exposure`. Months without referrals have their row.
    starts
        Borough to the first day of its forum; None, or absent, for no forum. Starts may
        differ.
    shape
        ``"step"``, changed from that day on; ``"ramp"``, growing in a straight line
        over `ramp_months`.
    ramp_months
        How many months a ramp takes, at least 1.
    stratum
        A column, such as ``"source"``, each value of which has a season and levels of
        boroughs of its own; None for none.
    counted
        What `table` counts. ``"trial_referrals"`` are refused: they begin with the
        trial.
    coincides_with
        Borough to what else changed there together with the forum, such as ``"entry
        into the trial"``: the effect is then refused.
    variance
        ``"placebo"``, scaled by the unchanged boroughs; or, for comparison,
        ``"quasi_poisson"``, or ``"newey_west"`` within boroughs. See Notes.
    level
        Confidence level, in (0, 1).
    seed
        Seed of the randomisation test, required only where there are more than 300,000
        ways of choosing the changed boroughs.

    Returns
    -------
    InterruptedSeries
        Rate ratio, interval, placebo test. Not estimable where there are fewer than 24
        months before or 6 after a change, no unchanged borough (3 for the placebo
        scale), all boroughs change at once, no ramp is complete, something coincides,
        or there are no referrals before or after.

    Raises
    ------
    DataError
        If `table` lacks a column or a row, or its counts or months break their rule.
    ArgumentError
        If an option breaks its rule, or a borough is unknown.

    Notes
    -----
    Poisson counts with a level for every borough and for every month [1]_: season,
    trend, school holidays and whatever else all boroughs share are in the months'
    levels and need no shape. The rate of a changed borough-month is its level times
    ``1 + (ratio - 1) p``, p growing from 0 to 1. One ratio stands for all boroughs that
    changed: where effects differ or still grow under ``"step"``, staggered starts
    compare early changers with later ones and the ratio is no plain mean.

    The default interval is ``log ratio ± t sqrt(c / information)`` with c the mean
    square of the standardised scores that unchanged boroughs have at the same starts,
    at least 1, and t on their number less 1. Whatever makes months of a borough hang
    together is thereby in the scale. It keeps its level in simulation with 14 boroughs,
    1 or 5 changed, step or ramp, months independent or not, where quasi-Poisson fails
    for dependent months and Newey-West nearly everywhere
    (``docs/measured/interrupted_series.json``).

    The p-value of `effect` is from that t distribution; `placebo` counts boroughs and
    cannot be below one in the number of ways. Neither knows of a change that came to
    the same boroughs at the same time.

    References
    ----------
    .. [1] Wooldridge, J. M. (1999), Journal of Econometrics 90, 77-97.
    .. [2] Conley, T. G. and Taber, C. R. (2011), Review of Economics and Statistics 93,
       113-125.
    .. [3] Lopez Bernal, J., Cummins, S. and Gasparrini, A. (2018), International
       Journal of Epidemiology 47, 2082-2093.

    Examples
    --------
    Four boroughs with 10 a month; one has 20 from the third year on.

    >>> months = pd.date_range("2014-01-01", periods=36, freq="MS")
    >>> sites = np.repeat(["A", "B", "C", "D"], 36)
    >>> later = (sites == "B") & (np.tile(np.arange(36), 4) >= 24)
    >>> table = pd.DataFrame({"site": sites, "period_start": np.tile(months, 4),
    ...     "referrals": np.where(later, 20, 10), "person_years": 1000.0})
    >>> result = interrupted_series(table, {"B": "2016-01-01"})
    >>> round(result.effect.value, 6), result.placebo.p_value
    (2.0, 0.25)
    """
    _check(shape, ramp_months, counted, variance)
    check_level(level)
    series = read_series(
        table, starts, shape=shape, ramp_months=ramp_months, stratum=stratum
    )
    reason = TRIAL_REFERRALS if counted == "trial_referrals" else None
    reason = reason or coincidence(series, coincides_with)
    reason = reason or unsupported(series, needs_placebos=variance == "placebo")
    words = f"Poisson model with levels of boroughs and months, {shape}"
    words += f" over {ramp_months} months" if shape == "ramp" else ""
    words += f", own levels by {stratum}" if stratum else ""
    if reason is not None:
        return _refused(series, reason, words, level)
    effect, scale = series_effect(series, variance=variance, method=words, level=level)
    if scale is None:
        return _refused(series, str(effect.not_estimable), words, level)
    scores = placebo_scores(series.panel, series.parts)
    changed = series.changed
    test = placebo_test(scores, changed, series.start[changed], seed=seed)
    return _answered(series, effect, test, scores, scale)


def _check(shape: str, ramp_months: int, counted: str, variance: str) -> None:
    """Refuse options that break their rule."""
    check_choice("shape", shape, ("step", "ramp"))
    check_choice("counted", counted, ("identifications", "trial_referrals"))
    check_choice("variance", variance, ("placebo", "quasi_poisson", "newey_west"))
    whole = isinstance(ramp_months, int | np.integer) and ramp_months is not True
    if not whole or ramp_months < 1:
        rule = "be a whole number, 1 or more"
        raise ArgumentError(refusal("ramp_months", rule, ramp_months))


def _answered(
    series: Series,
    effect: Estimate,
    test: TestResult,
    scores: PlaceboScores,
    scale: Scale,
) -> InterruptedSeries:
    """Put the result together."""
    before, after = months_around(series)
    k, n = len(series.changed), len(series.sites)
    least = smallest_p_value(n, series.start[series.changed])
    return InterruptedSeries(
        effect=effect,
        placebo=test,
        smallest_p_value=least,
        placebos=_placebos(series, scores),
        dispersion=scale.dispersion,
        degrees_of_freedom=scale.degrees_of_freedom,
        changed=series.names(series.changed),
        controls=series.names(series.controls),
        n_months=len(series.months),
        months_before=before,
        months_after=after,
        statements=(
            BETTER_IDENTIFICATION,
            f"{k} of {n} boroughs changed: the placebo p-value cannot be below"
            f" {least:.2g}",
        ),
    )


def _refused(
    series: Series, reason: str, method: str, level: float
) -> InterruptedSeries:
    """Say why there is no effect."""
    n = int(series.panel.events[series.changed].sum())
    before, after = months_around(series) if len(series.parts) else (0, 0)
    return InterruptedSeries(
        effect=Estimate.missing(MEASURE, reason, n=n, level=level, method=method),
        placebo=TestResult.missing(reason, n=len(series.sites)),
        smallest_p_value=math.nan,
        placebos=pd.DataFrame(columns=["site", "start", "changed", "score"]),
        dispersion=math.nan,
        degrees_of_freedom=math.nan,
        changed=series.names(series.changed),
        controls=series.names(series.controls),
        n_months=len(series.months),
        months_before=before,
        months_after=after,
        statements=(BETTER_IDENTIFICATION,),
    )


def _placebos(series: Series, scores: PlaceboScores) -> pd.DataFrame:
    """List the standardised score of every borough at every start."""
    first = [int(np.argmax(part > 0)) for part in series.parts]
    n, q = len(series.sites), len(first)
    return pd.DataFrame(
        {
            "site": np.repeat(series.sites, q),
            "start": np.tile(series.months[first], n),
            "changed": (series.start[:, None] == np.arange(q)).ravel(),
            "score": scores.standardised().ravel(),
        }
    )
